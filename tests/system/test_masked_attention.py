"""Padding masks: a feature more in queries and keys, which takes padded tokens out of the softmax; end to end on a chip."""

import numpy as np
from shiftfire.compiler.compile import compile_network
from shiftfire.golden.execute import execute
from shiftfire.golden.ptsoftmax import count_table, ptsoftmax
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.verification.verify import verify
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip

TOKENS, FEATURES = 5, 2


def projection(name: str, weights: list[list[int]], bias: list[int]) -> Layer:
    """Values of -8..7 from features and padding flag."""
    kernel = np.array(weights, np.int64)[:, :, None, None]
    synapses = Synapses("in", SynapseOp.CONV2D, kernel, WeightFormat.INT4)
    return Layer(name, Shape(len(weights), TOKENS), (synapses,), Count(np.ones(len(weights), np.int64), np.array(bias), -8, 7))


def attention() -> Network:
    """Input: two features of -2..2 and a flag that is 1 where the token is padding."""
    query = projection("query", [[1, 0, 0], [0, -1, 0], [0, 0, 0]], [0, 0, 7])
    key = projection("key", [[1, 0, 0], [0, 1, 0], [0, 0, -8]], [0, 0, 0])
    value = projection("value", [[1, 1, 0], [2, -1, 0]], [0, 0])
    scores = Synapses("query", SynapseOp.QK, None, WeightFormat.INT4, rows="key")
    zeros = np.zeros(TOKENS, np.int64)
    probabilities = Layer("scores", Shape(TOKENS, TOKENS), (scores,), Ptsoftmax(zeros, 0, TOKENS, counts=count_table(4)))
    mixed = Synapses("scores", SynapseOp.PV, None, WeightFormat.INT4, rows="value")
    out = Layer("out", Shape(FEATURES, TOKENS), (mixed,), Requant(np.zeros(FEATURES, np.int64), 0, -127, 127))
    source = Input("in", Shape(FEATURES + 1, TOKENS), 1, PayloadKind.SIGNED, -2, 2)
    return Network("masked", source, (query, key, value, probabilities, out), "out", Readout.NONE)


def inputs() -> IntArray:
    """Ten sequences, the last one to three tokens of each padding."""
    rng = np.random.default_rng(2)
    values = rng.integers(-2, 3, (10, FEATURES + 1, TOKENS, 1))
    values[:, FEATURES] = 0
    for sequence, padding in zip(values, rng.integers(1, 4, len(values)), strict=True):
        sequence[FEATURES, TOKENS - padding :] = 1
    return values


def test_padding_has_no_probability() -> None:
    """As the published definition has it when padded tokens are left out of the row."""
    x = inputs()
    scores = execute(attention(), x).activations["scores"][:, 0, :, :, 0]  # (sequences, key, query)
    for sequence, seen in zip(x[..., 0], scores, strict=True):
        exact = sequence[:1].T @ sequence[:1] - sequence[1:2].T @ sequence[1:2]  # (query, key)
        kept = np.tile(sequence[FEATURES] == 0, (TOKENS, 1))
        e = ptsoftmax(exact, shift=0, mask=kept)
        assert np.array_equal(seen.T, np.where(kept, count_table(4)[np.clip(e, 0, 31)], 0))


def test_golden_simulator_and_rtl_agree() -> None:
    verification = verify(compile_network(attention(), odd_chip()), inputs())
    assert verification.passed, verification.as_dict()
