"""Networks that people wanted to run and could not, on every preset: wider than a core's weights, more neurons than a board, more layers than tiles."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.program import CompileError
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire_spec.chip import PRESETS
from shiftfire_spec.weights import WeightFormat

pytestmark = pytest.mark.filterwarnings("ignore::shiftfire.api.runs.SilentLayerWarning")  # some are to be silent
LEAK = (LeakTerm(3), LeakTerm(5, True), LeakTerm(7))  # keeps 0.898 of a membrane
DENSITY = 0.1


def lif(channels: int, theta: int) -> Lif:
    return Lif(np.full(channels, theta), np.zeros(channels, np.int64), LEAK)


def dense(sizes: tuple[int, ...], steps: int, thetas: tuple[int, ...] | None = None) -> Network:
    """Layers ``d0``, ``d1`` ... of INT4 weights, the same for the same sizes."""
    rng = np.random.default_rng(7)
    layers, source = [], "pixels"
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        synapses = Synapses(source, SynapseOp.DENSE, rng.integers(-7, 8, (outputs, inputs)), WeightFormat.INT4)
        theta = 60 if thetas is None else thetas[number]
        layers.append(Layer(f"d{number}", Shape(outputs), (synapses,), lif(outputs, theta), steps))
        source = f"d{number}"
    return Network("dense", Input("pixels", Shape(sizes[0]), steps), tuple(layers), source, Readout.SUM)


def vgg(steps: int) -> Network:
    """32 x 32 x 3, four convolutions, 16384 -> 10."""
    rng = np.random.default_rng(7)
    layers, source, channels, size = [], "pixels", 3, 32
    for number, (out, pool) in enumerate(((64, 1), (128, 2), (256, 2), (256, 1))):
        size //= pool
        weights = rng.integers(-7, 8, (out, channels, 3, 3))
        synapses = Synapses(source, SynapseOp.CONV2D, weights, WeightFormat.INT4, kernel=(3, 3), padding=(1, 1), pre_pool=pool)
        layers.append(Layer(f"c{number}", Shape(out, size, size), (synapses,), lif(out, 20 if number else 8), steps))
        source, channels = f"c{number}", out
    weights = rng.integers(-7, 8, (10, channels * size * size))
    layers.append(Layer("out", Shape(10), (Synapses(source, SynapseOp.DENSE, weights, WeightFormat.INT4),), lif(10, 20), steps))
    return Network("vgg", Input("pixels", Shape(3, 32, 32), steps), tuple(layers), "out", Readout.SUM)


CASES: dict[str, Callable[[], Network]] = {
    "6272-10": lambda: dense((6272, 10), 4, (100,)),
    "3073-2": lambda: dense((3073, 2), 4, (100,)),
    "784-32-10": lambda: dense((784, 32, 10), 4),
    "784-128-10": lambda: dense((784, 128, 10), 4),
    "256-128-10": lambda: dense((256, 128, 10), 4),
    "12-64-196-7": lambda: dense((12, 64, 196, 7), 4, (20, 8000, 40)),
    "70 layers": lambda: dense((64,) * 71, 2, (60,) + (20,) * 69),
    "100-10000-10": lambda: dense((100, 10000, 10), 2),
    "vgg": lambda: vgg(1),
}
SLOW = {"70 layers", "100-10000-10", "vgg", "784-128-10"}
NOT_ON_NANO = {  # what stays impossible there, and what the refusal names
    "6272-10": "weight_rows|axon_bits|axon bits|wide_values",
    "3073-2": "weight_rows|axon_bits|axon bits|wide_values",
    "100-10000-10": "weight_rows|axon_bits|axon bits|wide_values",
    "vgg": "axis_entries|axon bits|accumulator_groups|taps|weight_rows|wide_values|resets",
}


def inputs(network: Network, samples: int = 1) -> IntArray:
    rng = np.random.default_rng(3)
    return (rng.random((samples, network.input.timesteps, *network.input.shape.as_tuple())) < DENSITY).astype(np.int64)


def spikes(network: Network, x: IntArray) -> dict[str, IntArray]:
    """Spikes of a network of dense LIF layers, step by step in plain NumPy: (samples, steps, neurons) by layer."""
    found = {"pixels": x.reshape(*x.shape[:2], -1)}
    for layer in network.layers:
        (synapses,) = layer.synapses
        sums = found[synapses.source] @ np.asarray(synapses.weights).T
        out, v = np.zeros_like(sums), np.zeros_like(sums[:, 0])
        terms = layer.kind.leaks["leak"]
        for step in range(sums.shape[1]):
            decayed = v - sum((-1 if t.negative else 1) * (v >> t.shift) for t in terms)  # type: ignore[union-attr]
            v = decayed + sums[:, step]
            out[:, step] = v >= np.asarray(layer.kind.threshold_words)
            v = v - out[:, step] * np.asarray(layer.kind.threshold_words)
        found[layer.name] = out
    return found


PAIRS = [
    pytest.param(case, chip, marks=[pytest.mark.slow] * (case in SLOW or chip == "server"), id=f"{case} on {chip}")
    for case in CASES
    for chip in PRESETS
]


@pytest.mark.parametrize(("case", "chip"), PAIRS)
def test_it_runs_or_says_what_is_impossible(case: str, chip: str) -> None:
    network = CASES[case]()
    if chip == "nano":
        if case in NOT_ON_NANO:
            with pytest.raises(CompileError, match=NOT_ON_NANO[case]):
                sf.compile(sf.fit_neurons(network, chip)[0], chip)
            return
        network, notes = sf.fit_neurons(network, chip)
        assert len(notes) == 2 * len(network.layers)  # leak and limits of each
    x = inputs(network)
    result = sf.run(network, x, chip=chip, record=["spikes"])
    assert result.cycles
    if case == "vgg":
        assert result.spikes[network.output].any()
        return
    for name, expected in spikes(network, x).items():
        if name != "pixels":
            assert np.array_equal(execute(network, x).activations[name].reshape(expected.shape), expected), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "chip"),
    (("6272-10", "ulx3s"), ("3073-2", "edge"), ("784-32-10", "nano"), ("256-128-10", "nano"), ("12-64-196-7", "ulx3s")),
    ids=("by inputs", "by inputs on more tiles", "by outputs, in rounds", "a hidden layer in rounds", "silent layers"),
)
def test_three_zeros(case: str, chip: str) -> None:
    network = CASES[case]()
    if chip == "nano":
        network, _ = sf.fit_neurons(network, chip)
    sf.verify(network, inputs(network), chip=chip).assert_equal()
