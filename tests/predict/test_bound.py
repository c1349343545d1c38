"""Bounds hold: no run of any mapping takes fewer cycles, and what they count is what the simulator counts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.api.random_load import random_load
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_rounds, resident_schedule
from shiftfire.golden.execute import execute_checked
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs, expand_all, plain
from shiftfire.optimise.remedies import measured_cycles
from shiftfire.optimise.schedule import optimised_schedule
from shiftfire.predict.bound import Bound, BoundName, bounds, last_word
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.counters import Counter
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network

EDGE = load_chip("edge")


def schedules(network: Network, chip: ChipConfig) -> Iterator[Schedule]:
    """A network on a chip in several ways."""
    yield optimised_schedule(network, chip)
    yield resident_schedule(compile_network(network, chip, spread=False))
    try:
        yield compile_rounds(network, chip, most_layers=1)
    except CompileError:
        return


def found_for(schedule: Schedule, inputs: Inputs) -> tuple[Bound, ...]:
    given = expand_all(schedule.network.inputs, inputs)
    return bounds(schedule, {**given, **execute_checked(schedule.network, given).activations})


def reached(seed: int, count: int) -> list[float]:
    """The greatest bound as a share of the measured cycles, of several mappings of each of ``count`` random networks; none is above 1."""
    rng = np.random.default_rng(seed)
    shares = []
    for number in range(count):
        chip = EDGE if number % 2 else random_chip(rng, f"random{number}")
        network, inputs = random_network(rng, chip, RandomLimits(samples=3))
        for schedule in schedules(network, chip):
            found, cycles = found_for(schedule, inputs), measured_cycles(schedule, inputs)
            assert all(bound.cycles <= cycles for bound in found), (seed, number, found, cycles)
            shares.append(found[0].cycles / cycles)
    return shares


def test_no_run_is_below() -> None:
    shares = reached(seed=3, count=8)
    assert np.median(shares) > 0.2  # and they are worth something


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_no_run_of_many_is_below(seed: int) -> None:
    reached(seed, count=40)


def bound_of(name: BoundName, schedule: Schedule, inputs: Inputs) -> Bound:
    return next(bound for bound in found_for(schedule, inputs) if bound.name is name)


def test_words_are_the_programs() -> None:
    schedule, inputs = sf.compile(sf.load("digits-mlp")).schedule, sf.samples("digits-mlp", 3).inputs
    words = len(plan_rounds(schedule, inputs)[0].injection.words)
    assert bound_of(BoundName.INJECTION, schedule, inputs).cycles == last_word(EDGE, words)


def test_the_io_tile_is_what_a_wide_input_waits_for() -> None:
    """784 inputs, a tenth of them spiking: the run is at most a quarter longer than its words take."""
    network, inputs = random_load("784-128-10", 8, 0.1, 0, 6)
    schedule = optimised_schedule(network, EDGE)
    given = plain(expand_all(network.inputs, inputs))
    found = found_for(schedule, given)[0]
    assert found.name is BoundName.INJECTION
    assert 0.75 < found.cycles / measured_cycles(schedule, given) <= 1


def test_engines_are_busy_for_what_is_counted() -> None:
    """A core per layer: nothing is left to deal out, and the busiest one's counter is the bound."""
    schedule = sf.compile(sf.load("digits-cnn"), sf.chip("edge", mesh=(3, 1)), spread=False).schedule
    inputs = sf.samples("digits-cnn", 2).inputs
    (result,) = simulate_rounds(plan_rounds(schedule, inputs))
    assert result.counters is not None
    bound = bound_of(BoundName.ENGINES, schedule, inputs)
    assert bound.layer == "conv2"
    assert bound.cycles == result.counters[:, Counter.INTEGRATE_BUSY].max()


def test_engines_in_rounds_are_all_of_them() -> None:
    """Tiles that may work for every layer: the bound is of no layer, and less than that of tiles of one layer each."""
    network, inputs = sf.load("digits-cnn"), sf.samples("digits-cnn", 2).inputs
    chip = sf.chip("edge", mesh=(3, 1))
    apart = bound_of(BoundName.ENGINES, sf.compile(network, chip, layers_at_once=1).schedule, inputs)
    at_once = bound_of(BoundName.ENGINES, sf.compile(network, chip).schedule, inputs)
    assert apart.layer is None and apart.cycles < at_once.cycles
