"""The sim execution by itself."""

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.cycle.kernel import FINISHED, PAUSED, compiled_run
from shiftfire.cycle.state import TRACE_ROWS
from shiftfire.golden.execute import execute
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.values import IntArray
from shiftfire.system.plan import RunError
from shiftfire.system.simulate import SystemModel
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.chip import load_chip
from shiftfire_spec.core_program import INSTRUCTION, Opcode
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import ACTIVITY_COUNTERS, EventKind
from shiftfire_spec.packet import Kind
from support.one_round import plan_run, run_sim


def _program(model: str = "digits-mlp", chip: str = "edge", samples: int = 5) -> tuple[Program, IntArray]:
    directory = find_model(model)
    return compile_network(load_network(directory), load_chip(chip)), load_test_split(directory).inputs[:samples]


def test_predictions_read_from_packets_are_goldens() -> None:
    program, inputs = _program(samples=30)
    result = run_sim(program, inputs)
    assert result.predictions is not None
    assert np.array_equal(result.predictions, execute(program.network, inputs).predictions)


def test_pausing_changes_nothing() -> None:
    program, inputs = _program()
    plan = plan_run(program, inputs)
    whole, pieces = SystemModel(plan, engines=True), SystemModel(plan, engines=True)
    run = compiled_run()
    assert run(whole.configuration, whole.state, 1 << 40)[0] == FINISHED
    until, pauses = 0, 0
    while run(pieces.configuration, pieces.state, until)[0] == PAUSED:
        until += 7
        pauses += 1
    assert pauses > 50
    assert np.array_equal(whole.state.counters, pieces.state.counters)
    assert whole.state.trace.count[0] == pieces.state.trace.count[0] > 0
    assert np.array_equal(whole.state.trace.rows, pieces.state.trace.rows)


def test_counters_account_for_what_the_trace_shows() -> None:
    program, inputs = _program("digits-cnn", samples=3)
    result = run_sim(program, inputs, trace=True)
    assert result.events is not None and result.counters is not None
    for core in program.cores:
        sent = result.events[(result.events["tile"] == core.tile) & (result.events["event"] == EventKind.SEND)]
        assert result.counters[core.tile, Counter.EVENTS_OUT] == (sent["kind"] == Kind.SPIKE).sum()
        assert result.counters[core.tile, Counter.VECTORS_OUT] == (sent["kind"] == Kind.END).sum()
    busy, waits = result.counters[:, Counter.INTEGRATE_BUSY], result.counters[:, Counter.INTEGRATE_WAIT_EVENT]
    for_fire, downstream = (result.counters[:, c] for c in (Counter.INTEGRATE_WAIT_FIRE, Counter.INTEGRATE_WAIT_DOWNSTREAM))
    assert (busy + waits + for_fire + downstream <= result.cycles).all()
    assert (for_fire >= 0).all() and downstream.any() and (downstream <= result.counters[:, Counter.FIRE_STALL]).all()
    assert (result.counters[:, Counter.BEATS] == busy).all()


def test_engine_events_account_for_every_counted_cycle() -> None:
    """Also proves that a trace longer than the kernel's room loses nothing."""
    program, inputs = _program("digits-cnn", samples=30)
    result = run_sim(program, inputs, trace=True)
    events = result.engine_events
    assert events is not None and result.events is not None and result.counters is not None and result.cycles is not None
    assert len(events) + len(result.events) > 2 * TRACE_ROWS
    for tile in range(program.chip.tiles):
        for engine, activities in ACTIVITY_COUNTERS.items():
            own = events[(events["tile"] == tile) & (events["event"] == engine)]
            lengths = np.diff(np.append(own["cycle"], result.cycles))
            assert (lengths > 0).all() and (np.diff(own["activity"]) != 0).all()
            for activity, counters in activities.items():
                counted = sum(result.counters[tile, counter] for counter in counters)
                assert lengths[own["activity"] == activity].sum() == counted, (tile, engine, activity)


def test_latency_spans_injection_to_collection() -> None:
    program, inputs = _program(samples=4)
    result = run_sim(program, inputs, trace=True)
    assert result.events is not None and result.sample_cycles is not None and result.cycles is not None
    ends = result.events[(result.events["event"] == EventKind.COLLECT) & (result.events["kind"] == Kind.END)]
    assert np.array_equal(result.sample_cycles[:, 1], ends["cycle"])
    assert (result.sample_cycles[:, 1] > result.sample_cycles[:, 0]).all()
    assert result.sample_cycles[-1, 1] < result.cycles


def test_progress_reaches_all_samples() -> None:
    program, inputs = _program(samples=6)
    seen: list[tuple[int, int]] = []
    run_sim(program, inputs, progress=lambda done, samples: seen.append((done, samples)))
    assert seen[-1] == (6, 6)


def test_a_core_that_runs_in_circles_is_reported() -> None:
    program, inputs = _program()
    image = program.image.copy()
    victim = program.cores[-1]
    first_word = CONFIG_ADDRESS.pack(tile=victim.tile, space=Space.PROGRAM, offset=0)
    image[image[:, 0] == first_word, 1] = INSTRUCTION.pack(opcode=Opcode.JUMP)
    wanted = (
        rf"works without end: no packet moves after cycle \d+, 0 of 5 vectors .*tile {victim.tile} \({victim.layer}\) executing"
    )
    with pytest.raises(RunError, match=wanted):
        run_sim(replace(program, image=image), inputs)


def test_a_fabric_that_stands_still_is_reported_not_waited_for() -> None:
    program, inputs = _program()
    image = program.image.copy()
    victim = program.cores[-1].tile
    first_word = CONFIG_ADDRESS.pack(tile=victim, space=Space.PROGRAM, offset=0)
    image[image[:, 0] == first_word, 1] = 0  # HALT: the read-out never opens a vector
    with pytest.raises(RunError, match=f"stands still after cycle .* tile {victim} "):
        run_sim(replace(program, image=image), inputs)
