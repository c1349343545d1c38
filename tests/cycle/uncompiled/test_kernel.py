"""The whole kernel, uncompiled."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from numba import config
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.cycle.fire import fire, fire_catch_up
from shiftfire.cycle.integrate import integrate, integrate_catch_up
from shiftfire.cycle.io_tile import io_tile
from shiftfire.cycle.kernel import FINISHED, PAUSED, TRACE_FULL, compiled_run
from shiftfire.cycle.queue import end_cycle
from shiftfire.cycle.quiet import note_quiet
from shiftfire.cycle.router import router
from shiftfire.cycle.state import TRACE_ROWS
from shiftfire.network.values import IntArray
from shiftfire.system.plan import RunError
from shiftfire.system.simulate import SystemModel
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.core_program import INSTRUCTION, Opcode
from support.odd_chip import odd_chip
from support.one_round import plan_run
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network
from support.random_recurrence import random_recurrent_network

LIMITS = RandomLimits(channels=8, layers=2)


def test_this_is_uncompiled() -> None:
    assert config.DISABLE_JIT


def case(seed: int) -> tuple[Program, IntArray]:
    rng = np.random.default_rng(seed)
    chip = odd_chip() if seed % 2 else random_chip(rng, "random", max_tiles=6)
    network, inputs = random_network(rng, chip, LIMITS)
    return compile_network(network, chip), inputs[:1]


def feedback_case(seed: int) -> tuple[Program, IntArray]:
    network, inputs = random_recurrent_network(np.random.default_rng(seed), odd_chip(), replace(LIMITS, timesteps=5, extent=3))
    return compile_network(network, odd_chip()), inputs


@pytest.mark.parametrize("given", [case, feedback_case])
@pytest.mark.parametrize("seed", range(3))
def test_units_that_never_sleep(given: Callable[[int], tuple[Program, IntArray]], seed: int) -> None:
    """Every unit evaluated in every cycle, without the calendar: the same cycles, packets, engine events and counters."""
    plan = plan_run(*given(seed))
    assert plan.drains == (given is feedback_case)
    asleep, awake = SystemModel(plan, engines=True), SystemModel(plan, engines=True)
    asleep.simulate()
    c, s = awake.configuration, awake.state
    for cycle in range(asleep.run_cycles):
        s.wakes.clock[0] = cycle
        s.wakes.count[:] = s.wakes.soon[:] = 0
        for tile in range(c.tiles):
            fire(c, s, cycle, tile)
        for tile in range(c.tiles):
            integrate(c, s, cycle, tile)
        assert not s.io[0].finished
        io_tile(c, s, cycle)
        for tile in range(c.tiles):
            router(c, s, cycle, tile)
        end_cycle(s.queues, cycle)
        note_quiet(c, s, cycle)
    assert s.io[0].finished
    for tile in range(c.tiles):
        fire_catch_up(c, s, tile, cycle)
        integrate_catch_up(c, s, tile, cycle)
    assert np.array_equal(s.counters, asleep.state.counters)
    rows = s.trace.rows[: s.trace.count[0]]
    assert sorted(map(tuple, rows.tolist())) == sorted(map(tuple, asleep.trace_rows().tolist()))


@pytest.mark.parametrize("seed", range(4))
def test_no_run_rests_longer_than_it_may(seed: int) -> None:
    """The longest time without a push or a pop, on memories from the fastest to the slowest."""
    rng = np.random.default_rng(100 + seed)
    program, inputs = case(seed)
    period = int(rng.choice([1, 50, 300]))
    chip = replace(
        program.chip,
        memory_latency_cycles=int(rng.choice([1, 256])),
        memory_stall_period_cycles=period,
        memory_stall_cycles=period - 1,
    )
    model = SystemModel(plan_run(replace(program, chip=chip), inputs))
    c, s, run = model.configuration, model.state, compiled_run()
    rests, until = [0], 0
    while True:
        moved = int(s.queues.moved[0])
        status, cycle = run(c, s, until)
        rests.append(int(s.queues.moved[0]) - moved)
        if status == FINISHED:
            break
        assert status == PAUSED
        until = cycle + 1
    assert max(period - 2, 3) < max(rests) <= c.patience


def with_program(program: Program, tile: int, *words: int) -> Program:
    """The program of one tile replaced."""
    image = program.image.copy()
    for offset, word in enumerate(words):
        address = CONFIG_ADDRESS.pack(tile=tile, space=Space.PROGRAM, offset=offset)
        image[image[:, 0] == address, 1] = word
    return replace(program, image=image)


def test_a_program_that_does_nothing_for_ever_is_reported() -> None:
    program, inputs = case(1)
    core = program.cores[0]
    broken = with_program(program, core.tile, INSTRUCTION.pack(opcode=Opcode.JUMP))
    with pytest.raises(
        RunError,
        match=rf"works without end: no packet moves after cycle \d+, 0 of \d+ vectors.*tile {core.tile} \({core.layer}\) executing",
    ):
        SystemModel(plan_run(broken, inputs)).simulate()


def test_a_program_that_fires_for_ever_sends_no_more_than_golden_knows() -> None:
    program, inputs = case(1)
    core = program.cores[0]
    broken = with_program(program, core.tile, INSTRUCTION.pack(opcode=Opcode.FIRE), INSTRUCTION.pack(opcode=Opcode.JUMP))
    plan = plan_run(broken, inputs)
    model = SystemModel(plan)
    with suppress(RunError):  # the network's output may need what never comes
        model.simulate()
    assert model.state.fires[core.tile].vector == next(e.vectors for e in plan.events if e.core == core)


def test_time_that_does_not_pass_is_reported() -> None:
    """A wake for the past, which no unit asks for."""
    model = SystemModel(plan_run(*case(1)))
    c, s, run = model.configuration, model.state, compiled_run()
    run(c, s, 50)
    s.wakes.count[:] = s.wakes.soon[:] = 0
    s.wakes.later[0, 0] = s.wakes.heap_cycle[0] = 3
    s.wakes.heap_unit[0], s.wakes.clock[1] = 0, 1
    with pytest.raises(RunError, match="works without end"):
        model.simulate()


def test_a_full_trace_is_handed_over() -> None:
    model = SystemModel(plan_run(*case(1)))
    c, s, run = model.configuration, model.state, compiled_run()
    s.trace.count[0] = TRACE_ROWS
    assert run(c, s, 1 << 40) == (TRACE_FULL, 0)
    s.trace.count[0] = 0
    assert run(c, s, 1 << 40)[0] == FINISHED
