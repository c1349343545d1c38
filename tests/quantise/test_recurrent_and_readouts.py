"""Loops, currents, membranes as outputs, late outputs and resets: integers against the float interpreter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, if_, input_node, lif, output_node
from quantise.test_from_nir import HARD, SOFT, agreements, dyadic, spikes
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.nir.build import graph_of
from shiftfire.golden.execute import execute
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp


def cubalif(n: int, tau_syn: float = 2.0, tau: float = 2.0, theta: float = 0.75) -> nir.CubaLIF:
    values = [np.full(n, v) for v in (tau_syn, tau, tau, 0.0, theta, 0.0, tau_syn)]
    return nir.CubaLIF(*values)


def loop(rng: Any, neuron: Any, inputs: int = 16, hidden: int = 12, outs: int = 4, back: float = 0.5) -> nir.NIRGraph:
    nodes = {
        "in": input_node(inputs),
        "w": nir.Linear(dyadic(rng, hidden, inputs)),
        "n1": neuron(hidden),
        "back": nir.Linear(dyadic(rng, hidden, hidden) * back),
        "w2": nir.Linear(dyadic(rng, outs, hidden)),
        "n2": neuron(outs),
        "out": output_node(outs),
    }
    edges = [("in", "w"), ("w", "n1"), ("n1", "back"), ("back", "n1"), ("n1", "w2"), ("w2", "n2"), ("n2", "out")]
    return graph(nodes, edges)


def exact(net: Any, g: nir.NIRGraph, profile: Any, x: Any, *names: str) -> None:
    """Golden's spikes are the interpreter's, all of them, and there are many."""
    floats, integers = interpret(graph_of(g), profile, x), execute(net.network, x.astype(np.int64))
    for name in names:
        assert floats.outputs[name].mean() > 0.02
        np.testing.assert_array_equal(integers.activations[name].reshape(floats.outputs[name].shape), floats.outputs[name])


@pytest.mark.parametrize("profile", [SOFT, HARD], ids=["soft", "hard"])
def test_a_loop_is_a_synapse_one_step_late(profile: Any) -> None:
    rng = np.random.default_rng(21)
    g, x = loop(rng, lambda n: if_(n, theta=1.5)), spikes(rng, 10, 30, 16)
    net = sf.from_nir(g, profile, calibrate=x)
    assert [(s.source, s.delay) for s in net.network.layers[0].synapses] == [("in", 0), ("n1", 1)]
    exact(net, g, profile, x, "n1", "n2")


def test_a_nested_graph_is_the_same_loop() -> None:
    rng = np.random.default_rng(22)
    inner = nir.NIRGraph(
        nodes={"input": input_node(6), "lif": if_(6, theta=1.5), "w_rec": nir.Linear(dyadic(rng, 6, 6)), "output": output_node(6)},
        edges=[("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    nodes = {"in": input_node(16), "w": nir.Linear(dyadic(rng, 6, 16)), "block": inner, "out": output_node(6)}
    x = spikes(rng, 8, 20, 16)
    net = sf.from_nir(graph(nodes), SOFT, calibrate=x)
    assert agreements(net) == [1.0] and {s.delay for s in net.network.layers[0].synapses} == {0, 1}


def test_currents_of_dyadic_decay_are_exact_while_their_fraction_bits_last() -> None:
    rng = np.random.default_rng(23)
    g, x = loop(rng, cubalif), spikes(rng, 20, 7, 16, rate=0.2)
    net = sf.from_nir(g, HARD, calibrate=x)
    assert all(isinstance(layer.neuron, CubaLif) for layer in net.network.layers)
    assert min(agreements(net)) > 0.999


def test_currents_agree_on_most_spikes_for_any_time_constant() -> None:
    rng = np.random.default_rng(24)
    g = graph(
        {"in": input_node(16), "w": nir.Linear(rng.normal(0, 0.4, (12, 16))), "n": cubalif(12, 5.3, 9.1), "out": output_node(12)}
    )
    x = spikes(rng, 20, 40, 16)
    for profile in (HARD, replace(HARD, current="old"), replace(HARD, current_leak="after")):
        assert agreements(sf.from_nir(g, profile, calibrate=x))[0] > 0.99


@pytest.mark.parametrize(("readout", "kind"), [("max", Li), ("last", Li), ("sum", CubaLi)])
def test_membranes_as_outputs(readout: str, kind: type) -> None:
    rng = np.random.default_rng(25)
    tau = [np.full(5, v) for v in (4.0, 4.0, 0.0)]
    reader = nir.LI(*tau) if kind is Li else nir.CubaLI(np.full(5, 4.0), *tau, np.ones(5))
    nodes = {
        "in": input_node(16),
        "w": nir.Linear(dyadic(rng, 24, 16)),
        "n": if_(24, theta=1.5),
        "w2": nir.Affine(rng.normal(0, 0.4, (5, 24)), rng.normal(0, 0.1, 5)),
        "li": reader,
        "out": output_node(5),
    }
    net = sf.from_nir(graph(nodes), SOFT, calibrate=(x := spikes(rng, 40, 20, 16)), readout=readout)
    assert isinstance(net.network.layers[1].neuron, kind) and net.network.readout.value == readout
    membranes = interpret(graph_of(graph(nodes)), SOFT, x).outputs["li"]
    sent = execute(net.network, x.astype(np.int64)).activations["li"].reshape(membranes.shape)
    step = net.network.profile["layers"]["li"]["sends"]  # type: ignore[index]
    assert np.abs(sent * step - membranes).max() < 0.05 * np.abs(membranes).max()
    assert net.fidelity is not None and net.fidelity.decisions is not None and net.fidelity.decisions >= 0.95


def test_an_output_behind_linear_nodes_sends_its_sums() -> None:
    rng = np.random.default_rng(26)
    nodes = {
        "in": input_node(16),
        "w": nir.Linear(dyadic(rng, 24, 16)),
        "n": if_(24, theta=1.5),
        "w2": nir.Affine(dyadic(rng, 5, 24), dyadic(rng, 5)),
        "out": output_node(5),
    }
    net = sf.from_nir(graph(nodes), SOFT, calibrate=(x := spikes(rng, 10, 12, 16)))
    floats = interpret(graph_of(graph(nodes)), SOFT, x).outputs["out"]
    sent = execute(net.network, x.astype(np.int64)).activations["out"].reshape(floats.shape)
    np.testing.assert_allclose(sent * net.network.profile["layers"]["out"]["sends"], floats, atol=1e-9)  # type: ignore[index]
    assert any("greatest sum over time of out" in line for line in net.assumed)


@pytest.mark.parametrize("shape", [(16,), (2, 6, 6)])
def test_outputs_that_are_a_step_late(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(27)
    late = replace(SOFT, output_delay=1, recurrent_delay=0)
    if len(shape) == 1:
        nodes: dict[str, Any] = {
            "w": nir.Linear(dyadic(rng, 12, 16)),
            "n1": if_(12),
            "w2": nir.Linear(dyadic(rng, 4, 12)),
            "n2": if_(4),
        }
    else:
        convolutions = [nir.Conv2d(None, dyadic(rng, 3, i, 3, 3), 1, p, 1, 1, np.zeros(3)) for i, p in ((2, 1), (3, 0))]
        nodes = {"w": convolutions[0], "n1": if_(3, 6, 6), "w2": convolutions[1], "n2": if_(3, 4, 4)}
    g = graph({"in": input_node(*shape), **nodes, "out": output_node(*nodes["n2"].v_threshold.shape)})
    x = spikes(rng, 6, 12, *shape)
    net = sf.from_nir(g, late, calibrate=x)
    exact(net, g, late, x, "n1", "n2")
    assert not np.any(net.network.layers[1].synapses[1].weights)


def test_resets_in_the_next_step_and_to_other_values() -> None:
    rng = np.random.default_rng(28)
    x = spikes(rng, 20, 30, 16)
    nodes = {
        "in": input_node(16),
        "w": nir.Linear(rng.normal(0, 0.4, (12, 16))),
        "n": lif(12, tau=4.0, r=4.0),
        "out": output_node(12),
    }
    late = sf.from_nir(graph(nodes), replace(SOFT, reset_time="next-after-leak", comparison=">"), calibrate=x)
    neuron = late.network.layers[0].neuron
    assert isinstance(neuron, Lif) and neuron.delayed_reset and agreements(late)[0] > 0.995
    other = sf.from_nir(graph({**nodes, "n": lif(12, tau=4.0, r=4.0, v_reset=-0.5)}), HARD, calibrate=x)
    neuron = other.network.layers[0].neuron
    assert isinstance(neuron, Lif) and neuron.v_reset < 0 and agreements(other)[0] > 0.995


@pytest.mark.parametrize(
    "rules", [{}, {"reset_time": "next"}, {"reset": "hard"}, {"reset": "soft", "reset_time": "next-after-leak"}]
)
@pytest.mark.parametrize("current", [False, True])
def test_refractory_periods_of_a_profile(rules: dict[str, Any], current: bool) -> None:
    rng, profile = np.random.default_rng(33), replace(SOFT, refractory=3, **rules)
    neuron = cubalif(12) if current else if_(12, theta=1.5)
    g = graph({"in": input_node(16), "w": nir.Linear(dyadic(rng, 12, 16)), "n": neuron, "out": output_node(12)})
    x = spikes(rng, 20, 20, 16)
    net = sf.from_nir(g, profile, calibrate=x)
    layer = net.network.layers[0]
    assert layer.kind.refractory == 3
    trains = interpret(graph_of(g), profile, x).outputs["n"]
    if current:
        assert agreements(net)[0] > 0.99
    else:
        exact(net, g, profile, x, "n")
    gaps = [np.diff(np.flatnonzero(train)) for train in trains.transpose(0, 2, 1).reshape(-1, 20)]
    assert min(gap.min() for gap in gaps if gap.size) == 4


@pytest.mark.parametrize(
    ("rules", "message"),
    [({"refractory": 16}, "16 steps; the fabric's take at most 15"), ({"refractory": 1, "spikes": "multi"}, "one or the other")],
)
def test_periods_that_the_fabric_has_not(rules: dict[str, Any], message: str) -> None:
    g = graph({"in": input_node(4), "w": nir.Linear(np.eye(4)), "n": if_(4, theta=1.5), "out": output_node(4)})
    with pytest.raises(sf.UserError, match=f"node n: .*{message}"):
        sf.from_nir(g, replace(SOFT, **rules), calibrate=spikes(np.random.default_rng(1), 4, 8, 4))


@pytest.mark.parametrize("profile", [SOFT, HARD, replace(SOFT, spikes="multi", floor="threshold")], ids=["soft", "hard", "multi"])
def test_thresholds_of_each_neuron(profile: Any) -> None:
    """A field of thresholds stays a convolution on a chip that has them for each neuron; on others it becomes a plain vector with a matrix."""
    rng = np.random.default_rng(34)
    kernel = np.round(rng.normal(0, 2, (3, 2, 3, 3))) / 4
    field = nir.IF(np.ones((3, 6, 6)), rng.integers(3, 12, (3, 6, 6)) / 4, np.zeros((3, 6, 6)))
    conv = nir.Conv2d(None, kernel, 1, 1, 1, 1, np.zeros(3))
    g = graph({"in": input_node(2, 6, 6), "c": conv, "n": field, "out": output_node(3, 6, 6)})
    x = spikes(rng, 6, 12, 2, 6, 6)
    for chip, shape in (("edge", (3, 6, 6)), (sf.chip("edge", neuron_parameters=False), (108, 1, 1))):
        net = sf.from_nir(g, profile, calibrate=x, chip=chip)
        layer = net.network.layers[0]
        assert layer.shape.as_tuple() == shape and layer.kind.neuron_parameters == (shape != (108, 1, 1))
        exact(net, g, profile, x, "n")


def test_a_threshold_node_keeps_no_state() -> None:
    rng = np.random.default_rng(29)
    nodes = {
        "in": input_node(16),
        "w": nir.Linear(dyadic(rng, 12, 16)),
        "t": nir.Threshold(np.full(12, 0.5)),
        "out": output_node(12),
    }
    g, x = graph(nodes), spikes(rng, 20, 10, 16)
    exact(sf.from_nir(g, HARD, calibrate=x), g, HARD, x, "t")


def test_a_pool_and_a_threshold_are_the_maximum_of_spikes() -> None:
    """What NIR has in place of MaxPool2d: one layer, which counts to 1."""
    pool = nir.SumPool2d(np.array([2, 3]), np.array([2, 3]), np.array([0, 0]))
    nodes = {"in": input_node(3, 6, 6), "p": pool, "t": nir.Threshold(np.full((3, 3, 2), 0.5)), "out": output_node(3, 3, 2)}
    x = (np.random.default_rng(35).random((8, 5, 3, 6, 6)) < 0.2).astype(np.float64)
    (layer,) = (net := sf.from_nir(graph(nodes), HARD, calibrate=x).network).layers
    assert layer.synapses[0].op is SynapseOp.POOL
    sent = execute(net, x.astype(np.int64)).activations["t"]
    assert np.array_equal(sent, x.reshape(8, 5, 3, 3, 2, 2, 3).max(axis=(4, 6)))


def test_delays_of_whole_steps_and_refusals_of_others() -> None:
    rng = np.random.default_rng(30)

    def delayed(steps: Any) -> nir.NIRGraph:
        nodes = {
            "in": input_node(16),
            "w": nir.Linear(dyadic(rng, 6, 16)),
            "n1": if_(6),
            "d": nir.Delay(steps),
            "n2": if_(6),
            "out": output_node(6),
        }
        return graph(nodes, [("in", "w"), ("w", "n1"), ("n1", "d"), ("d", "n2"), ("n2", "out")])

    x = spikes(rng, 6, 12, 16)
    g = delayed(np.ones(6))
    exact(sf.from_nir(g, SOFT, calibrate=x), g, SOFT, x, "n1", "n2")
    with pytest.raises(sf.UserError, match="node d: its delays run from 1 to 2"):
        sf.from_nir(delayed(np.array([1.0, 1, 1, 1, 1, 2])), SOFT, calibrate=x)


def test_a_pool_before_a_neuron_has_no_weights_and_no_loss() -> None:
    rng = np.random.default_rng(31)
    pool = nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    g = graph({"in": input_node(3, 6, 6), "p": pool, "n": if_(3, 3, 3, theta=0.75), "out": output_node(3, 3, 3)})
    x = spikes(rng, 6, 12, 3, 6, 6)
    net = sf.from_nir(g, SOFT, calibrate=x)
    exact(net, g, SOFT, x, "n")
    assert net.network.layers[0].synapses[0].op is SynapseOp.POOL and net.network.readout.value == "none"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["if", "currents", "membranes"])
def test_difference_zero_on_edge(kind: str) -> None:
    rng = np.random.default_rng(32)
    if kind == "membranes":
        tail = {
            "w2": nir.Linear(dyadic(rng, 4, 12)),
            "li": nir.LI(*(np.full(4, v) for v in (4.0, 4.0, 0.0))),
            "out": output_node(4),
        }
        g = graph({"in": input_node(16), "w": nir.Linear(dyadic(rng, 12, 16)), "n": if_(12, theta=1.5), **tail})
    else:
        g = loop(rng, cubalif if kind == "currents" else lambda n: if_(n, theta=1.5))
    x = spikes(rng, 2, 10, 16)
    sf.verify(sf.from_nir(g, SOFT, calibrate=x), x, chip="edge").assert_equal()
