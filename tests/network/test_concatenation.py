"""A connection from several sources sees their channels one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.golden.execute import execute
from shiftfire.network.synapses import SynapseOp
from shiftfire.network.values import NetworkError
from shiftfire.verification.verify import verify
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip

COPY = {"neuron": "requant", "shift": 0, "lo": 0, "hi": 15}
WIDE = {"neuron": "requant", "shift": 0, "lo": -127, "hi": 127}
SOURCES = ("a", "input", "b")
CASES: dict[str, Callable[[np.random.Generator, Any], Any]] = {
    "dense": lambda rng, source: sf.dense(rng.integers(-2, 2, (5, 144)), source=source),
    "dense after pooling": lambda rng, source: sf.dense(rng.integers(-2, 2, (5, 36)), source=source, pre_pool=2),
    "conv2d": lambda rng, source: sf.conv2d(rng.choice([-1, 1], (5, 9, 2, 3)), source=source, padding=1, dilation=2),
    "groups": lambda rng, source: sf.conv2d(rng.integers(-2, 2, (6, 3, 2, 2)), source=source, groups=3, stride=2),
    "groups across sources": lambda rng, source: sf.conv2d(rng.integers(1, 3, (18, 1, 2, 2)), source=source, groups=9),
    "depthwise": lambda rng, source: sf.depthwise(rng.integers(-8, 8, (9, 3, 3)), source=source, padding=1),
    "pool": lambda rng, source: sf.pool(3, source=source, stride=1),
    "direct": lambda rng, source: sf.direct(source, scale=1),
}


def split(connection: Any) -> Any:
    """Sources of 4, 3 and 2 channels: two layers that copy parts of the input, and the input."""
    net = sf.Network("concat", input=(3, 4, 4), values=(0, 3))
    net.conv2d("a", np.eye(4, 3, dtype=int)[:, :, None, None], **COPY)
    net.conv2d("b", np.array([[0, 1, 1], [2, 0, 0]])[:, :, None, None], source="input", **COPY)
    return net.layer("c", connection, **WIDE).readout("none").build()


def whole(connection: Any) -> Any:
    """The same from one input of nine channels, which holds them."""
    return sf.Network("whole", input=(9, 4, 4), values=(0, 15)).layer("c", connection, **WIDE).readout("none").build()


@pytest.mark.parametrize("name", CASES)
def test_sums_are_those_of_the_concatenation(name: str) -> None:
    """Against one source that holds all channels; then golden, simulator and RTL."""
    inputs = np.random.default_rng(3).integers(0, 4, (2, 1, 3, 4, 4))
    several, one = (build(CASES[name](np.random.default_rng(21), source)) for source, build in ((SOURCES, split), ("input", whole)))
    values = execute(several, inputs).activations
    together = np.concatenate([values[source] for source in SOURCES], axis=2)
    assert together.shape[2] == 9 and np.count_nonzero(together[:, :, 7:]) > 0
    assert np.array_equal(values["c"], execute(one, together).activations["c"])
    assert [s.source for s in several.layer("c").synapses] == list(SOURCES)
    verification = verify(compile_network(several, odd_chip()), inputs)
    assert verification.passed, verification.as_dict()


def test_what_becomes_of_them() -> None:
    """Signs stay signs where every source has its own; where one has none, zeros are stored."""
    dense, pool, signs = (
        split(CASES[name](np.random.default_rng(21), SOURCES)).layer("c").synapses for name in ("dense", "pool", "conv2d")
    )
    assert {s.op for s in dense} == {SynapseOp.DENSE} and {s.op for s in pool} == {SynapseOp.CONV2D}
    assert {s.weight_format for s in pool} == {WeightFormat.BIT} and {s.weight_format for s in signs} == {WeightFormat.PM1}


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        (sf.dense(np.ones((2, 9)), source=["a", "b"]), "weights take 9, but the sources have 96 together"),
        (sf.conv2d(np.ones((2, 9, 1, 1)), source=["a", "b"]), "weights take 9, but the sources have 6 together"),
        (sf.conv2d(np.ones((5, 3, 1, 1)), source=["a", "b"], groups=2), "5 channels are not 2 groups"),
        (sf.conv2d(np.ones((4, 3, 1)), source=["a", "b"]), r"weights have shape .4, 3, 1.; give .out, in"),
        (sf.depthwise(np.ones((6, 1, 1)), source=["a", "b"], weight_format="pm1"), "PM1 does not hold; use INT2"),
        (sf.direct(["a", "z"]), "no source 'z' to concatenate; there are input, a, b"),
        (sf.direct([]), r"source = \[\] is neither a name"),
        (sf.direct(["a", "small"]), r"rows and columns differ .a .4, 4, 4., small .4, 2, 2."),
    ],
)
def test_what_does_not_concatenate(connection: Any, words: str) -> None:
    net = sf.Network("concat", input=(3, 4, 4), values=(0, 3))
    net.conv2d("a", np.ones((4, 3, 1, 1)), **COPY).conv2d("b", np.ones((2, 3, 1, 1)), source="input", **COPY)
    if "small" in (connection.source or ()):
        net.pool("small", 2, source="a", **COPY)
    with pytest.raises(NetworkError, match=f"layer c.*{words}"):
        net.layer("c", connection, **WIDE).readout("none").build()
