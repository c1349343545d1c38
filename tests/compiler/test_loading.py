"""What is written when: a chip of dictionaries holds every word of a round's image when the round begins, and no run meets a word that changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from shiftfire.compiler.loading import Loading, LoadPolicy, Prefetch, loadings, one_by_one
from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.chip import load_chip
from shiftfire_spec.weights import row_words

POLICIES = [LoadPolicy(prefetch, keeps) for prefetch in Prefetch for keeps in (False, True)]
MODELS = [("sorbet-tiny", "edge", 9), ("spikformer-tiny", "ulx3s", 4), ("digits-cnn", "edge", 1)]

Word = tuple[int, int, int]  # tile, space, offset


@cache
def _programs(model: str, chip: str, most: int, passes: int) -> tuple[Program, ...]:
    schedule = compile_rounds(load_network(find_model(model)), load_chip(chip), most_layers=most)
    return tuple(part.program for part in schedule.rounds) * passes


def _place(address: int) -> Word:
    fields = CONFIG_ADDRESS.unpack(address)
    return fields["tile"], fields["space"], fields["offset"]


class _Chip:
    """Its configuration, and the weight rows that must not be written."""

    def __init__(self) -> None:
        self.words: dict[Word, int | None] = {}

    def begin(self, program: Program) -> None:
        """The round begins: everything is there."""
        for address, word in program.image.tolist():
            assert self.words[_place(address)] == word, _place(address)

    def write_beside(self, program: Program, address: int, word: int) -> None:
        """During a run of ``program``."""
        tile, space, offset = _place(address)
        assert space == Space.WEIGHT
        assert tile not in _loading(program)
        assert (tile, offset // row_words(program.chip.lanes)) not in _weight_rows(program)
        self.words[tile, space, offset] = word

    def end(self, program: Program) -> None:
        """The round ends: cores that loaded weights hold what came."""
        for tile, space, offset in list(self.words):
            if space == Space.WEIGHT and tile in _loading(program):
                self.words[tile, space, offset] = None


def _loading(program: Program) -> set[int]:
    return {core.tile for core in program.cores if any(s.dynamic for s in program.network.layer(core.layer).synapses)}


@cache
def _weight_rows(program: Program) -> frozenset[tuple[int, int]]:
    places = map(_place, program.image[:, 0].tolist())
    return frozenset((tile, offset // row_words(program.chip.lanes)) for tile, space, offset in places if space == Space.WEIGHT)


def _play(programs: Sequence[Program], planned: Sequence[Loading]) -> tuple[int, int]:
    """Play what is planned; entries written before runs, and beside them."""
    chip, before, beside = _Chip(), 0, 0
    for program, loading in zip(programs, planned, strict=True):
        for address, word in program.image[loading.before].tolist():
            chip.words[_place(address)] = word
            before += 1
        chip.begin(program)
        for part in loading.beside:
            for address, word in programs[part.round].image[part.entries].tolist():
                chip.write_beside(program, address, word)
                beside += 1
        chip.begin(program)
        chip.end(program)
    return before, beside


@pytest.mark.parametrize(("model", "chip", "most"), MODELS)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.prefetch}-{'keeps' if p.keeps else 'all'}")
@pytest.mark.parametrize("passes", [1, 2])
def test_everything_is_there_in_time(model: str, chip: str, most: int, policy: LoadPolicy, passes: int) -> None:
    programs = _programs(model, chip, most, passes)
    before, beside = _play(programs, loadings(programs, policy))
    entries = sum(len(program.image) for program in programs)
    assert policy.keeps or before + beside == entries
    assert not policy.keeps or before + beside < entries
    assert (beside > 0) == (policy.prefetch is not Prefetch.NOTHING)


@pytest.mark.parametrize(("model", "chip", "most"), MODELS)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.prefetch}-{'keeps' if p.keeps else 'all'}")
def test_one_by_one(model: str, chip: str, most: int, policy: LoadPolicy) -> None:
    """With nothing beside a run no more is written."""
    programs = _programs(model, chip, most, 2)
    planned = loadings(programs, policy)
    before, beside = _play(programs, one_by_one(planned))
    assert (before, beside) == (sum(_play(programs, planned)), 0)


def test_early_loads_more_than_next() -> None:
    """Weights of a later round go beside an earlier run than the one before it."""
    programs = _programs("digits-cnn", "edge", 1, 1)
    planned = loadings(programs, LoadPolicy(Prefetch.EARLY, keeps=True))
    assert any(part.round > number + 1 for number, loading in enumerate(planned) for part in loading.beside)


def test_a_second_pass_writes_less() -> None:
    """Two rounds whose weights fit the memories together are written once."""
    programs = _programs("digits-cnn", "edge", 2, 1)
    once = sum(_play(programs, loadings(programs, LoadPolicy(Prefetch.NEXT, keeps=True))))
    twice = sum(_play(programs * 2, loadings(programs * 2, LoadPolicy(Prefetch.NEXT, keeps=True))))
    assert twice < 1.3 * once
