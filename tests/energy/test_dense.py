"""The dense baseline against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.energy.dense import activation_bits, dense_macs, dense_work, estimate_dense
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat

ADD, COMPARE, PAIR, BUFFER, HOP = 0.040, 0.024, 0.00176, 0.0985, 0.93  # pJ, typed from the sources
FLIT_BITS = 38


def lif(channels: int) -> Lif:
    return Lif(np.ones(channels, np.int64), np.zeros(channels, np.int64))


def network() -> Network:
    """Input 1x8x8 of 4 bits -> conv 3x3 to 2x8x8 (T=5) -> 2x2-summed dense to 10."""
    kernel = np.ones((2, 1, 3, 3), np.int64)
    conv = Layer("conv", Shape(2, 8, 8), (Synapses("in", SynapseOp.CONV2D, kernel, WeightFormat.INT4, padding=(1, 1)),), lif(2), 5)
    weights = np.ones((10, 32), np.int64)
    dense = Layer(
        "out", Shape(10), (Synapses("conv", SynapseOp.DENSE, weights, WeightFormat.INT8, pre_pool=2),), Argmax(np.zeros(10))
    )
    return Network("n", Input("in", Shape(1, 8, 8), 1, PayloadKind.COUNT, 0, 15), (conv, dense), "out", Readout.EVENT)


def test_bits_of_an_activation() -> None:
    def bits(timesteps: int) -> int:
        return activation_bits(Input("x", Shape(1), timesteps))

    assert [bits(t) for t in (1, 2, 3, 4, 5, 7, 8, 15, 16)] == [1, 2, 2, 3, 3, 3, 4, 4, 5]  # ceil(log2(T + 1))
    assert activation_bits(Input("x", Shape(1), 1, PayloadKind.COUNT, 0, 255)) == 8
    one = np.ones(1, np.int64)
    assert activation_bits(Layer("s", Shape(1), (), Count(one, one, -8, 7))) == 4


def test_by_hand() -> None:
    net = network()
    assert dense_macs(net) == 18 * 64 + 320
    pairs = 18 * 64 * 4 * 4 + 320 * 8 * 3
    additions = 18 * 64 + 320 + 2 * 64  # pre_pool sums all 128 inputs
    neurons = 128 + 10
    weight_bits = 18 * 4 + 320 * 8
    read = 64 * 4 + 128 * 3
    written = 128 * 3 + 10 * 1
    expected = (
        pairs * PAIR
        + (additions + neurons) * ADD
        + 2 * neurons * COMPARE
        + (weight_bits + read + written) * BUFFER
        + read * HOP / FLIT_BITS
    )
    estimate = estimate_dense(net, 3)
    assert estimate.per_inference == pytest.approx(expected, rel=1e-12)
    assert estimate.picojoules == pytest.approx(3 * expected, rel=1e-12)


def test_other_synapses() -> None:
    net = network()
    pooled = Layer("p", Shape(2, 4, 4), (), lif(2))
    pool = Synapses("conv", SynapseOp.POOL, kernel=(2, 2), stride=(2, 2))
    assert (dense_work(net, pooled, pool).macs, dense_work(net, pooled, pool).additions) == (0, 128)
    same = Layer("d", Shape(2, 8, 8), (), lif(2))
    depthwise = Synapses("conv", SynapseOp.DEPTHWISE, np.ones((2, 3, 3), np.int64), WeightFormat.INT2, padding=(1, 1))
    assert dense_work(net, same, depthwise).macs == 2 * 64 * 9
    direct = Synapses("conv", SynapseOp.DIRECT)
    assert (dense_work(net, same, direct).macs, dense_work(net, same, direct).additions) == (0, 128)
    repeated = Synapses("conv", SynapseOp.UPSAMPLE, kernel=(2, 1))
    assert dense_work(net, Layer("u", Shape(2, 16, 8), (), lif(2)), repeated).additions == 256
    odd = Synapses("in", SynapseOp.DENSE, np.ones((10, 4), np.int64), WeightFormat.INT4, pre_pool=3)
    assert dense_work(net, Layer("o", Shape(10), (), lif(10)), odd).additions == 36  # 2 x 2 windows of 3 x 3


def test_products_of_activations() -> None:
    """Two heads of 3 features on 5 tokens: the twin multiplies what this chip loads as dynamic weights."""
    inputs = Input("q", Shape(6, 5), 1, PayloadKind.SIGNED, -7, 7)
    keys = Layer("k", Shape(6, 5), (Synapses("q", SynapseOp.DIRECT),), Count(np.ones(6), np.zeros(6), 0, 3))
    qk = Synapses("q", SynapseOp.QK, weight_format=WeightFormat.INT4, rows="k", heads=2)
    scores = Layer("s", Shape(10, 5), (qk,), Count(np.ones(10), np.zeros(10)))
    pv = Synapses("s", SynapseOp.PV, weight_format=WeightFormat.INT4, rows="k", heads=2)
    out = Layer("o", Shape(6, 5), (pv,), Count(np.ones(6), np.zeros(6)))
    net = Network("n", inputs, (keys, scores, out), "o", Readout.NONE)
    work = dense_work(net, scores, qk)
    assert (work.macs, work.weights, work.weight_bits, work.activation_bits) == (2 * 5 * 5 * 3, 0, 2, 4)
    assert dense_work(net, out, pv).macs == 2 * 5 * 5 * 3
    kv = Synapses("q", SynapseOp.KV, weight_format=WeightFormat.INT4, rows="k", heads=2)
    assert dense_work(net, Layer("kv", Shape(6, 3), (kv,), Count(np.ones(6), np.zeros(6))), kv).macs == 2 * 3 * 3 * 5
