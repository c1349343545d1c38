"""Membranes that golden says are stored: the recurrence of one neuron, written out, and the spikes that they imply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.neurons.registry import KINDS
from shiftfire_spec.fire import MEMBRANE_OPS

STEPS = 9
INPUTS = np.random.default_rng(3).integers(0, 8, (4, STEPS, 5))
WEIGHTS = np.random.default_rng(4).integers(-7, 8, (6, 5))
PARAMETERS: dict[str, dict[str, Any]] = {
    "shiftlif": {"theta_log2": 5, "levels": 3, "rounding": "linear", "v_min": -40},
    "multispike_if": {"theta": 20, "hi": 2},
    "li": {"v_min": -40},
    "cubali": {"v_min": -40, "current_leak": 1},
}


def network(kind: str, **more: Any) -> Network:
    parameters = {"leak": (2, -4), "v_max": 90, "v_init": 7, "bias": 3, **PARAMETERS.get(kind, {"theta": 20, "v_min": -40}), **more}
    return NetworkBuilder("n", input=5, timesteps=STEPS, values=(0, 7)).dense("only", WEIGHTS, neuron=kind, **parameters).build()


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
def test_lif_step_by_step(reset: str) -> None:
    trace = execute(network("lif", reset=reset), INPUTS, membranes=True)
    assert trace.membranes.keys() == {"only"}
    for sample in range(len(INPUTS)):
        for neuron in range(len(WEIGHTS)):
            v = 7
            for step in range(STEPS):
                v = v - (v >> 2) + (v >> 4) + int(WEIGHTS[neuron] @ INPUTS[sample, step]) + 3
                v = min(max(v, -40), 90)
                fired = v >= 20
                v = v if not fired or reset == "none" else 0 if reset == "zero" else v - 20
                assert trace.membranes["only"][sample, step, neuron, 0, 0] == v
                assert trace.activations["only"][sample, step, neuron, 0, 0] == fired


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.op in MEMBRANE_OPS], ids=lambda kind: kind.container_name())
def test_every_kind_with_a_membrane_stores_it(kind: type[Any]) -> None:
    """And what a run of the first steps only stores is what a longer one has at that time."""
    built = network(kind.container_name())
    whole = execute(built, INPUTS, membranes=True)
    assert tuple(whole.membranes) == built.layers[0].states
    for stored in whole.membranes.values():
        assert stored.shape == whole.activations["only"].shape and len(np.unique(stored)) > 10
    for steps in (1, 4):
        short = replace(built, input=replace(built.input, timesteps=steps), layers=(replace(built.layers[0], timesteps=steps),))
        part = execute(short, INPUTS[:, :steps], membranes=True).membranes
        assert all(np.array_equal(part[name], stored[:, :steps]) for name, stored in whole.membranes.items())


def test_membranes_are_kept_only_when_asked_for() -> None:
    assert execute(network("lif"), INPUTS).membranes == {}
    net = NetworkBuilder("n", input=5, timesteps=STEPS, values=(0, 7)).dense("only", WEIGHTS, neuron="count", theta=3)
    assert execute(net.build(), INPUTS, membranes=True).membranes == {}
