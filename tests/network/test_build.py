"""Networks built layer by layer are those written out by hand; what is wrong is named with layer, value and remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder, frozen, save
from shiftfire.network.build.connections import conv2d, dense, depthwise, direct, kv, pool, pv, qk, upsample
from shiftfire.network.build.neuron import neuron
from shiftfire.network.build.values import least_format
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.registry import KINDS
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.fire import Reset, Rounding
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import FORMATS, WeightFormat

RNG = np.random.default_rng(5)
KERNEL = RNG.integers(-7, 8, (4, 1, 3, 3))
DEEP = RNG.integers(-7, 8, (4, 4, 3, 3))
OUT = RNG.integers(-100, 101, (3, 4 * 4 * 4))


def same(a: object, b: object) -> bool:
    """Equality of networks, whose parts hold arrays."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)  # type: ignore[arg-type]
    if type(a) is not type(b):
        return False
    if hasattr(a, "__dataclass_fields__"):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))  # type: ignore[arg-type]
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))  # type: ignore[arg-type]
    return a == b


def residual() -> NetworkBuilder:
    net = NetworkBuilder("residual", input=(1, 8, 8), timesteps=3, input_name="pixels")
    net.conv2d("conv1", KERNEL, padding=1, stride=2, theta=6, leak=(3, -5))
    net.conv2d("conv2", DEEP, padding=1, theta=[9, 8, 7, 6], bias=1, reset="zero", strict=True)
    net.conv2d("conv3", DEEP, padding=1, theta=9, also="conv1", v_min=-100)
    return net.dense("out", OUT, neuron="argmax")


def test_a_network_written_out() -> None:
    zeros, ones = np.zeros(4, np.int64), np.ones(4, np.int64)
    written = Network(
        "residual",
        Input("pixels", Shape(1, 8, 8), 3),
        (
            Layer(
                "conv1",
                Shape(4, 4, 4),
                (Synapses("pixels", SynapseOp.CONV2D, KERNEL, WeightFormat.INT4, kernel=(3, 3), stride=(2, 2), padding=(1, 1)),),
                Lif(6 * ones, zeros, (LeakTerm(3), LeakTerm(5, True))),
                3,
            ),
            Layer(
                "conv2",
                Shape(4, 4, 4),
                (Synapses("conv1", SynapseOp.CONV2D, DEEP, WeightFormat.INT4, kernel=(3, 3), padding=(1, 1)),),
                Lif(np.array([9, 8, 7, 6]), ones, reset=Reset.ZERO, strict=True),
                3,
            ),
            Layer(
                "conv3",
                Shape(4, 4, 4),
                (
                    Synapses("conv2", SynapseOp.CONV2D, DEEP, WeightFormat.INT4, kernel=(3, 3), padding=(1, 1)),
                    Synapses("conv1", SynapseOp.DIRECT),
                ),
                Lif(9 * ones, zeros, v_min=-100),
                3,
            ),
            Layer("out", Shape(3), (Synapses("conv3", SynapseOp.DENSE, OUT, WeightFormat.INT8),), Argmax(np.zeros(3, np.int64)), 1),
        ),
        "out",
        Readout.EVENT,
    )
    built = residual().build()
    assert same(built, written)
    inputs = RNG.integers(0, 2, (5, 3, 1, 8, 8))
    assert np.array_equal(execute(built, inputs).activations["out"], execute(written, inputs).activations["out"])


def test_every_operation() -> None:
    """Shapes and sources of all of them; queries, keys and values of an attention."""
    net = NetworkBuilder("every", input=(2, 4, 4), values=(0, 9))
    net.depthwise("depth", np.ones((2, 3, 3)), padding=(1, 1), neuron="requant", shift=1, lo=0, hi=3)
    net.pool("pooled", 2, neuron="count", theta=2, hi=1)
    net.direct("same", neuron=Count(np.array([1]), hi=1))
    net.qk("scores", "pooled", "same", neuron="count", theta=1, heads=2)
    net.pv("mixed", "scores", "same", neuron="count", theta=1, hi=3, heads=2)
    net.kv("linear", "pooled", "mixed", neuron="count", theta=1, weight_format="int4")
    net.layer("out", [dense(np.ones((3, 4))), dense(np.eye(3, 8), source="mixed", scale=2)], neuron="requant", shift=0, lo=-5, hi=5)
    built = net.build()
    shapes = {layer.name: layer.shape.as_tuple() for layer in built.layers}
    assert shapes == {
        "depth": (2, 4, 4),
        "pooled": (2, 2, 2),
        "same": (2, 2, 2),
        "scores": (8, 2, 2),
        "mixed": (2, 2, 2),
        "linear": (2, 2, 1),
        "out": (3, 1, 1),
    }
    formats = {layer.name: [s.weight_format.name for s in layer.synapses] for layer in built.layers}
    assert formats == {
        "depth": ["PM1"],
        "pooled": ["ONE"],
        "same": ["ONE"],
        "scores": ["BIT"],
        "mixed": ["BIT"],
        "linear": ["INT4"],
        "out": ["PM1", "BIT"],
    }
    assert built.readout is Readout.SUM and built.output == "out"
    assert built.input.payload_kind is PayloadKind.COUNT
    assert built.layer("depth").neuron.rounding is Rounding.FLOOR  # type: ignore[union-attr]


def parameters(kind: type) -> dict[str, Any]:
    """What a kind needs beside its defaults."""
    needed = {
        "Requant": {"shift": 1, "lo": 0, "hi": 3},
        "Ptsoftmax": {"shift": 1, "entries": 2},
        "Bspn": {"shift": 0, "negative": 0, "beta": 3, "group": 2, "scale": "epsilon"},
        "ShiftLif": {"theta_log2": 4, "levels": 3, "rounding": "log"},
        "Table": {"shift": 1, "values": np.arange(32)},
        "Argmax": {},
        "Li": {},
        "CubaLi": {},
        "Sum": {},
    }
    return needed.get(kind.__name__, {"theta": 3})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_neuron_by_name_class_and_value(kind: type[Any]) -> None:
    built = []
    for name in (kind.container_name(), kind):
        net = NetworkBuilder("one", input=4).layer("only", dense(np.eye(4)), neuron=name, **parameters(kind))
        built.append(net.build())
        made = neuron(name, **parameters(kind))
        assert same(built[0], NetworkBuilder("one", input=4).dense("only", np.eye(4), neuron=made).build())
    net = NetworkBuilder("one", input=4).dense("only", np.eye(4), neuron=built[0].layers[0].neuron)
    assert same(built[0], built[1]) and same(built[0], net.build())
    found = built[0].layers[0].neuron
    assert type(found) is kind and all(getattr(found, name).shape == (4,) for name in kind.per_channel)


@pytest.mark.parametrize("fmt", [f for f in WeightFormat if f is not WeightFormat.ONE])
def test_the_least_format_that_holds(fmt: WeightFormat) -> None:
    info = FORMATS[fmt]
    low = -1 if fmt is WeightFormat.PM1 else info.minimum
    assert least_format("x", np.array([low, info.maximum])) is fmt
    if fmt is not WeightFormat.PM1:
        wider = least_format("x", np.array([info.minimum - 1, 0, info.maximum])) if fmt is not WeightFormat.INT8 else None
        assert wider is None or FORMATS[wider].bits > info.bits
    with pytest.raises(NetworkError, match=r"weights reach -129\.\.0; at most -128\.\.127"):
        least_format("x", np.array([-129, 0]))


def test_timesteps_and_readout() -> None:
    net = NetworkBuilder("t", input=4, timesteps=5)
    net.dense("hidden", np.eye(4), theta=1).dense("summed", np.eye(4), neuron="count", theta=1, timesteps=1)
    net.dense("out", np.eye(4), theta=1, timesteps=7).readout("none")
    assert [layer.timesteps for layer in net.build().layers] == [5, 1, 7]
    assert net.build().readout is Readout.NONE
    net.readout(Readout.SUM)
    assert net.build().readout is Readout.SUM
    assert net.build() is net.build()  # checked once


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({}, PayloadKind.UNIT),
        ({"values": (0, 16)}, PayloadKind.COUNT),
        ({"values": (-3, 3)}, PayloadKind.SIGNED),
        ({"values": (-8, 8), "powers": True}, PayloadKind.POW2),
    ],
)
def test_inputs(keywords: dict[str, Any], kind: PayloadKind) -> None:
    assert NetworkBuilder("n", input=4, **keywords).dense("out", np.eye(4), theta=1).build().input.payload_kind is kind


def one() -> NetworkBuilder:
    return NetworkBuilder("n", input=(2, 4, 4))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: one().dense("a", np.eye(4), theta=1), "layer a: dense synapses from input take 4 inputs, but the source has 32"),
        (lambda: one().dense("a", np.eye(32)), "layer a: Lif needs theta; give theta="),
        (lambda: one().dense("a", np.eye(32), thta=1), "layer a: Lif has no parameter 'thta'; did you mean theta"),
        (lambda: one().dense("a", np.eye(32), neuron="lift"), "layer a: no neuron kind 'lift'; did you mean lif"),
        (lambda: one().dense("a", np.eye(32), neuron=int), "layer a: int is no neuron kind"),
        (lambda: one().dense("a", np.eye(32), neuron=3), "neuron kind int is not one of"),
        (
            lambda: one().dense("a", np.eye(32), neuron=Count(np.array([1])), theta=1),
            "layer a: theta beside a neuron that is complete",
        ),
        (lambda: one().dense("a", np.eye(32), theta=0.5), r"layer a: theta holds 0\.5 at \(\), which is not a whole number"),
        (lambda: one().dense("a", np.eye(32), theta="five"), "layer a: theta is <U4, not numbers"),
        (lambda: one().dense(3, np.eye(32), theta=1), "layer name '3' is not a word"),  # type: ignore[arg-type]
        (lambda: NetworkBuilder(3, input=32), "network name '3' is not a word"),  # type: ignore[arg-type]
        (lambda: one().dense("a", np.eye(32), theta=1, leak=np.array([0.5])), r"layer a: leak = array\(\[0\.5\]\) is neither"),
        (lambda: one().dense("a", np.eye(32), theta=1, leak="3"), "layer a: leak = '3' is neither a shift nor"),
        (lambda: one().dense("a", np.eye(32), theta=1, reset="half"), "layer a: reset = 'half' is not one of "),
        (lambda: one().dense("a", np.eye(32) / 2, theta=1), r"layer a, dense synapses from input: weights holds 0\.5 at \(0, 0\)"),
        (lambda: one().dense("a", np.eye(32) * 200, theta=1), "weights reach 0..200; at most"),
        (lambda: one().dense("a", np.ones(32), theta=1), r"weights have shape \(32,\); give \(out, in\)"),
        (
            lambda: one().dense("a", np.eye(32), theta=1, weight_format="int3"),
            "weight_format = 'int3' is not one of one, pm1, bit, int2",
        ),
        (lambda: one().dense("a", np.eye(32), theta=1, source="b"), "layer a: no source 'b'; there are input"),
        (
            lambda: one().dense("a", np.eye(32), theta=1, also="a"),
            "layer a: no source 'a'; there are input; to see its own .* delay=1",
        ),
        (
            lambda: one().dense("a", np.eye(32), neuron="bspn", scale="exact"),
            "scale is a keyword of the connection and a parameter of Bspn",
        ),
        (lambda: neuron(Count(np.array([1]))), "is a neuron already"),  # type: ignore[arg-type]
        (lambda: one().layer("a", [], theta=1), "layer a has no connections"),
        (lambda: one().layer("a", 3, theta=1), "layer a: 3 are no connections"),  # type: ignore[arg-type]
        (lambda: one().layer("a", [3], theta=1), "layer a: 3 is no connection"),  # type: ignore[list-item]
        (
            lambda: one().conv2d("a", np.ones((1, 2, 3, 3)), stride="2", theta=1),
            "layer a: stride = '2' is neither a whole number nor",
        ),
        (lambda: one().conv2d("a", np.ones((1, 2, 5, 5)), theta=1), "does not fit"),
        (lambda: one().qk("a", "input", "b", theta=1), "layer a: no source 'b'"),
        (lambda: one().readout("sum"), "network n: no layer to read out"),
        (lambda: one().dense("a", np.eye(32), theta=1).readout("sum", "b"), "network n: no layer 'b' to read out; there are a"),
        (
            lambda: one().dense("a", np.eye(32), theta=1).readout("mean"),
            "readout = 'mean' is not one of event, sum, max, last, value, none",
        ),
        (lambda: one().build(), "network n has no layers"),
        (lambda: one().dense("a", np.eye(32), theta=-1).build(), "layer a: theta holds -1, which is out of range"),
        (lambda: NetworkBuilder("n", input="4"), "network n, input input: shape = '4' is neither"),
        (lambda: NetworkBuilder("n", input=(1, 2, 3, 4)), "is neither a number of elements nor"),
        (lambda: NetworkBuilder("n", input=4, values=3), "values = 3 is not"),  # type: ignore[arg-type]
        (lambda: frozen(3), "3 is no network"),  # type: ignore[arg-type]
    ],
)
def test_mistakes(build: Callable[[], object], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        build()


@pytest.mark.parametrize("leak", [(3, -5), [3, -5], np.array([3, -5])])
def test_leaks(leak: Any) -> None:
    made = one().dense("a", np.eye(32), theta=1, leak=leak).build().layers[0].neuron
    assert isinstance(made, Lif) and made.leak == (LeakTerm(3, False), LeakTerm(5, True))


def test_connections_are_open_until_they_have_a_layer() -> None:
    """Each function's arguments arrive where `Synapses` has them."""
    known = {"input": Input("input", Shape(4, 3, 3), 1, PayloadKind.COUNT, 0, 7)}
    cases: list[tuple[Any, dict[str, Any]]] = [
        (dense(np.ones((2, 4)), scale=1, pre_pool=3), {"op": SynapseOp.DENSE, "scale": 1, "pre_pool": 3}),
        (conv2d(np.ones((2, 4, 1, 3)), stride=(1, 2), padding=(0, 1)), {"kernel": (1, 3), "stride": (1, 2), "padding": (0, 1)}),
        (depthwise(np.ones((4, 2, 2)), stride=2), {"op": SynapseOp.DEPTHWISE, "kernel": (2, 2), "stride": (2, 2)}),
        (pool((2, 3)), {"op": SynapseOp.POOL, "kernel": (2, 3), "stride": (2, 3)}),
        (pool(3, stride=1, padding=1), {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1)}),
        (upsample((2, 3), delay=1), {"op": SynapseOp.UPSAMPLE, "kernel": (2, 3), "stride": (1, 1), "delay": 1}),
        (direct(scale=3), {"op": SynapseOp.DIRECT, "scale": 3}),
        (qk("input", "input", heads=2), {"op": SynapseOp.QK, "rows": "input", "heads": 2, "weight_format": WeightFormat.INT4}),
        (pv("input", "input"), {"op": SynapseOp.PV, "rows": "input"}),
        (kv("input", "input", weight_format="INT8"), {"op": SynapseOp.KV, "weight_format": WeightFormat.INT8}),
    ]
    for connection, expected in cases:
        synapses = connection.resolve("layer x", "input", known)
        assert synapses.source == "input"
        assert {name: getattr(synapses, name) for name in expected} == expected


def test_saving(tmp_path: Path) -> None:
    net = residual()
    inputs = RNG.integers(0, 2, (5, 3, 64)).astype(bool)
    net.save(tmp_path / "alone")
    assert same(load_network(tmp_path / "alone"), net.build())
    save(net.build(), tmp_path / "labelled", inputs, [0, 1, 2, 0, 1])
    split = load_test_split(tmp_path / "labelled")
    assert np.array_equal(split.inputs.reshape(5, 3, 64), inputs) and split.labels.tolist() == [0, 1, 2, 0, 1]
    net.save(tmp_path / "unlabelled", inputs=inputs)
    split = load_test_split(tmp_path / "unlabelled")
    assert np.array_equal(split.inputs.reshape(5, 3, 64), inputs) and split.labels is None
    with pytest.raises(NetworkError, match="network residual: labels belong to inputs; give the inputs as well"):
        net.save(tmp_path / "half", labels=[0])
    assert not (tmp_path / "half").exists()


def test_requant_through_keywords_and_by_hand() -> None:
    by_name = one().dense("a", np.eye(32), neuron="requant", shift=2, lo=-3, hi=3, rounding="half_even").build().layers[0].neuron
    assert same(by_name, Requant(np.zeros(32, np.int64), 2, -3, 3, Rounding.HALF_EVEN))


def test_feedback() -> None:
    """From the layer itself, and from one that comes later; the shape is that of the first connection without delay."""
    rng = np.random.default_rng(3)
    forth, own, back, out = (rng.integers(-3, 4, shape) for shape in ((6, 4), (6, 6), (6, 5), (5, 6)))
    built = (
        NetworkBuilder("loop", input=4, timesteps=3)
        .layer("hidden", [dense(back, source="out", delay=1), dense(forth), dense(own, source="hidden", delay=1)], theta=4)
        .dense("out", out, theta=3, also=direct("out", delay=1))
    )
    assert [(s.source, s.delay) for s in built.build().layer("hidden").synapses] == [("out", 1), ("input", 0), ("hidden", 1)]
    assert built.build().layer("hidden").shape == Shape(6)
    assert "hidden, out (delay 1)" in str(built) and "out (delay 1), input, hidden (delay 1)" in str(built)
    with pytest.raises(NetworkError, match=r"layer b: no connection is from a layer before or the input; give one without delay"):
        NetworkBuilder("n", input=4, timesteps=3).dense("b", own, source="b", delay=1, theta=1)
    with pytest.raises(NetworkError, match=r"layer hidden: source 'nobody' is not the input or an earlier layer"):
        NetworkBuilder("n", input=4, timesteps=3).dense(
            "hidden", forth, theta=1, also=dense(back, source="nobody", delay=1)
        ).build()
