"""Differences between three executions: each kind is found and described, and nothing is found where nothing differs. The results are made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.network.random_dense import random_dense_network
from shiftfire.system.result import ENGINE_DTYPE, EVENT_DTYPE, RunResult
from shiftfire.verification.compare import Comparison, compare, counter_differences
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.events import IO_TILE, Activity, EventKind
from shiftfire_spec.packet import Kind
from support.odd_chip import odd_chip

SPIKE, END, CREDIT = Kind.SPIKE, Kind.END, Kind.CREDIT


def events(*rows: tuple[Any, ...]) -> np.ndarray:
    """Of rows (cycle, tile, event, kind, tag, vector, axon, payload)."""
    made = np.zeros(len(rows), EVENT_DTYPE)
    names = ("cycle", "tile", "event", "kind", "tag", "vector", "axon", "payload")
    for place, row in enumerate(rows):
        for name, value in zip(names, row, strict=True):
            made[name][place] = value
    return made


PACKETS = (
    (3, 0, EventKind.SEND, CREDIT, 2, 0, 0, 0),
    (5, IO_TILE, EventKind.SEND, SPIKE, 1, 0, 7, 1),
    (6, IO_TILE, EventKind.SEND, SPIKE, 1, 0, 9, 1),
    (7, IO_TILE, EventKind.SEND, END, 1, 0, 0, 0),
    (12, 0, EventKind.SEND, SPIKE, 3, 0, 2, 1),
    (13, 0, EventKind.SEND, END, 3, 0, 0, 0),
)
ENGINES = ((4, 0, EventKind.INTEGRATE, Activity.BUSY), (9, 0, EventKind.INTEGRATE, Activity.IDLE))


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_network(random_dense_network((6, 4, 3), 1, 0.5, 0), odd_chip())


@pytest.fixture
def runs(program: Program) -> tuple[RunResult, RunResult, RunResult]:
    """Golden, sim and RTL that agree."""
    engines = np.array(list(ENGINES), ENGINE_DTYPE)
    sim = RunResult(
        backend="sim", samples=1, predictions=np.array([2]), cycles=20, config_cycles=11, sample_cycles=None,
        counters=np.arange(program.chip.tiles * COUNTERS).reshape(-1, COUNTERS), events=events(*PACKETS), engine_events=engines,
    )  # fmt: skip
    known = events(*((-1, *row[1:]) for row in PACKETS if row[3] != CREDIT))
    golden = replace(sim, backend="golden", cycles=None, config_cycles=None, counters=None, events=known, engine_events=None)
    return golden, sim, replace(sim, backend="rtl")


def changed(**fields: Any) -> Callable[[RunResult], RunResult]:
    """A result with the given fields of one packet changed: ``place`` says of which; ``drop`` leaves it out."""
    place, drop = fields.pop("place"), fields.pop("drop", False)

    def change(run: RunResult) -> RunResult:
        assert run.events is not None
        own = run.events.copy()
        for name, value in fields.items():
            own[name][place] = value
        return replace(run, events=np.delete(own, place) if drop else own)

    return change


def test_equal_is_equal(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    found = compare(program, *runs)
    assert found.passed and found.as_dict()["passed"]
    assert found.events_compared == len(PACKETS) + len(ENGINES)
    assert found.first_divergence is None and found.counter_differences == ()
    assert [row.tile for row in found.tiles] == [IO_TILE, *range(program.chip.tiles)]
    io, first = found.tiles[:2]
    assert (io.events_golden, io.events_sim, io.events_rtl, io.last_cycle_rtl, io.counters_compared) == (3, 3, 3, 7, 0)
    assert (first.events_golden, first.events_sim, first.engine_events_rtl, first.last_cycle_sim) == (2, 3, 2, 13)
    assert first.counters_compared == COUNTERS and first.layer == program.cores[0].layer
    assert found.tiles[-1].layer == "unused" and found.tiles[-1].last_cycle_sim is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (changed(place=4, cycle=14), "tile 0, send of vector 0, axon 2, cycle 12: cycle is 12 in sim, 14 in rtl"),
        (changed(place=1, payload=3), "I/O tile, send of vector 0, axon 7, cycle 5: payload is 1 in golden, 3 in rtl"),
        (changed(place=2, axon=8), "I/O tile, send of vector 0, axon 8, cycle 6: axon is 9 in golden, 8 in rtl"),
        (changed(place=4, drop=True), "tile 0, send of vector 0, cycle 12"),
        (changed(place=5, drop=True), "tile 0, send of vector 0, cycle 13: packet is 1 in sim, nothing in rtl"),
        (changed(place=0, drop=True), "tile 0, send of vector 0, cycle 3: packet is 2 in sim, nothing in rtl"),
        (changed(place=0, payload=1), "tile 0, send of vector 0, cycle 3: payload is 0 in sim, 1 in rtl"),
    ],
    ids=["cycle", "payload", "axon", "spike lost", "end lost", "credit lost", "credit's slot"],
)
def test_packets_of_the_rtl(
    program: Program, runs: tuple[RunResult, RunResult, RunResult], change: Callable, sentence: str
) -> None:
    golden, sim, rtl = runs
    found = compare(program, golden, sim, change(rtl))
    assert not found.passed and found.event_mismatches
    assert found.first_divergence is not None
    assert sentence in found.first_divergence.sentence()
    assert found.cycle_difference == found.counter_mismatches == found.prediction_mismatches == 0
    assert sum(row.event_mismatches for row in found.tiles) == found.event_mismatches


def test_a_packet_more(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    golden, sim, rtl = runs
    more = replace(rtl, events=events(*PACKETS, (15, 1, EventKind.SEND, SPIKE, 4, 0, 1, 1)))
    found = compare(program, golden, sim, more)
    assert found.first_divergence is not None and found.first_divergence.tile == 1
    assert found.event_mismatches == 2  # golden has none either


def test_values_that_sim_and_rtl_share_are_held_to_golden(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    golden, sim, rtl = runs
    both = changed(place=4, payload=2)
    found = compare(program, golden, both(sim), both(rtl))
    assert not found.passed and found.first_divergence is not None
    assert found.first_divergence.between == ("golden", "sim") and found.first_divergence.cycle == 12


@pytest.mark.parametrize(
    ("engines", "values"),
    [
        (((4, 0, EventKind.INTEGRATE, Activity.IDLE), ENGINES[1]), "is BUSY in sim, IDLE in rtl"),
        (ENGINES[1:], "is BUSY in sim, unchanged in rtl"),
    ],
)
def test_engine_events(program: Program, runs: tuple[RunResult, RunResult, RunResult], engines: tuple, values: str) -> None:
    golden, sim, rtl = runs
    found = compare(program, golden, sim, replace(rtl, engine_events=np.array(list(engines), ENGINE_DTYPE)))
    assert not found.passed and found.event_mismatches == 1
    assert found.first_divergence is not None
    assert found.first_divergence.sentence() == f"tile 0, integrate engine, cycle 4: activity {values}"


@pytest.mark.parametrize(
    ("change", "figure", "value"),
    [
        ({"cycles": 21}, "cycle_difference", 1),
        ({"cycles": None}, "cycle_difference", None),
        ({"config_cycles": 10}, "config_cycle_difference", -1),
        ({"loading_cycles": 4}, "loading_cycle_difference", 4),
        ({"predictions": np.array([1])}, "prediction_mismatches", 1),
    ],
)
def test_figures(
    program: Program, runs: tuple[RunResult, RunResult, RunResult], change: dict[str, Any], figure: str, value: int | None
) -> None:
    golden, sim, rtl = runs
    found = compare(program, golden, sim, replace(rtl, **change))
    assert getattr(found, figure) == value
    assert not found.passed


def test_predictions_of_the_simulator_count_too(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    golden, sim, rtl = runs
    assert compare(program, golden, replace(sim, predictions=np.array([0])), rtl).prediction_mismatches == 1


def test_counters(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    """They wrap at the chip's width, here 17 bits."""
    golden, sim, rtl = runs
    assert rtl.counters is not None and sim.counters is not None
    wrong, wrapped = rtl.counters.copy(), sim.counters.copy()
    wrong[2, Counter.BEATS] += 5
    wrapped[1] += 1 << program.chip.counter_bits
    found = compare(program, golden, replace(sim, counters=wrapped), replace(rtl, counters=wrong))
    assert not found.passed and found.counter_mismatches == 1
    difference = found.counter_differences[0]
    assert (difference.tile, difference.counter, difference.rtl - difference.sim) == (2, "BEATS", 5)
    assert [row.counter_mismatches for row in found.tiles if row.counter_mismatches] == [1]


def test_counters_that_nobody_read_all_differ(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    golden, sim, rtl = runs
    found = compare(program, golden, sim, replace(rtl, counters=None))
    assert found.counter_mismatches == program.chip.tiles * COUNTERS and not found.passed


def test_a_chip_without_counters_has_none_that_differ(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    golden, sim, rtl = runs
    assert sim.counters is not None
    bare = replace(program, chip=replace(program.chip, counter_bits=0))
    assert compare(bare, golden, sim, replace(rtl, counters=None)).passed
    assert counter_differences(bare, sim, replace(rtl, counters=sim.counters + 1)) == ()


def test_nothing_compared_is_not_passed(program: Program, runs: tuple[RunResult, RunResult, RunResult]) -> None:
    golden, sim, rtl = (replace(run, events=events(), engine_events=np.zeros(0, ENGINE_DTYPE)) for run in runs)
    found: Comparison = compare(program, golden, sim, rtl)
    assert found.event_mismatches == 0 and not found.passed


@pytest.mark.parametrize("which", range(3))
def test_untraced_runs_cannot_be_compared(program: Program, runs: tuple[RunResult, RunResult, RunResult], which: int) -> None:
    given = list(runs)
    given[which] = replace(given[which], events=None)
    with pytest.raises(ValueError, match=f"the {given[which].backend} run was not traced"):
        compare(program, *given)
