"""The critical path that a run ends with: it is the run, it is cheap, and what it says to help does so in the simulator."""

from __future__ import annotations

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import program_of
from shiftfire.compiler.schedule import resident_schedule
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.optimise.critical_path import MOST_SAMPLES, CriticalPath, path_samples, prediction_cost
from shiftfire.optimise.remedies import doubled, measured_cycles
from shiftfire.predict.waits import IO_NAME
from shiftfire_spec.chip import load_chip
from support.random_networks import RandomLimits, random_network

EDGE = load_chip("edge")


def path_of(result: sf.Result) -> CriticalPath:
    assert result.bottleneck is not None
    return result.bottleneck


def test_it_is_the_run() -> None:
    result = sf.run(sf.load("digits-cnn"), sf.samples("digits-cnn", 6).inputs)
    path = path_of(result)
    assert sum(part.cycles for part in path.parts) == pytest.approx(result.cycles)
    assert sum(part.share for part in path.parts) == pytest.approx(1)
    assert path.first.layer == "conv2" and path.first.cause == "integrate" and path.first.share > 0.8
    busiest = max(result.as_dict()["tiles"], key=lambda tile: tile["utilisation"])
    assert busiest["tile"] in path.first.tiles
    assert path.samples == MOST_SAMPLES


def test_the_io_tile_is_named_and_its_queue_helps() -> None:
    network = sf.Network("wide", input=400).dense("out", np.ones((4, 400), np.int64), theta=150)
    result = sf.run(network, np.random.default_rng(1).integers(0, 2, (3, 400)))
    path = path_of(result)
    assert (path.first.layer, path.first.cause, path.first.tiles) == (IO_NAME, "send", (-1,))
    assert path.remedy is not None and path.remedy.parameter == "inject_queue_depth"
    assert next(path.lines()).startswith("bottleneck: I/O tile, injection: ")


@pytest.mark.filterwarnings("ignore:layer .* never fired")
def test_what_helps_does() -> None:
    """The same mapping on a chip with more of it, in the simulator."""
    found = []
    for seed in range(12):
        network, inputs = random_network(np.random.default_rng(seed), EDGE, RandomLimits(samples=4))
        result = sf.run(network, inputs, chip=EDGE)
        path = path_of(result)
        if path.remedy is None:
            continue
        cores, chip = result.schedule.rounds[0].program.cores, doubled(EDGE, path.remedy.parameter)
        other = resident_schedule(program_of(network, cores, chip, spread=True))
        found.append((path.saving, 1 - measured_cycles(other, inputs) / result.cycles))
    said, measured = np.array(found).T
    assert len(found) >= 4
    assert np.abs(said - measured).max() < 0.2 and np.median(np.abs(said - measured)) < 0.05


def test_rounds_are_one_path() -> None:
    result = sf.run(sf.load("digits-mlp"), sf.samples("digits-mlp", 4).inputs, layers_at_once=1)
    path = path_of(result)
    assert {"hidden", "output"} <= {part.layer for part in path.parts}
    assert sum(part.cycles for part in path.parts) == pytest.approx(result.cycles)


def long_network(steps: int) -> NetworkBuilder:
    """Two neurons that take very many steps."""
    return sf.Network("long", input=2, timesteps=steps).dense("out", np.ones((2, 2), np.int64), theta=1)


def test_a_prediction_that_takes_long_is_left_out() -> None:
    """Unless the run takes much longer: then fewer samples are looked at, and fewer remedies tried."""
    short, long = (sf.compile(long_network(steps)).schedule for steps in (10, 5000))
    assert prediction_cost(long) == 500 * prediction_cost(short)
    assert path_samples(short, 2) == 2 and path_samples(short, 100) == MOST_SAMPLES
    assert path_samples(long, 1) == 0 and path_samples(long, 10) == 1
    result = sf.run(long_network(5000), np.ones((1, 5000, 2), np.int64))
    assert result.bottleneck is None and result.as_dict()["bottleneck"] is None
    assert "`shiftfire why`" in str(result).splitlines()[-1]
