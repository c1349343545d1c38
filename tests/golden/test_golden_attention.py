"""Dynamic weights: attention products against einsum over explicit head and token axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shiftfire.golden.execute import execute
from shiftfire.golden.synapses import contribution
from shiftfire.network.check import check_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.weights import WeightFormat


@given(st.integers(0, 1 << 30))
def test_products_of_every_head(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, heads, d, e, h, w, hk, wk = rng.integers(1, 5, 8)
    q, k, v = (rng.integers(-9, 10, (vectors, heads * c, y, x)) for c, y, x in ((d, h, w), (d, hk, wk), (e, hk, wk)))
    queries, keys, values = (a.reshape(vectors, heads, -1, a.shape[2] * a.shape[3]) for a in (q, k, v))
    scale = int(rng.integers(0, 3))

    def sums(op: SynapseOp, source: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return contribution(Synapses("a", op, None, WeightFormat.INT8, scale, rows="b", heads=int(heads)), source, rows)

    scores = sums(SynapseOp.QK, q, k)
    assert np.array_equal(scores, np.einsum("vhdi,vhdj->vhji", queries, keys).reshape(vectors, -1, h, w) << scale)
    weighted = sums(SynapseOp.PV, scores, v)
    oracle = np.einsum("vhji,vhej->vhei", scores.reshape(vectors, heads, -1, h * w), values)
    assert np.array_equal(weighted, oracle.reshape(vectors, -1, h, w) << scale)
    outer = sums(SynapseOp.KV, k, v)
    assert np.array_equal(outer, np.einsum("vhdj,vhej->vhed", keys, values).reshape(vectors, -1, d, 1) << scale)
    both = sums(SynapseOp.PV, q, outer)  # q (k^T v) is linear attention
    assert np.array_equal(both, sums(SynapseOp.PV, scores, v))


def _attention(**changes: object) -> Network:
    """Keys and queries are the input through a layer each; then q k^T."""
    identity = np.eye(4, dtype=np.int64)[:, :, None, None]

    def linear(name: str) -> Layer:
        weights = Synapses("in", SynapseOp.CONV2D, identity, WeightFormat.INT2)
        return Layer(name, Shape(4, 3, 2), (weights,), Requant(np.zeros(4, np.int64), 0, 0, 7))

    fields = {"rows": "k", "heads": 2, "weight_format": WeightFormat.INT4} | changes
    product = Synapses("q", SynapseOp.QK, **fields)  # type: ignore[arg-type]
    scores = Layer("scores", Shape(12, 3, 2), (product,), Requant(np.zeros(12, np.int64), 0, 0, 255))
    return Network("attention", Input("in", Shape(4, 3, 2)), (linear("q"), linear("k"), scores), "scores", Readout.NONE)


def test_a_network_with_attention() -> None:
    inputs = np.random.default_rng(1).integers(0, 2, (2, 4, 3, 2))
    scores = execute(_attention(), inputs).activations["scores"]
    tokens = inputs.reshape(2, 2, 2, 6)
    assert np.array_equal(scores.reshape(2, 2, 6, 6), np.einsum("shdi,shdj->shji", tokens, tokens))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rows": None}, "qk has no rows"),
        ({"rows": "v"}, "source 'v' is not the input or an earlier layer"),
        ({"rows": "q"}, "names a source twice"),
        ({"heads": 3}, "4 channels, which are not 3 heads"),
        ({"heads": 0}, "heads = 0 is out of range"),
        ({"heads": 1}, "sums have shape"),
        ({"weight_format": WeightFormat.INT2}, "k sends 0..7, which weight_format INT2 does not store"),
        ({"weight_format": WeightFormat.ONE}, "ONE does not store"),
        ({"weight_format": WeightFormat.PM1}, "PM1 does not store"),
        ({"weights": np.ones((2, 2), np.int64)}, "takes its weights from k"),
        ({"stride": (2, 1)}, "qk has no kernel, stride, padding or dilation"),
        ({"pre_pool": 2}, "pre_pool"),
    ],
)
def test_mistakes_are_named(changes: dict, words: str) -> None:
    check_network(_attention())
    with pytest.raises(NetworkError, match=words):
        check_network(_attention(**changes))
