"""Feedback in golden: against loops over steps and neurons, against the network unrolled in time, and as the only solution of its own equations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.golden.execute import execute, fire
from shiftfire.golden.sums import driving_sums
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.recurrence import recurrent
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip
from support.random_networks import random_inputs
from support.random_recurrence import random_recurrent_network

STEPS, IN, HIDDEN, OUT = 7, 6, 5, 3


def dense(rng: np.random.Generator, source: str, outputs: int, inputs: int, delay: int = 0) -> Synapses:
    return Synapses(source, SynapseOp.DENSE, rng.integers(-3, 4, (outputs, inputs)), WeightFormat.INT4, delay=delay)


def two_layers(rng: np.random.Generator, hidden: Lif | Count, out: Lif | Count) -> Network:
    """hidden takes the input, itself and out one step late; out takes hidden."""
    layers = (
        Layer("hidden", Shape(HIDDEN), (dense(rng, "in", HIDDEN, IN), dense(rng, "hidden", HIDDEN, HIDDEN, 1), dense(rng, "out", HIDDEN, OUT, 1)), hidden, STEPS),
        Layer("out", Shape(OUT), (dense(rng, "hidden", OUT, HIDDEN), dense(rng, "out", OUT, OUT, 1)), out, STEPS),
    )  # fmt: skip
    return Network("loop", Input("in", Shape(IN), STEPS, PayloadKind.COUNT, 0, 3), layers, "out", Readout.SUM)


def weights(network: Network) -> dict[tuple[str, str], IntArray]:
    return {(layer.name, s.source): np.asarray(s.weights) for layer in network.layers for s in layer.synapses}


@pytest.mark.parametrize("seed", range(4))
def test_lif_against_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = {"hidden": HIDDEN, "out": OUT}
    neurons = {
        name: Lif(rng.integers(2, 6, n), rng.integers(-1, 2, n), (LeakTerm(2),), v_min=-20, v_max=40, v_init=1)
        for name, n in sizes.items()
    }
    network = two_layers(rng, neurons["hidden"], neurons["out"])
    inputs = random_inputs(rng, network.input, 3)
    trace, matrix = execute(network, inputs, membranes=True), weights(network)
    for sample in range(3):
        v = {name: [1] * n for name, n in sizes.items()}
        before = {name: [0] * n for name, n in sizes.items()}
        for step in range(STEPS):
            now = {"in": inputs[sample, step, :, 0, 0].tolist()}
            for name, n in sizes.items():
                now[name] = []
                for k in range(n):
                    total = int(neurons[name].bias[k])
                    for (reader, source), w in matrix.items():
                        if reader == name:
                            late = source == "out" or source == reader
                            total += sum(int(w[k, i]) * x for i, x in enumerate((before if late else now)[source]))
                    v[name][k] = min(max(v[name][k] - (v[name][k] >> 2) + total, -20), 40)
                    fires = v[name][k] >= int(neurons[name].theta[k])
                    v[name][k] -= int(neurons[name].theta[k]) * fires
                    now[name].append(int(fires))
                assert trace.activations[name][sample, step, :, 0, 0].tolist() == now[name]
                assert trace.membranes[name][sample, step, :, 0, 0].tolist() == v[name]
            before = now
    assert trace.activations["hidden"].any()


@pytest.mark.parametrize("seed", range(4))
def test_counts_against_the_unrolled_network(seed: int) -> None:
    """A layer for every step, executed as networks without loops are: one vector each."""
    rng = np.random.default_rng(10 + seed)
    neurons = [Count(rng.integers(1, 9, n), rng.integers(-3, 4, n), -3, 5) for n in (HIDDEN, OUT)]
    network = two_layers(rng, *neurons)
    inputs = random_inputs(rng, network.input, 4)
    trace, matrix = execute(network, inputs), weights(network)
    pick = [np.eye(IN * STEPS, dtype=np.int64).reshape(STEPS, IN, -1)[step] for step in range(STEPS)]
    unrolled: list[Layer] = []
    for step in range(STEPS):
        for layer, neuron in zip(network.layers, neurons, strict=True):
            synapses = []
            for s in layer.synapses:
                if s.source == "in":
                    synapses.append(replace(s, weights=matrix[layer.name, "in"] @ pick[step]))
                elif step >= s.delay:
                    synapses.append(replace(s, source=f"{s.source}{step - s.delay}", delay=0))
            unrolled.append(Layer(f"{layer.name}{step}", layer.shape, tuple(synapses), neuron))
    whole = replace(network.input, shape=Shape(IN * STEPS), timesteps=1)
    last = Network("unrolled", whole, tuple(unrolled), f"out{STEPS - 1}", Readout.NONE)
    ends = execute(last, inputs.reshape(4, 1, IN * STEPS, 1, 1))
    for step in range(STEPS):
        for name in ("hidden", "out"):
            assert np.array_equal(trace.activations[name][:, step], ends.activations[f"{name}{step}"][:, 0])
    assert trace.activations["out"].any()


@pytest.mark.parametrize("seed", range(25))
def test_random_networks_solve_their_own_equations(seed: int) -> None:
    """Every layer emits what its neurons make of the sums of what all layers emit, a step late where there is a delay: only one answer does."""
    network, inputs = random_recurrent_network(np.random.default_rng(seed), odd_chip())
    assert recurrent(network)
    trace = execute(network, inputs, membranes=True)
    for layer in network.layers:
        kept = [np.zeros_like(trace.membranes[name]) for name in layer.states]
        assert np.array_equal(fire(layer.neuron, driving_sums(layer, trace.activations), *kept), trace.activations[layer.name])
        assert all(np.array_equal(a, trace.membranes[name]) for a, name in zip(kept, layer.states, strict=True))


def test_the_first_step_has_nothing_from_before() -> None:
    ones = np.ones((1, 1), np.int64)
    synapses = (Synapses("in", SynapseOp.DENSE, ones, WeightFormat.BIT), Synapses("sum", SynapseOp.DIRECT, delay=1))
    layer = Layer("sum", Shape(1), synapses, Count(ones[0], ones[0] * 0, 0, 99), 4)
    network = Network("sum", Input("in", Shape(1), 4, PayloadKind.COUNT, 0, 9), (layer,), "sum", Readout.NONE)
    inputs = np.array([[1, 2, 3, 4], [0, 5, 0, 1]])[:, :, None, None, None]
    assert execute(network, inputs).activations["sum"][:, :, 0, 0, 0].tolist() == [[1, 3, 6, 10], [0, 5, 5, 6]]
