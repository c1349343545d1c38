"""Products of layers, repeated elements and masks, from graphs made by hand: integers against floats, floats against loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.api.float_graphs import convert_graph
from shiftfire.frontends.float_graph.graph import Graph
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.neurons import IF
from shiftfire.frontends.float_graph.nodes import Clip, Input, Pool, Product, Scale, Threshold, Upsample
from shiftfire.frontends.float_graph.products import multiply
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.torch.growing import Growing, pointwise
from shiftfire.network.synapses import SynapseOp
from shiftfire.quantise.errors import QuantiseError

PROFILE = named_profile("spikingjelly")
HEADS, FEATURES, SIDE, STEPS = 2, 3, 3, 5
CHANNELS, TOKENS = HEADS * FEATURES, SIDE * SIDE
SHAPE = (CHANNELS, SIDE, SIDE)


def neuron(*shape: int, theta: float = 1.0) -> IF:
    """One unit of input is one of the membrane."""
    whole = np.ones(shape)
    return IF(whole / PROFILE.dt, whole * theta, whole * 0)


def drawing(rng: Any) -> tuple[Growing, dict[str, tuple[str, ...]]]:
    """A graph with an input and three spiking layers of queries, keys and values."""
    growing = Growing()
    x = growing.add("x", "Input", Input(), (), SHAPE)
    made = {}
    for name in "qkv":
        weight = rng.integers(-3, 4, (CHANNELS, CHANNELS)) / 4
        made[name] = growing.add(
            name, "IF", neuron(*SHAPE), growing.add(f"w{name}", "Conv", pointwise(weight, None, 2), x, SHAPE), SHAPE
        )
    return growing, made


def converted(growing: Growing, last: tuple[str, ...], rng: Any, **options: Any) -> tuple[Graph, Any, Any]:
    graph = growing.graph([("out", last)], ())
    x = (rng.random((4, STEPS, *SHAPE)) < 0.6).astype(np.float64)
    asked: dict[str, Any] = {
        "labels": None,
        "timesteps": None,
        "readout": None,
        "method": "error",
        "budget": None,
        "chip": "edge",
        "weights": 8,
    }
    return graph, x, convert_graph(graph, PROFILE, [], name="net", origin="hand", calibrate=x, **(asked | options))


def agreements(made: Any) -> list[float]:
    return [layer.agreement for layer in made.fidelity.layers]


def kinds(made: Any) -> list[tuple[str, str]]:
    """(operation of the first synapses, neuron) of the layers behind queries, keys and values."""
    return [(layer.synapses[0].op.value, layer.neuron.op.name) for layer in made.network.layers[3:]]


@pytest.mark.parametrize("op", (SynapseOp.QK, SynapseOp.PV, SynapseOp.KV))
def test_products_are_sums_over_channels_or_positions(op: SynapseOp) -> None:
    rng = np.random.default_rng(1)
    d, n, e = 3, 4, 2
    source = rng.integers(0, 3, (2, HEADS * (n if op is SynapseOp.PV else d), n)).astype(float)
    rows = rng.integers(0, 3, (2, HEADS * (d if op is SynapseOp.QK else e), n)).astype(float)
    found = multiply(Product(op, HEADS), source, rows)
    for sample, head in np.ndindex(2, HEADS):
        own = np.split(source[sample], HEADS)[head]
        others = np.split(rows[sample], HEADS)[head]
        one, two = (others.T if op is SynapseOp.QK else others), (own.T if op is SynapseOp.KV else own)
        sums = one @ two
        assert np.array_equal(np.split(found[sample], HEADS)[head], sums)


@pytest.mark.parametrize("between", (1.0, 0.125))
def test_scores_and_weighted_sums_are_exact(between: float) -> None:
    """q k^T v with a scale between or behind: the scores are a layer of whole sums, the neurons sum the rest themselves."""
    rng = np.random.default_rng(2)
    growing, made = drawing(rng)
    scores = growing.add("scores", "matmul", Product(SynapseOp.QK, HEADS), made["q"], (HEADS * TOKENS, SIDE, SIDE), made["k"])
    scores = growing.add(
        "scaled", "Scale", Scale(np.full((HEADS * TOKENS, SIDE, SIDE), between)), scores, (HEADS * TOKENS, SIDE, SIDE)
    )
    mixed = growing.add("mixed", "matmul", Product(SynapseOp.PV, HEADS), scores, SHAPE, made["v"])
    mixed = growing.add("behind", "Scale", Scale(np.full(SHAPE, 0.25)), mixed, SHAPE)
    _, _, net = converted(growing, growing.add("n", "IF", neuron(*SHAPE, theta=between), mixed, SHAPE), rng)
    assert agreements(net) == [1.0] * 5 and net.fidelity.layers[4].rate_float > 0.01
    assert kinds(net) == [("qk", "REQUANT"), ("pv", "LIF")]


def test_linear_attention_in_both_orders_is_exact() -> None:
    """q (k^T v) as sums over the channels of q, and (v k^T) q."""
    for op, first, second in ((SynapseOp.QK, "v", "k"), (SynapseOp.PV, "k", "v")):
        rng = np.random.default_rng(3)
        growing, made = drawing(rng)
        shape = (HEADS * FEATURES, FEATURES)
        inner = growing.add("kv", "matmul", Product(SynapseOp.KV, HEADS), made[first], shape, made[second])
        mixed = growing.add("mixed", "matmul", Product(op, HEADS), made["q"], SHAPE, inner)
        _, _, net = converted(growing, growing.add("n", "IF", neuron(*SHAPE, theta=4.0), mixed, SHAPE), rng)
        assert agreements(net) == [1.0] * 5 and net.fidelity.layers[4].rate_float > 0.01
        assert kinds(net) == [("kv", "REQUANT"), (op.value, "LIF")]


def test_a_product_that_feeds_a_convolution_is_a_layer_of_its_own() -> None:
    rng = np.random.default_rng(4)
    growing, made = drawing(rng)
    shape = (HEADS * FEATURES, FEATURES)
    inner = growing.add("kv", "matmul", Product(SynapseOp.KV, HEADS), made["k"], shape, made["v"])
    mixed = growing.add("mixed", "matmul", Product(SynapseOp.PV, HEADS), made["q"], SHAPE, inner)
    conv = growing.add(
        "w", "Conv", pointwise(rng.integers(-3, 4, (4, CHANNELS)) / 16, np.array([0.5, 0, -0.5, 0.25]), 2), mixed, (4, SIDE, SIDE)
    )
    graph, x, net = converted(growing, growing.add("n", "IF", neuron(4, SIDE, SIDE), conv, (4, SIDE, SIDE)), rng)
    assert agreements(net) == [1.0] * 6 and net.fidelity.layers[5].rate_float > 0.01
    assert kinds(net) == [("kv", "REQUANT"), ("pv", "REQUANT"), ("conv2d", "LIF")]
    floats = interpret(graph, PROFILE, x).outputs["out"]
    simulated = sf.run(net, net.integers(x), chip="edge", record=["spikes"]).spikes["n"]
    assert np.array_equal(simulated.reshape(floats.shape), floats)


def test_masks_are_repeated_and_need_no_weights() -> None:
    """Spikes times a mask of one per channel: both spike where their sum is above 1.5."""
    rng = np.random.default_rng(5)
    growing, made = drawing(rng)
    shape = (CHANNELS, 1, 1)
    sums = growing.add("sums", "Pool", Pool(False, (SIDE, SIDE), (SIDE, SIDE), (0, 0)), made["k"], shape)
    mask = growing.add("mask", "IF", neuron(*shape, theta=3.0), sums, shape)
    wide = growing.add("wide", "repeat", Upsample((SIDE, SIDE)), mask, SHAPE)
    both = growing.add("both", "mul", Threshold(np.full(SHAPE, 1.5)), (*made["q"], *wide), SHAPE)
    graph, x, net = converted(growing, both, rng)
    assert agreements(net) == [1.0] * len(net.network.layers)
    trace = interpret(graph, PROFILE, x)
    assert trace.outputs["both"].any()
    assert np.array_equal(trace.outputs["both"], trace.outputs["q"] * trace.outputs["mask"])
    assert [s.op.value for s in net.network.layer("both").synapses] == ["direct", "upsample"]


def test_sums_that_stored_weights_do_not_hold_are_cut_and_told() -> None:
    rng = np.random.default_rng(6)
    growing = Growing()
    x = growing.add("x", "Input", Input(), (), (2, 16, 9))
    layers = [
        growing.add(
            name, "IF", neuron(2, 16, 9), growing.add(f"w{name}", "Conv", pointwise(np.eye(2), None, 2), x, (2, 16, 9)), (2, 16, 9)
        )
        for name in "qkv"
    ]
    inner = growing.add("kv", "matmul", Product(SynapseOp.KV, 1), layers[1], (2, 2), layers[2])
    mixed = growing.add("mixed", "matmul", Product(SynapseOp.PV, 1), layers[0], (2, 16, 9), inner)
    graph = growing.graph([("out", growing.add("n", "IF", neuron(2, 16, 9, theta=200.0), mixed, (2, 16, 9)))], ())
    inputs = (rng.random((1, 2, 2, 16, 9)) < 0.9).astype(float)
    net = convert_graph(
        graph, PROFILE, [], name="net", origin="hand", weights=8, calibrate=inputs, labels=None, timesteps=None, readout=None,
        method="error", budget=None, chip="edge",
    )  # fmt: skip
    assert any("layer kv: its sums can reach 144; those above 127 are sent as 127" in line for line in net.assumed)


def _two_layers(growing: Growing, made: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return growing.add("p", "matmul", Product(SynapseOp.KV, HEADS), (*made["q"], *made["v"]), (CHANNELS, FEATURES), made["k"])


def _membranes(growing: Growing, made: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return growing.add("p", "matmul", Product(SynapseOp.KV, HEADS), growing.sources["q"], (CHANNELS, FEATURES), made["k"])


def _inputs(growing: Growing, made: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return growing.add("p", "matmul", Product(SynapseOp.KV, HEADS), ("x",), (CHANNELS, FEATURES), made["k"])


def _negative(growing: Growing, made: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    less = growing.add("less", "Scale", Scale(np.full(SHAPE, -1.0)), made["q"], SHAPE)
    return growing.add("p", "matmul", Product(SynapseOp.KV, HEADS), less, (CHANNELS, FEATURES), made["k"])


def _activation(growing: Growing, made: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return growing.add("relu", "ReLU", Clip(0.0, np.inf), growing.sources["q"], SHAPE)


REFUSED = {
    "two layers": (_two_layers, "node p: a factor of it is a sum of 2 layers"),
    "a linear map": (_membranes, "node p: .*sends no spikes|node p: x, a factor of it"),
    "an input": (_inputs, "node p: x, a factor of it, sends no spikes"),
    "a negative factor": (_negative, "node p: between q and the product stands more than a positive factor"),
    "an activation": (_activation, "node relu: a ReLU is read, but sends no spikes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_node(name: str) -> None:
    make, told = REFUSED[name]
    rng = np.random.default_rng(8)
    growing, made = drawing(rng)
    last = make(growing, made)
    shape = growing.shape(last)
    with pytest.raises(QuantiseError, match=told):
        converted(growing, growing.add("n", "IF", neuron(*shape), last, shape), rng)
