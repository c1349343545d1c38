"""Scale nodes: gains of each channel go into the weights on either side, those of each neuron into thresholds; integers spike as the float interpreter."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, if_, input_node, lif, linear_loops, output_node
from quantise.test_from_nir import HARD, SOFT, dyadic, spikes
from quantise.test_quantise_chain import folded, sums
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.nir.build import graph_of
from shiftfire.golden.execute import execute
from shiftfire.quantise.errors import QuantiseError

C, H = 4, 6
RNG = np.random.default_rng(41)


def conv(out: int, into: int, padding: int = 1, groups: int = 1) -> nir.Conv2d:
    return nir.Conv2d(None, dyadic(RNG, out, into // groups, 3, 3), 1, padding, 1, groups, RNG.integers(-4, 5, out) / 4)


def pool() -> nir.AvgPool2d:
    return nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))


def of_channels(channels: int, height: int = H, negative: bool = True) -> nir.Scale:
    gains = RNG.permutation([0.5, 1.0, 2.0, -1.0 if negative else 0.25, 1.5, 1.0])[:channels]
    return nir.Scale(np.broadcast_to(gains[:, None, None], (channels, height, height)).copy())


def of_neurons(channels: int, height: int = H) -> nir.Scale:
    return nir.Scale(RNG.choice([0.5, 1.0, 2.0], (channels, height, height)))


def flatten(*shape: int) -> nir.Flatten:
    return nir.Flatten({"input": np.array(shape)}, 0, -1)


CASES: dict[str, tuple[list[Any], tuple[str, tuple[int, ...] | None, int]]] = {
    "after a convolution": ([conv(6, C), of_channels(6), if_(6, H, H)], ("conv2d", (6, C, 3, 3), 1)),
    "before a convolution": ([of_channels(C), conv(6, C), if_(6, H, H)], ("conv2d", (6, C, 3, 3), 1)),
    "between a pool and a padded convolution": ([pool(), of_channels(C, 3), conv(6, C), if_(6, 3, 3)], ("conv2d", (6, C, 3, 3), 2)),
    "before a pool and a padded convolution": ([of_channels(C), pool(), conv(6, C), if_(6, 3, 3)], ("conv2d", (6, C, 3, 3), 2)),
    "before a pool": ([of_channels(C, negative=False), pool(), if_(C, 3, 3)], ("pool", None, 1)),
    "between a pool and a matrix": (
        [pool(), of_channels(C, 3), flatten(C, 3, 3), nir.Linear(dyadic(RNG, 5, C * 9)), if_(5)],
        ("dense", (5, C * 9), 2),
    ),
    "between matrices": (
        [
            *(flatten(C, H, H), nir.Affine(RNG.integers(-1, 2, (7, C * H * H)) / 1.0, RNG.integers(-2, 3, 7) / 1.0), nir.Scale(np.array([1, 2, 0.5, -1, 0, 1, 3]))),
            *(nir.Linear(RNG.integers(-1, 2, (5, 7)) / 1.0), if_(5)),
        ],
        ("dense", (5, C * H * H), 1),
    ),
    "of groups": ([conv(C, C, groups=2), of_channels(C), if_(C, H, H)], ("conv2d", (C, C // 2, 3, 3), 1)),
    "of neurons": ([of_neurons(C), if_(C, H, H)], ("direct", None, 1)),
    "of neurons after a convolution": ([conv(6, C), of_neurons(6), if_(6, H, H)], ("conv2d", (6, C, 3, 3), 1)),
    "of neurons after one of channels": (
        [conv(6, C), of_channels(6), of_neurons(6), of_channels(6), if_(6, H, H)],
        ("conv2d", (6, C, 3, 3), 1),
    ),
    "of neurons before a convolution": ([of_neurons(C), conv(3, C), if_(3, H, H)], ("dense", (3 * H * H, C * H * H), 1)),
    "of neurons after a pool, before a matrix": (
        [pool(), of_neurons(C, 3), flatten(C, 3, 3), nir.Linear(dyadic(RNG, 5, C * 9)), if_(5)],
        ("dense", (5, C * H * H), 1),
    ),
}  # fmt: skip


def made(nodes: list[Any], chip: Any = "edge", profile: Any = HARD) -> tuple[Any, Any, str]:
    """The conversion, inputs, and the name of the last node."""
    named = {"in": input_node(C, H, H), **{f"n{number}": node for number, node in enumerate(nodes)}}
    g = nir.NIRGraph(nodes=named, edges=list(pairwise(named)), type_check=False)
    x = spikes(np.random.default_rng(42), 8, 10, C, H, H)
    last = f"n{len(nodes) - 1}"
    net, floats = sf.from_nir(g, profile, calibrate=x, chip=chip), interpret(graph_of(g), profile, x)
    integers = execute(net.network, x.astype(np.int64)).activations[last]
    assert floats.outputs[last].mean() > 0.02
    np.testing.assert_array_equal(integers.reshape(floats.outputs[last].shape), floats.outputs[last])
    return net, x, last


@pytest.mark.parametrize("name", CASES)
def test_spikes_are_the_interpreters(name: str) -> None:
    nodes, (op, weights, pre_pool) = CASES[name]
    net, _, last = made(nodes)
    (synapses,) = net.network.layer(last).synapses
    assert (str(synapses.op), synapses.pre_pool) == (op, pre_pool)
    assert (None if synapses.weights is None else synapses.weights.shape) == weights


@pytest.mark.parametrize("name", [name for name in CASES if "of neurons" in name])
def test_without_parameters_of_each_neuron_they_are_a_matrix(name: str) -> None:
    net, _, last = made(CASES[name][0], chip=sf.chip("edge", neuron_parameters=False))
    assert str(net.network.layer(last).synapses[0].op) == "dense" and net.network.layer(last).shape.height == 1


@pytest.mark.parametrize("values", [[1.0, 0.0, 2.0], [1.0, -1.0, 1.0]], ids=["zero", "of both signs"])
def test_what_no_threshold_makes_up_for_is_a_matrix(values: list[float]) -> None:
    scale = nir.Scale(RNG.permutation(values * (C * H * H // 3)).reshape(C, H, H))
    net, _, last = made([conv(C, C), scale, if_(C, H, H)])
    assert str(net.network.layer(last).synapses[0].op) == "dense"


@pytest.mark.parametrize("neuron", ["lif", "cubalif"])
def test_gains_of_neurons_that_leak(neuron: str) -> None:
    """Rounded decays are no worse than without the gains."""
    values = [np.full((6, H, H), v) for v in (2.0, 2.0, 2.0, 0.0, 0.75, 0.0, 2.0)]
    last = lif(6, H, H, tau=2.0, r=2.0, theta=0.75) if neuron == "lif" else nir.CubaLIF(*values)
    named = {"in": input_node(C, H, H), "c": conv(6, C), "s": of_neurons(6), "n": last}
    g = nir.NIRGraph(nodes=named, edges=list(pairwise(named)), type_check=False)
    net = sf.from_nir(g, HARD, calibrate=spikes(np.random.default_rng(44), 8, 10, C, H, H))
    assert net.network.layers[0].shape.as_tuple() == (6, H, H)
    assert net.fidelity is not None
    (agreement,) = [layer.agreement for layer in net.fidelity.layers]
    assert agreement is not None and agreement > 0.98


def test_a_membrane_is_sent_as_it_is() -> None:
    """No threshold takes the gains of a read-out: its membranes are the floats', in one unit."""
    readout = nir.LI(*(np.full((3, H, H), v) for v in (4.0, 1.0, 0.0)))
    named = {"in": input_node(C, H, H), "c": conv(3, C), "s": of_neurons(3), "n": readout}
    g = nir.NIRGraph(nodes=named, edges=list(pairwise(named)), type_check=False)
    x = spikes(np.random.default_rng(43), 6, 12, C, H, H)
    net, floats = sf.from_nir(g, SOFT, calibrate=x, weights=16), interpret(graph_of(g), SOFT, x).outputs["n"]
    sent = execute(net.network, x.astype(np.int64)).activations["n"].reshape(floats.shape)
    unit = np.vdot(sent, floats) / np.vdot(sent, sent)
    assert np.abs(sent * unit - floats).max() < 0.01 * np.abs(floats).max()


def test_what_is_too_large_for_a_matrix_is_refused_by_name() -> None:
    nodes = {"in": input_node(2, 80, 80), "c": nir.Conv2d(None, np.ones((2, 2, 3, 3)), 1, 1, 1, 1, np.zeros(2))}
    nodes |= {"s": nir.Scale(np.linspace(1, 2, 2 * 80 * 80).reshape(2, 80, 80)), "n": if_(2, 80, 80), "out": output_node(2, 80, 80)}
    with pytest.raises(QuantiseError, match=r"node in: .*which needs a matrix of more than .*neuron_parameters"):
        sf.from_nir(graph(nodes), SOFT, chip=sf.chip("edge", neuron_parameters=False))
    assert sf.from_nir(graph(nodes), SOFT, chip="edge").network.layers[0].shape.as_tuple() == (2, 80, 80)


def test_a_folded_chain_is_its_nodes_one_after_the_other() -> None:
    """In floats, before any rounding: sums times the gains that are left, plus the constant."""
    nodes = [conv(6, C), of_channels(6), of_neurons(6), of_channels(6)]
    chain, synapse = folded((C, H, H), nodes)
    for _ in range(3):
        x = expected = RNG.normal(size=(C, H, H))
        for node in nodes:
            expected = linear_loops(node, expected)
        assert np.allclose(sums(synapse, chain, x) * chain.after + chain.constant, expected.reshape(-1), atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["between a pool and a padded convolution", "of neurons after a convolution"])
def test_difference_zero_on_edge(name: str) -> None:
    net, x, _ = made(CASES[name][0])
    sf.verify(net, x[:2], chip="edge").assert_equal()
