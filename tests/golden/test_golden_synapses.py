"""Golden's sums against torch in float64 (exact for these sizes)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.golden.synapses import EXACT_FLOAT64, contribution
from shiftfire.network.check import check_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.recode import received_limits
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.stream import RECODE_ENTRIES
from shiftfire_spec.weights import WeightFormat

torch = pytest.importorskip("torch")
functional = torch.nn.functional

WINDOWS = [
    {"kernel": (3, 3), "padding": (1, 1)},
    {"kernel": (2, 3), "stride": (2, 1), "padding": (1, 0)},
    {"kernel": (1, 1), "stride": (3, 2)},
    {"kernel": (4, 2), "stride": (1, 3), "padding": (3, 1)},
    {"kernel": (3, 2), "stride": (2, 1), "padding": (2, 3), "dilation": (2, 4)},
    {"kernel": (2, 3), "stride": (2, 3), "padding": (5, 9), "dilation": (3, 2)},
]


def as_torch(values: np.ndarray) -> Any:
    return torch.from_numpy(values).double()


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(11).integers(-127, 128, (3, 4, 7, 6))


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("pre_pool", [1, 2])
def test_conv2d(values: np.ndarray, window: dict[str, Any], pre_pool: int) -> None:
    if pre_pool == 2 and window["kernel"] == (1, 1):
        window = {"kernel": (1, 1)}
    weights = np.random.default_rng(1).integers(-128, 128, (5, 4, *window["kernel"]))
    sums = contribution(Synapses("in", SynapseOp.CONV2D, weights, WeightFormat.INT8, pre_pool=pre_pool, scale=3, **window), values)
    pooled = functional.avg_pool2d(as_torch(values), pre_pool, divisor_override=1)
    rest = {key: window[key] for key in ("stride", "padding", "dilation") if key in window}
    assert np.array_equal(sums, 8 * functional.conv2d(pooled, as_torch(weights), **rest).numpy())


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_depthwise_and_pool(values: np.ndarray, window: dict[str, Any]) -> None:
    weights = np.random.default_rng(2).integers(-8, 8, (4, *window["kernel"]))
    sums = contribution(Synapses("in", SynapseOp.DEPTHWISE, weights, WeightFormat.INT4, **window), values)
    rest = {key: window[key] for key in ("stride", "padding", "dilation") if key in window}
    expected = functional.conv2d(as_torch(values), as_torch(weights)[:, None], groups=4, **rest)
    assert np.array_equal(sums, expected.numpy())
    pooled = contribution(Synapses("in", SynapseOp.POOL, **window), values)
    ones = torch.ones(4, 1, *window["kernel"], dtype=torch.float64)
    assert np.array_equal(pooled, functional.conv2d(as_torch(values), ones, groups=4, **rest).numpy())


@pytest.mark.parametrize("pre_pool", [1, 2, 3])
def test_dense(values: np.ndarray, pre_pool: int) -> None:
    size = 4 * (7 // pre_pool) * (6 // pre_pool)
    weights = np.random.default_rng(3).integers(-128, 128, (9, size))
    sums = contribution(Synapses("in", SynapseOp.DENSE, weights, WeightFormat.INT8, pre_pool=pre_pool), values)
    pooled = functional.avg_pool2d(as_torch(values), pre_pool, divisor_override=1)
    assert np.array_equal(sums[:, :, 0, 0], functional.linear(pooled.flatten(1), as_torch(weights)).numpy())


def test_direct(values: np.ndarray) -> None:
    assert np.array_equal(contribution(Synapses("in", SynapseOp.DIRECT, scale=4), values), values * 16)


def test_beyond_float64() -> None:
    """Where float64 would round, the sums are still those of Python's integers."""
    values = np.array([[[[EXACT_FLOAT64 // 4]], [[1]], [[1]]]])
    weights = np.array([[5, 1, 0], [4, 1, -1], [-7, 0, 1]])
    sums = contribution(Synapses("in", SynapseOp.DENSE, weights, WeightFormat.INT8), values)
    vector = [int(v) for v in values.ravel()]
    assert sums.ravel().tolist() == [sum(int(w) * v for w, v in zip(row, vector, strict=True)) for row in weights]


def test_recoded_powers_of_two() -> None:
    """A receiver takes a table's values for the powers of two; 0 stays 0, and a power may become 0."""
    recode = np.zeros(RECODE_ENTRIES, np.int64)
    recode[[0, 1, 3, 15]], recode[[16, 18, 31]] = (5, -6, 7, 127), (-1, 3, -127)
    values = np.array([1, 2, 4, 8, 1 << 15, -1, -4, -(1 << 15), 0]).reshape(1, 9, 1, 1)
    synapses = Synapses("in", SynapseOp.DIRECT, scale=1, recode=recode)
    assert contribution(synapses, values).ravel().tolist() == [10, -12, 0, 14, 254, -2, 6, -254, 0]
    assert received_limits(synapses, (-1, 8)) == (-6, 7)
    assert received_limits(synapses, (0, 1)) == (0, 5)
    source = Input("in", Shape(9), 1, PayloadKind.POW2, -8, 8)
    layer = Layer("out", Shape(9), (synapses,), Requant(np.zeros(9, np.int64), 0, -127, 127))
    check_network(Network("net", source, (layer,), "out", Readout.NONE))
    wrong = replace(layer, synapses=(replace(synapses, recode=recode[1:]),))
    with pytest.raises(NetworkError, match=r"recode has shape \(31,\)"):
        check_network(Network("net", source, (wrong,), "out", Readout.NONE))
    with pytest.raises(NetworkError, match="recode is for sources of POW2"):
        check_network(Network("net", replace(source, payload_kind=PayloadKind.COUNT, lo=0), (layer,), "out", Readout.NONE))
