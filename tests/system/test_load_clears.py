"""LOAD clears every row that it is about to fill: what an earlier vector left in the last one is in no later product."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.verification.verify import verify
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip

TOKENS = 4
STEPS = 2


def halves(depth: int, op: SynapseOp, fmt: WeightFormat) -> Network:
    """The first half of the input's channels meets the second as dynamic weights."""
    source = Input("in", Shape(2 * depth, TOKENS), STEPS, PayloadKind.UNIT, 0, 1)
    parts = []
    for name, first in (("left", 0), ("rows", depth)):
        chosen = np.zeros((depth, 2 * depth, 1, 1), np.int64)
        chosen[np.arange(depth), first + np.arange(depth)] = 1
        synapses = Synapses("in", SynapseOp.CONV2D, chosen, WeightFormat.BIT)
        parts.append(Layer(name, Shape(depth, TOKENS), (synapses,), Requant(np.zeros(depth, np.int64), 0, 0, 1), STEPS))
    shape = Shape(TOKENS, TOKENS) if op is SynapseOp.QK else Shape(depth, depth)
    product = Synapses("left", op, None, fmt, rows="rows")
    out = Layer("out", shape, (product,), Requant(np.zeros(shape.channels, np.int64), 0, 0, 100), STEPS)
    return Network("halves", source, (*parts, out), "out", Readout.NONE)


def second_vector_lacks_the_last_row(depth: int, op: SynapseOp) -> IntArray:
    """All ones, but for what LOAD stores last in the second vector: a channel of QK's rows, a token of KV's."""
    inputs = np.ones((1, STEPS, 2 * depth, TOKENS, 1), np.int64)
    if op is SynapseOp.QK:
        inputs[0, 1, -1] = 0
    else:
        inputs[0, 1, depth:, -1] = 0
    return inputs


@pytest.mark.parametrize("fmt", [WeightFormat.BIT, WeightFormat.INT8])
@pytest.mark.parametrize("op", [SynapseOp.QK, SynapseOp.KV])
def test_nothing_is_left_of_the_vector_before(op: SynapseOp, fmt: WeightFormat) -> None:
    depth = 3 if fmt is WeightFormat.INT8 else 9
    network, inputs = halves(depth, op, fmt), second_vector_lacks_the_last_row(depth, op)
    first, second = execute(network, inputs).activations["out"][0]
    assert first.sum() > second.sum() > 0
    verification = verify(compile_network(network, odd_chip()), inputs)
    assert verification.passed, verification.as_dict()
