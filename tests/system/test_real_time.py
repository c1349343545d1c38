"""Inputs in real time: golden, sim and RTL agree; nothing goes too early; what is late is said; waits cost no time of the host's."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from shiftfire.backends.golden import Golden
from shiftfire.backends.rtl import run_rtl
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import compile_rounds, resident_schedule
from shiftfire.network.graph import Network
from shiftfire.network.real_time import RealTime
from shiftfire.system import simulate
from shiftfire.system.plan import RunPlan, plan_rounds
from shiftfire.system.real_time import RealTimeError, cycles_of
from shiftfire.system.result import RunResult
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import load_chip
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import Kind
from support.odd_chip import odd_chip
from support.one_round import plan_run
from support.random_networks import RandomLimits, random_network
from support.random_recurrence import FEEDBACK_LIMITS, random_recurrent_network
from support.random_times import random_times

LIMITS = RandomLimits(channels=8, layers=2, timesteps=4)


def drawn(seed: int) -> tuple[Network, Program, RealTime]:
    """A network of one input on the odd chip, every third with feedback, and random times."""
    rng, chip = np.random.default_rng(seed), odd_chip()
    if seed % 3:
        network, inputs = random_network(rng, chip, LIMITS)
    else:
        network, inputs = random_recurrent_network(rng, chip, replace(FEEDBACK_LIMITS, inputs=1))
    assert isinstance(inputs, np.ndarray)
    return network, compile_network(network, chip), random_times(rng, chip, network.input, inputs)


def simulated(program: Program, timed: RealTime) -> tuple[RunPlan, RunResult]:
    plan = plan_rounds(resident_schedule(program), timed)[0]
    return plan, simulate.simulate_rounds([plan], trace=True)[0]


def sent_packets(result: RunResult) -> Any:
    events = result.events
    assert events is not None
    return events[(events["tile"] == IO_TILE) & (events["event"] == EventKind.SEND) & (events["kind"] != Kind.CREDIT)]


@pytest.mark.parametrize("seed", range(12))
def test_golden_sim_and_rtl_agree(seed: int) -> None:
    _, program, timed = drawn(seed)
    found = verify(program, timed)
    found.assert_equal()
    assert found.cycles_sim == found.cycles_rtl


@pytest.mark.parametrize("seed", range(12))
def test_packets_go_at_their_times(seed: int) -> None:
    """As a plain walk over the values says: never before the first cycle at or after the time, in its order; and the same values as without times."""
    network, program, timed = drawn(seed)
    plan, result = simulated(program, timed)
    packets = sent_packets(result)
    per_tick = Fraction(str(program.chip.clock_mhz)) / 10**6
    due = []
    for sample, (values, ticks) in enumerate(zip(timed.values, timed.ticks, strict=True)):
        origin = sample * (len(values) * timed.bin_ticks + timed.gap_ticks)
        for step in range(len(values)):
            due += sorted(ceil((origin + int(tick)) * per_tick) for tick in ticks[step][values[step] != 0])
            due.append(ceil((origin + (step + 1) * timed.bin_ticks) * per_tick))
    assert len(due) == len(packets)
    late = packets["cycle"] - np.array(due)
    assert late.min() >= 0
    times = result.real_time
    assert times is not None and times.latest.max() == late.max()
    demanded = plan.injection.times
    assert demanded is not None
    length = np.diff(demanded.sample_start)
    assert np.isclose(np.sum(times.mean_late * length), late.sum())
    ends = np.flatnonzero(packets["kind"] == Kind.END)[network.input.timesteps - 1 :: network.input.timesteps]
    assert times.last_end.tolist() == [due[end] for end in ends]
    plain = Golden().run([plan_run(program, timed.values)])[0]
    if result.predictions is None or plain.predictions is None:
        assert result.predictions is plain.predictions
    else:
        assert np.array_equal(result.predictions, plain.predictions)


def test_a_slow_world_is_waited_for() -> None:
    """Bins much longer than the chip needs: nothing is late but by the burst before it, and the run is as long as the bins."""
    _, program, timed = drawn(1)
    slow = RealTime(timed.values, timed.ticks // timed.bin_ticks * 10**9, 10**9, 0)  # all of a bin at its beginning; 1 ms
    plan, result = simulated(program, slow)
    assert result.real_time is not None and result.cycles is not None and result.sample_cycles is not None
    packets, demanded = sent_packets(result), plan.injection.times
    assert demanded is not None
    ends = packets["kind"] == Kind.END
    assert np.array_equal(packets["cycle"][ends], demanded.due[ends])  # nothing else is there to be sent then
    steps = timed.values.shape[1]
    whole = timed.samples * steps * int(program.chip.clock_mhz * 1000)
    assert whole < result.cycles < whole + 5000
    assert result.real_time.latest.max() < 20 * max(1, int((timed.values != 0).sum(axis=(2, 3, 4)).max()))
    assert np.all(result.sample_cycles[:, 1] - result.real_time.last_end < 5000)


def test_idle_time_costs_nothing() -> None:
    """A run of some minutes of the chip's, no longer than one of milliseconds; the watchdog does not take waiting for standing still."""
    _, program, timed = drawn(2)
    simulated(program, timed)
    bins = 2**31 // (timed.samples * timed.values.shape[1])
    bin_ticks = int(bins * 10**6 / program.chip.clock_mhz)
    slow = RealTime(timed.values, timed.ticks // timed.bin_ticks * bin_ticks, bin_ticks, 0)
    before = perf_counter()
    _, result = simulated(program, slow)
    assert result.cycles is not None and result.cycles > 2**31 * 0.99
    assert perf_counter() - before < 20


def test_the_rtl_sees_the_same_lateness() -> None:
    _, program, timed = drawn(4)
    plan, result = simulated(program, timed)
    other = run_rtl([plan])[0]
    assert result.real_time is not None and other.real_time is not None
    for name in ("latest", "mean_late", "last_event", "last_end"):
        assert np.array_equal(getattr(result.real_time, name), getattr(other.real_time, name)), name


@pytest.mark.parametrize("clock", [0.001, 12.0, 33.333, 10000.0])
def test_cycles_are_exact(clock: float) -> None:
    chip = replace(load_chip("edge"), clock_mhz=clock)
    ticks = np.array([0, 1, 999_999, 10**6, 10**6 + 1, (1 << 62) - 1], object)
    assert cycles_of(ticks, chip).tolist() == [ceil(Fraction(str(clock)) * tick / 10**6) for tick in ticks]


def test_refusals() -> None:
    """Each names what it is about: chip, rounds, inputs, length."""
    network, program, timed = drawn(1)
    long = RealTime(timed.values, timed.ticks, 10**15, 0)
    bare = replace(odd_chip(), name="bare", timed_inputs=False)
    with pytest.raises(RealTimeError, match="chip bare has timed_inputs = false"):
        plan_rounds(resident_schedule(compile_network(network, bare)), timed)
    seed = next(seed for seed in range(1, 99, 3) if len(drawn(seed)[0].layers) > 1)
    network, _, timed = drawn(seed)
    with pytest.raises(RealTimeError, match=r"runs in \d rounds on chip odd"):
        plan_rounds(compile_rounds(network, odd_chip(), most_layers=1), timed)
    with pytest.raises(RealTimeError, match=r"last until cycle [\d,]+ of chip odd, waits go up to 4,294,967,295"):
        plan_rounds(resident_schedule(program), long)
