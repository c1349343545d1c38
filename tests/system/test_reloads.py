"""Rounds whose memory the host fills one by one, because together they do not fit: the same results, and every word in its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.schedule import Schedule, compile_schedule
from shiftfire.golden.execute import execute
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.random_dense import random_dense_network, random_spikes
from shiftfire.network.values import IntArray
from shiftfire.system.layout import lay_out
from shiftfire.system.plan import RunError, plan_rounds, reloaded
from shiftfire.system.regions import memory_words
from shiftfire.system.simulate import simulate_rounds
from shiftfire.verification.verify import verify
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.chip import load_chip
from shiftfire_spec.inject import ROOM, STORE, InjectOp
from support.random_pieces import few_cores, random_pieces
from support.stored_words import played_addresses, stored_vectors

NANO = load_chip("nano")


def _dense(*sizes: int, samples: int = 1) -> tuple[Schedule, IntArray]:
    """Dense layers on nano, four steps, and inputs."""
    network = random_dense_network(sizes, 4, 0.1, 1)
    return compile_schedule(network, NANO), random_spikes(network.input, 0.1, 1, samples)


def test_784_inputs_on_nano() -> None:
    """One core, no counters: golden, simulator and RTL agree on every event and cycle; memory is loaded five times."""
    schedule, inputs = _dense(784, 32, 10)
    plans = plan_rounds(schedule, inputs)
    assert len(plans) == 5 and plans[0].reloads and not any(plan.loading.beside for plan in plans)
    verification = verify(schedule, inputs)
    verification.assert_equal()
    assert np.array_equal(verification.run.predictions, execute(schedule.network, inputs).predictions)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(784, 128, 10), (256, 128, 10)])
def test_wide_layers_on_nano(sizes: tuple[int, ...]) -> None:
    schedule, inputs = _dense(*sizes, samples=2)
    assert plan_rounds(schedule, inputs)[0].reloads
    verify(schedule, inputs).assert_equal()


def _random(width: int, seed: int) -> str:
    """A network in pieces on a chip of little memory and on one of much: the same runs, cycle for cycle. Returns what became of it."""
    schedule, inputs = random_pieces(np.random.default_rng([seed, width, 1]), few_cores(width))
    small = compile_schedule(schedule.network, replace(few_cores(width), name=f"little{width}", memory_address_bits=11))
    try:
        plans = plan_rounds(small, inputs)
        lay_out(plans, [plan.program.image for plan in plans])
    except RunError as error:
        assert "words of memory" in str(error)
        return "does not fit"
    verification = verify(small, inputs)
    assert verification.passed, f"{width} cores, seed {seed}: {verification.sentence()}"
    large = simulate_rounds(plan_rounds(schedule, inputs))
    assert [result.cycles for result in verification.run.rounds] == [result.cycles for result in large]
    return "reloads" if plans[0].reloads else "fits together"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2])
def test_random_networks(width: int) -> None:
    outcomes = [_random(width, seed) for seed in range(12)]
    assert outcomes.count("reloads") > 2, outcomes


def test_too_many_samples_at_once_go_in_batches() -> None:
    """Every round is configured once and runs each batch: values of all samples are golden's, cycles those of batches run alone."""
    schedule, inputs = _dense(784, 32, 10, samples=40)
    plans = plan_rounds(schedule, inputs, membranes=True)
    assert [(plan.round, plan.samples) for plan in plans] == [(number, 20) for number in range(5) for _ in range(2)]
    assert all(plan.reloads and plan.alone_words <= NANO.memory_words for plan in plans)
    assert [len(plan.loading.before) > 0 for plan in plans] == [True, False] * 5
    result = sf.run(sf.compile(schedule.network, "nano"), inputs, record=["spikes", "membrane"])
    golden = execute(schedule.network, inputs, membranes=True)
    assert np.array_equal(result.predictions, golden.predictions)  # type: ignore[arg-type]
    assert result.batches == (20, 20)
    for name, values in golden.activations.items():
        assert np.array_equal(result.spikes[name], values)
    for name, values in golden.membranes.items():
        assert np.array_equal(result.membrane[name], values)
    assert np.array_equal(result.outputs["dense2"], golden.activations["dense2"])
    halves = [simulate_rounds(plan_rounds(schedule, half)) for half in (inputs[:20], inputs[20:])]
    assert [own.cycles for own in result.rounds] == [(a.cycles or 0) + (b.cycles or 0) for a, b in zip(*halves, strict=True)]
    assert result.sample_latencies is not None and (result.sample_latencies > 0).all()
    assert "40 samples in 2 batches" in result.title and result.as_dict()["batches"] == [20, 20]
    with pytest.raises(
        RunError, match=r"round 0 of 40 samples needs [\d,]+ words of memory, chip nano addresses 16,384 .*fewer samples"
    ):
        plan_rounds(schedule, inputs, batches=False)


def test_a_sample_that_does_not_fit_memory() -> None:
    network = random_dense_network((784, 32, 10), 64, 0.1, 1)
    schedule = compile_schedule(network, NANO)
    for samples in (1, 3):
        with pytest.raises(RunError, match=r"round 0 of one sample needs [\d,]+ words of memory.*take fewer timesteps"):
            plan_rounds(schedule, random_spikes(network.input, 0.5, 1, samples))


@pytest.mark.slow
def test_batches_on_the_rtl() -> None:
    """Two batches of unequal size; the RTL ends every one of them, and plays what it stored itself."""
    schedule, inputs = _dense(784, 32, 10, samples=63)
    verification = verify(schedule, inputs)
    verification.assert_equal()
    assert verification.run.batches == (31, 32) and len(verification.rounds) == 10
    assert np.array_equal(verification.run.predictions, execute(schedule.network, inputs).predictions)  # type: ignore[arg-type]


def test_memory_word_by_word() -> None:
    """Host and chip on a memory of words, round by round: what is played is what the cores sent, and no part lies on another."""
    schedule, inputs = _dense(256, 128, 10, samples=2)
    plans = plan_rounds(schedule, inputs)
    layout = lay_out(plans, [plan.program.image for plan in plans])
    assert plans[0].reloads and layout.size <= NANO.memory_words
    kept: dict[tuple[str, int, int], np.ndarray] = {}
    sent: list[list[list[int]]] = []  # words of the vectors of each of the first layer's pieces
    played = 0
    for plan, part in zip(plans, layout.rounds, strict=True):
        memory = np.full(layout.size, 0xDEAD_BEEF, np.uint32)  # what was there is gone
        written = [(region.address, kept[region.part]) for region in part.restored]
        stored = {region.address: region.size for region in part.kept}
        parts = sorted([*((start, len(words)) for start, words in (*part.written, *written)), *stored.items()])
        parts += [(part.counters, part.readback[1]), (part.collect, 2 * part.collect_limit)]
        ends = [start + count for start, count in sorted(parts)]
        assert all(end <= start for end, (start, _) in zip(ends, sorted(parts)[1:], strict=False)) and ends[-1] <= layout.size
        for start, words in (*part.written, *written):
            memory[start : start + len(words)] = words
        assert np.array_equal(memory[part.inject[0] :][: part.inject[1]], plan.injection.words)
        image = memory[part.config[0] :][: 2 * part.config[1]].reshape(-1, 2)
        assert np.array_equal(image, plan.configuration(plan.program.image)) and not part.loading[1]
        expected = [events[vector] for vector in range(8) for events in sent] if plan.played else []
        addresses = played_addresses(plan.injection.words.tolist()) if plan.played else []
        assert len(addresses) == len(expected)
        for address, words in zip(addresses, expected, strict=True):
            assert memory[address : address + len(words)].tolist() == words
            played += 1
        spaces = {
            (CONFIG_ADDRESS.unpack(address)["space"], CONFIG_ADDRESS.unpack(address)["offset"]): word
            for address, word in plan.tables.tolist()
        }
        for events in plan.events:
            if events.core.layer == "dense1":
                entry, room = STORE.unpack(spaces[Space.STORE, 0]), ROOM.unpack(spaces[Space.ROOM, 0])["words"]
                sent.append(stored_vectors(events))
                for vector, words in enumerate(sent[-1]):
                    memory[entry["address"] + vector * room :][: len(words)] = words
        kept |= {region.part: memory[region.address : region.end].copy() for region in part.kept}
    assert played == 8 * len(sent) and len(sent) > 3


def _vector_at(memory: np.ndarray, address: int) -> list[int]:
    """Stored words from an address up to the first END."""
    end = address + int(np.argmax(memory[address:] & 3 == InjectOp.END))
    return memory[address : end + 1].tolist()


def test_plays_move_with_their_regions() -> None:
    """Rounds that play several layers, from memory of which some has been freed: each moves by an amount of its own."""
    network, inputs = load_network(find_model("spikformer-tiny")), load_test_split(find_model("spikformer-tiny")).inputs[:2]
    shifts = set()
    plans = plan_rounds(compile_schedule(network, load_chip("edge"), most_layers=1), inputs)
    for plan, anew in zip(plans, reloaded(plans), strict=True):
        assert [region.size for region in anew.stored] == [region.size for region in plan.stored]
        if not plan.played:
            assert np.array_equal(anew.injection.words, plan.injection.words)
            continue
        before, after = memory_words(plan.played), memory_words(anew.played)
        addresses = [played_addresses(own.injection.words.tolist()) for own in (plan, anew)]
        for old, new in zip(*addresses, strict=True):
            assert _vector_at(before, old) == _vector_at(after, new)
        shifts.add(len({new - old for old, new in zip(*addresses, strict=True)}))
    assert max(shifts) > 1
