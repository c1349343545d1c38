"""Every limit refuses with a message that names the layer (or network), the need and the limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.neurons.table import Table
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.shift_units import LevelRounding
from shiftfire_spec.weights import WeightFormat

EDGE = load_chip("edge")


def zeros(n: int) -> np.ndarray:
    return np.zeros(n, dtype=np.int64)


def count(n: int, **values: Any) -> Count:
    return Count(**{"theta": zeros(n) + 1, "bias": zeros(n), **values})


def dense(source: str, outputs: int, inputs: int, weight: int = 1) -> Synapses:
    return Synapses(source, SynapseOp.DENSE, np.full((outputs, inputs), weight, dtype=np.int64), WeightFormat.INT8)


def one_layer(layer: Layer, shape: Shape, **values: Any) -> Network:
    return Network("net", Input("in", shape, **values), (layer,), layer.name, Readout.NONE)


def dense_layer(outputs: int = 4, inputs: int = 8, neuron: Any = None, weight: int = 1) -> Network:
    layer = Layer("fc", Shape(outputs), (dense("in", outputs, inputs, weight),), neuron or count(outputs))
    return one_layer(layer, Shape(inputs))


def conv_layer(kernel: int, extent: int, channels: int = 4) -> Network:
    weights = np.ones((channels, 1, kernel, kernel), dtype=np.int64)
    synapses = Synapses("in", SynapseOp.CONV2D, weights, WeightFormat.INT2, kernel=(kernel, kernel))
    out = extent - kernel + 1
    return one_layer(Layer("conv", Shape(channels, out, out), (synapses,), count(channels)), Shape(1, extent, extent))


def joined(branches: int) -> Network:
    """A layer that adds up ``branches`` sources."""
    layers = [Layer(f"b{i}", Shape(4), (dense("in", 4, 8),), count(4)) for i in range(branches)]
    layers.append(Layer("join", Shape(4), tuple(dense(f"b{i}", 4, 4) for i in range(branches)), count(4)))
    return Network("net", Input("in", Shape(8)), tuple(layers), "join", Readout.NONE)


def attention() -> Network:
    """Scores of the input's tokens with each other."""
    keys = Layer("k", Shape(4, 2), (Synapses("in", SynapseOp.DIRECT),), count(4, hi=3))
    scores = Synapses("in", SynapseOp.QK, weight_format=WeightFormat.INT4, rows="k")
    return Network("net", Input("in", Shape(4, 2)), (keys, Layer("qk", Shape(2, 2), (scores,), count(2))), "qk", Readout.NONE)


def chip(**values: Any) -> ChipConfig:
    return replace(EDGE, **values)


CUTS = "a chip with wide_values = true would cut it by inputs"
REFUSALS = {
    "accumulator": (dense_layer(inputs=300, weight=127), chip(accumulator_bits=16), ["fc", "accumulator", "17 bits", "= 16"]),
    "bias": (dense_layer(neuron=count(4, bias=zeros(4) - 40000)), chip(accumulator_bits=16), ["fc", "bias", "17 bits", "= 16"]),
    "bias_plus_sum": (
        dense_layer(inputs=200, weight=127, neuron=count(4, bias=zeros(4) + 20000)),
        chip(accumulator_bits=16),
        ["fc", "accumulator with bias", "17 bits", "= 16"],
    ),
    "threshold": (dense_layer(neuron=count(4, theta=zeros(4) + 40000)), chip(accumulator_bits=16), ["fc", "threshold", "17 bits"]),
    "membrane": (
        dense_layer(neuron=Lif(zeros(4), zeros(4), v_max=1 << 15)),
        EDGE,
        ["fc", "membrane", "17 bits", "membrane_bits = 16"],
    ),
    "accumulator_groups": (conv_layer(1, 9), chip(accumulator_groups=8), ["conv", "accumulator_groups = 9", "limit is 8"]),
    "weight_rows": (
        dense_layer(inputs=64),
        chip(weight_rows=40, wide_values=False),
        ["fc", "weight_rows = 64", "limit is 40", CUTS],
    ),
    "axis_entries": (conv_layer(3, 12), chip(axis_entries=11), ["conv", "axis_entries = 12", "limit is 11"]),
    "axis_entries_of_columns": (
        one_layer(Layer("wide", Shape(1, 2, 12), (Synapses("in", SynapseOp.DIRECT),), count(1)), Shape(1, 2, 12)),
        chip(axis_entries=11),
        ["wide", "axis_entries = 12", "limit is 11"],
    ),
    "stream_groups": (joined(3), chip(stream_groups=2, wide_values=False), ["join", "stream_groups = 3", "limit is 2", CUTS]),
    "program_words": (joined(4), chip(program_words=5, wide_values=False), ["join", "program_words = 6", "limit is 5", CUTS]),
    "taps": (conv_layer(16, 40), EDGE, ["conv", "taps = 16", "limit is 15"]),
    "cores": (dense_layer(300, 2000), EDGE, ["net", "needs 19 cores", "has 16", "fc"]),
    "argmax": (
        dense_layer(40, 2000, Argmax(zeros(40))),
        chip(wide_values=False),
        ["fc", "ARGMAX", "weight_rows = 6000", "limit is 2048", CUTS],
    ),
    "shift_units": (
        dense_layer(neuron=Table(zeros(4), 0, zeros(32))),
        chip(shift_units=False),
        ["fc", "TABLE needs shift units", "edge", "shift_units = false"],
    ),
    "levels": (
        dense_layer(neuron=count(4, hi=1, levels=zeros(2))),
        chip(shift_units=False),
        ["fc", "COUNT with levels needs shift units", "edge", "shift_units = false"],
    ),
    "requant": (
        dense_layer(neuron=Requant(zeros(4), 0, 0, 15)),
        chip(requant=False, shift_units=False),
        ["fc", "REQUANT", "edge", "requant = false"],
    ),
    "multispike": (
        dense_layer(neuron=MultiSpikeIf(zeros(4) + 1, zeros(4))),
        chip(multispike=False),
        ["fc", "MULTISPIKE needs multispike", "edge", "multispike = false"],
    ),
    "floor_at_theta": (
        dense_layer(neuron=MultiSpikeIf(zeros(4) + (1 << 15) + 1, zeros(4))),
        EDGE,
        ["fc", "membrane", "-32769..32767", "17 bits", "membrane_bits = 16"],
    ),
    "leak_terms": (
        dense_layer(neuron=Lif(zeros(4) + 1, zeros(4), leak=(LeakTerm(3), LeakTerm(5)))),
        chip(leak_terms=1),
        ["fc", "leak terms = 2", "leak_terms = 1"],
    ),
    "dynamic_weights": (
        attention(),
        chip(dynamic_weights=False),
        ["dynamic weights", "edge", "dynamic_weights = false"],
    ),
    "axon_bits": (dense_layer(inputs=65), chip(axon_bits=6), ["in", "axon bits", "= 7", "limit is 6"]),
    "bspn_word": (
        dense_layer(neuron=Bspn(zeros(4), zeros(4), zeros(4), zeros(4) + (1 << 16))),
        EDGE,
        ["fc", "shift, sign and beta", "25 bits", "accumulator_bits = 24"],
    ),
    "row": (
        dense_layer(64, neuron=Ptsoftmax(zeros(64), 0, 64)),
        chip(accumulator_groups=3),
        ["fc", "64 channels (a segment stays in one core)", "accumulator_groups = 4", "limit is 3"],
    ),
    "rows": (
        dense_layer(60, neuron=Ptsoftmax(zeros(60), 0, 3)),
        EDGE,
        ["fc", "20 segments of 3 channels", "edge has 16", "multiple of lanes = 16"],
    ),
    "theta_log2": (
        dense_layer(neuron=ShiftLif(zeros(4) + 4, zeros(4), 4, LevelRounding.LOG, v_max=1 << 15)),
        EDGE,
        ["fc", "membrane", "17 bits", "membrane_bits = 16"],
    ),
    "slots": (joined(4), chip(slots=3), ["in", "slots", "= 4", "limit is 3"]),
    "tags": (joined(4), chip(tags=13), ["net", "tags", "= 14", "limit is 13"]),
    "axon": (
        one_layer(
            Layer("big", Shape(1025), (Synapses("in", SynapseOp.POOL, kernel=(513, 1), stride=(513, 1)),), count(1025)),
            Shape(1025, 513),
            payload_kind=PayloadKind.UNIT,
        ),
        chip(parameter_groups=1 << 7, axis_entries=1 << 10, width=1, height=1),
        ["in", "axon bits", "= 21", "limit is 20"],
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_limit(case: str) -> None:
    network, limited, words = REFUSALS[case]
    with pytest.raises(CompileError) as error:
        compile_network(network, limited)
    for word in [*words, ";"]:
        assert word in str(error.value), f"{word!r} is not in: {error.value}"


@pytest.mark.parametrize(
    "case", ["accumulator_groups", "weight_rows", "axis_entries", "stream_groups", "program_words", "slots", "tags", "axon_bits"]
)
def test_limit_is_sharp(case: str) -> None:
    """One more of what was short is enough."""
    network, limited, _ = REFUSALS[case]
    need = {"accumulator_groups": 9, "weight_rows": 64, "axis_entries": 12}.get(case, getattr(limited, case) + 1)
    compile_network(network, replace(limited, **{case: need}))


def test_accumulator_limit_is_sharp() -> None:
    """Sums up to 2**(bits - 1) - 1, and not one more."""
    weights = zeros(65)
    weights[:64] = 127
    weights[0] = 126
    narrow = chip(accumulator_bits=14, membrane_bits=14)
    for extra, fits in ((63, True), (64, True), (65, False)):
        weights[64] = extra
        synapses = Synapses("in", SynapseOp.DENSE, weights[None], WeightFormat.INT8)
        network = one_layer(Layer("fc", Shape(1), (synapses,), count(1)), Shape(65))
        if int(weights.sum()) < 1 << 13:
            assert fits
            compile_network(network, narrow)
        else:
            assert not fits
            with pytest.raises(CompileError, match="needs 15 bits"):
                compile_network(network, narrow)


def test_invalid_network_is_refused_first() -> None:
    with pytest.raises(NetworkError, match="nowhere"):
        compile_network(one_layer(Layer("fc", Shape(4), (dense("nowhere", 4, 8),), count(4)), Shape(8)), EDGE)


def test_a_bound_past_64_bits() -> None:
    """2**7 * 2**15 * 2**12 inputs * 2**15 (scale) * 2**15 vectors = 2**64, which is 0 in 64 bits."""
    synapses = replace(dense("in", 1, 1 << 12, -128), scale=15)
    network = one_layer(
        Layer("fc", Shape(1), (synapses,), count(1)), Shape(1 << 12), timesteps=1 << 15, payload_kind=PayloadKind.POW2, hi=1 << 15
    )
    with pytest.raises(CompileError, match=r"layer fc: the accumulator reaches -18446744073709551616\.\.0 and needs 65 bits"):
        compile_network(network, load_chip("server"))
