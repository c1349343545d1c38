"""Layers in pieces: larger than the chip, so computed in several rounds and played piece by piece."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.schedule import Schedule, compile_schedule
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.input_sets import Inputs
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.random_dense import random_dense_network, random_spikes
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.report.run import Run
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import load_chip
from shiftfire_spec.weights import WeightFormat
from support.random_chips import random_chip
from support.random_pieces import few_cores, layers_in_pieces, random_pieces


def _assert_zero(schedule: Schedule, inputs: Inputs, what: str) -> None:
    """Golden, simulator and RTL agree, and what is read from the pieces is what golden says of the whole network."""
    network = schedule.network
    verification = verify(schedule, inputs, membranes=True)
    assert verification.passed, f"{what}: {verification.sentence()}"
    golden = execute(network, inputs, membranes=True)
    read = verification.run.predictions
    assert (read is None) == (golden.predictions is None), what
    assert read is None or golden.predictions is None or np.array_equal(read, golden.predictions), what
    for name in network.outputs:
        assert np.array_equal(verification.run.outputs[name], golden.activations[name]), f"{what}: {name}"
    assert verification.membranes_compared == sum(values.size for values in golden.membranes.values()), what


def _random(width: int, seed: int) -> set[Readout]:
    """Verify the network of a seed; returns its read-out, when the layer that is read is in pieces."""
    schedule, inputs = random_pieces(np.random.default_rng([seed, width]), few_cores(width))
    _assert_zero(schedule, inputs, f"{width} cores, seed {seed}")
    return {schedule.network.readout} if schedule.network.output in layers_in_pieces(schedule) else set()


@pytest.mark.parametrize("width", [1, 2])
def test_random_networks(width: int) -> None:
    for seed in range(4):
        _random(width, seed)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2])
def test_more_random_networks(width: int) -> None:
    read: set[Readout] = set().union(*(_random(width, seed) for seed in range(100, 120)))
    assert read, "no output in pieces"


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(4))
def test_random_chips(chip_seed: int) -> None:
    """Of one or two cores, which are small beside the networks."""
    rng = np.random.default_rng(500 + chip_seed)
    chip = replace(
        random_chip(rng, f"pieces{chip_seed}", max_tiles=1 + chip_seed % 2),
        weight_rows=int(rng.choice([60, 150])),
        accumulator_groups=int(rng.choice([6, 20])),
        parameter_groups=int(rng.choice([6, 20])),
    )
    for seed in range(10):
        schedule, inputs = random_pieces(np.random.default_rng([seed, chip_seed, 2]), chip)
        _assert_zero(schedule, inputs, f"chip {chip.name}, seed {seed}")


def _rows(channels: int, side: int, timesteps: int) -> Network:
    """A convolution of many rows, then a dense layer."""
    rng = np.random.default_rng(5)
    shape = Shape(channels, side, side)

    def spiking(size: int, theta: int) -> Lif:
        return Lif(np.full(size, theta), np.zeros(size, np.int64), (LeakTerm(3),), v_min=-2048, v_max=2047)

    kernels = rng.integers(-7, 8, (channels, 1, 3, 3))
    conv = Synapses("in", SynapseOp.CONV2D, kernels, WeightFormat.INT4, kernel=(3, 3), padding=(1, 1))
    dense = Synapses("conv", SynapseOp.DENSE, rng.integers(-1, 2, (6, shape.size)), WeightFormat.INT2)
    layers = (
        Layer("conv", shape, (conv,), spiking(channels, 20), timesteps),
        Layer("out", Shape(6), (dense,), spiking(6, 12), timesteps),
    )
    return Network("rows", Input("in", Shape(1, side, side), timesteps), layers, "out", Readout.SUM)


def _spikes(network: Network, density: float) -> IntArray:
    return random_spikes(network.input, density, 3, 2)


def test_a_convolution_by_rows() -> None:
    chip = replace(few_cores(2), weight_rows=200)
    network = _rows(channels=4, side=9, timesteps=3)
    schedule = compile_schedule(network, chip)
    cores = [core for part in schedule.rounds for core in part.program.cores if core.layer == "conv"]
    assert len({core.row_base for core in cores}) > 2 and "conv" in layers_in_pieces(schedule)
    _assert_zero(schedule, _spikes(network, 0.3), "rows")


@pytest.mark.parametrize("readout", [Readout.SUM, Readout.MAX, Readout.LAST])
def test_an_output_in_pieces(readout: Readout) -> None:
    """Predictions are read from what several rounds gave; so are records and latencies."""
    chip = replace(load_chip("ulx3s"), name="short", weight_rows=20)
    network = replace(random_dense_network((40, 30, 120), 3, 0.3, 1), readout=readout)
    schedule = compile_schedule(network, chip)
    assert "dense2" in layers_in_pieces(schedule)
    inputs = _spikes(network, 0.3)
    run = Run(
        schedule,
        simulate_rounds(plan_rounds(schedule, inputs, membranes=True), trace=True),
        record=frozenset({"spikes", "membrane"}),
    )
    golden = execute(network, inputs, membranes=True)
    assert all(result.predictions is None for result in run.rounds)
    assert np.array_equal(run.predictions, golden.predictions)  # type: ignore[arg-type]
    for name in ("dense1", "dense2"):
        assert np.array_equal(run.spikes[name], golden.activations[name])
        assert np.array_equal(run.membrane[name], golden.membranes[name])
    assert run.sample_latencies is not None and (run.sample_latencies > sum(result.cycles or 0 for result in run.rounds[:-1])).all()


@pytest.mark.slow
def test_dense_layers_on_the_board_of_four_tiles() -> None:
    """2048 inputs of 4 bits on a core of 1024 rows: 8 neurons each."""
    network = random_dense_network((2048, 100, 40), 2, 0.1, 2)
    schedule = compile_schedule(network, load_chip("ulx3s"))
    assert layers_in_pieces(schedule) == {"dense1"}
    _assert_zero(schedule, random_spikes(network.input, 0.1, 3, 1), "ulx3s")
