"""When each entry of the rounds' images is written: before the round, beside an earlier one, or not at all, because the chip holds it already.

What may be written beside a run are weights: in rows that nothing reads between then and their round, of cores that LOAD no dynamic weights
meanwhile (one write port serves both).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.weights import row_words

from ..network.values import IntArray
from .program import Program

_UNKNOWN = -1  # no word of a configuration


class Prefetch(StrEnum):
    """Which weights are written beside a run: none, those of the next round, or those of any later round as soon as their rows are free."""

    NOTHING = "nothing"
    NEXT = "next"
    EARLY = "early"


@dataclass(frozen=True)
class LoadPolicy:
    """What is written ahead, and whether what the chip ``keeps`` from earlier rounds is left out."""

    prefetch: Prefetch
    keeps: bool


DEFAULT_POLICY = LoadPolicy(Prefetch.NEXT, keeps=True)


@dataclass(frozen=True, eq=False)
class Beside:
    """Entries of the image of a later ``round`` (its number), by number."""

    round: int
    entries: IntArray


@dataclass(frozen=True, eq=False)
class Loading:
    """Of one round: numbers of the entries of its image that are written ``before`` it runs, and what is written ``beside`` its run."""

    before: IntArray
    beside: tuple[Beside, ...]

    @property
    def beside_entries(self) -> int:
        return sum(len(part.entries) for part in self.beside)


def loadings(programs: Sequence[Program], policy: LoadPolicy) -> tuple[Loading, ...]:
    """What is written when, as these programs run one after the other on one chip that holds nothing of them."""
    chip = _Chip(programs)
    found = []
    for number in range(len(programs)):
        before = chip.write(number, chip.missing(number, keeps=policy.keeps))
        beside = [
            Beside(later, chip.write(later, chip.missing(later, keeps=policy.keeps) & chip.free(number, later)))
            for later in _ahead(number, len(programs), policy.prefetch)
        ]
        chip.forget_loaded(number)
        found.append(Loading(before, tuple(part for part in beside if len(part.entries))))
    return tuple(found)


def one_by_one(planned: Sequence[Loading]) -> tuple[Loading, ...]:
    """The same with nothing beside a run: what was written ahead is written before its own round."""
    ahead = [part for loading in planned for part in loading.beside]
    return tuple(
        Loading(np.sort(np.concatenate([loading.before, *(part.entries for part in ahead if part.round == number)])), ())
        for number, loading in enumerate(planned)
    )


def _ahead(number: int, rounds: int, prefetch: Prefetch) -> range:
    """The rounds that are loaded beside round ``number``."""
    match prefetch:
        case Prefetch.NOTHING:
            return range(0)
        case Prefetch.NEXT:
            return range(number + 1, min(number + 2, rounds))
        case Prefetch.EARLY:
            return range(number + 1, rounds)


class _Chip:
    """What the configuration memories hold, by address; addresses are numbered over all images."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.words = [program.image[:, 1].astype(np.int64) for program in programs]
        addresses, numbers = np.unique(np.concatenate([program.image[:, 0] for program in programs]), return_inverse=True)
        self.places = np.split(numbers.ravel(), np.cumsum([len(words) for words in self.words])[:-1])
        self.written = [np.zeros(len(words), bool) for words in self.words]
        self.held = np.full(len(addresses), _UNKNOWN)
        address = addresses.astype(np.int64)
        self.tile = CONFIG_ADDRESS.read("tile", address)
        self.weight = CONFIG_ADDRESS.read("space", address) == Space.WEIGHT
        row = CONFIG_ADDRESS.read("offset", address) // row_words(programs[0].chip.lanes)
        self.row = np.unique(np.stack([self.tile, self.weight * (1 + row)]), axis=1, return_inverse=True)[1].ravel()
        self.loads = [self._of_tiles(_loading_tiles(program)) for program in programs]
        self.busy = [self._busy(number) for number in range(len(programs))]

    def _of_tiles(self, tiles: set[int]) -> NDArray[np.bool_]:
        """Which addresses are weights of these tiles."""
        return self.weight & np.isin(self.tile, list(tiles))

    def _busy(self, number: int) -> NDArray[np.bool_]:
        """Which addresses are weights in rows that a round reads; of cores that LOAD all are."""
        rows = np.zeros(self.row.max() + 1, bool)
        rows[self.row[self.places[number]]] = True
        return self.weight & rows[self.row] | self.loads[number]

    def missing(self, number: int, *, keeps: bool) -> NDArray[np.bool_]:
        """Which entries of a round's image are yet to be written."""
        return self.held[self.places[number]] != self.words[number] if keeps else ~self.written[number]

    def free(self, number: int, later: int) -> NDArray[np.bool_]:
        """Which entries of the image of round ``later`` may be written beside round ``number``, and are what they are when their round comes."""
        busy = np.any(self.busy[number:later], axis=0)
        return (self.weight & ~busy)[self.places[later]]

    def write(self, number: int, entries: NDArray[np.bool_]) -> IntArray:
        """Write these entries of a round's image; their numbers."""
        self.held[self.places[number][entries]] = self.words[number][entries]
        self.written[number] |= entries
        return np.flatnonzero(entries)

    def forget_loaded(self, number: int) -> None:
        """Weights of cores that LOAD in a round may be others after it."""
        self.held[self.loads[number]] = _UNKNOWN


def _loading_tiles(program: Program) -> set[int]:
    """Tiles whose cores LOAD dynamic weights."""
    return {core.tile for core in program.cores if any(s.dynamic for s in program.network.layer(core.layer).synapses)}
