"""Biases and thresholds of each neuron: every neuron is as it would be alone, and alone it has a channel of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.golden.execute import fire
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.container import load_network, save_network
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.neurons.registry import KINDS
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire.network.values import NetworkError

SHAPE = (3, 2, 4)
LEAK = (LeakTerm(2),)
RNG = np.random.default_rng(3)
THETA, BIAS = RNG.integers(1, 30, SHAPE), RNG.integers(-5, 9, SHAPE)
NEURONS: list[Any] = [
    Lif(THETA, BIAS, LEAK, refractory=1),
    Lif(THETA, BIAS[:, 0, 0], LEAK, delayed_reset=True),
    CubaLif(THETA[:, 0, 0], BIAS, LEAK, LEAK),
    Li(BIAS, LEAK),
    CubaLi(BIAS, LEAK, LEAK),
    MultiSpikeIf(THETA, BIAS, LEAK, hi=7),
    Sum(BIAS),
]


@pytest.mark.parametrize("neuron", NEURONS)
def test_every_neuron_is_as_if_alone(neuron: Any) -> None:
    sums = RNG.integers(-10, 25, (2, 9, *SHAPE))
    emitted = fire(neuron, sums)
    assert neuron.neuron_parameters and "neuron_parameters" in neuron.chip_features
    for c, y, x in np.ndindex(*SHAPE):
        own = {n: np.broadcast_to(v if v.ndim > 1 else v[:, None, None], SHAPE)[c, y, x].reshape(1) for n, v in fields(neuron)}
        alone = replace(neuron, **own)
        assert not alone.neuron_parameters
        assert np.array_equal(fire(alone, sums[:, :, c : c + 1, y : y + 1, x : x + 1])[:, :, 0, 0, 0], emitted[:, :, c, y, x])
    assert emitted.any()


def fields(neuron: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(neuron, name)) for name in neuron.per_channel]


def test_kinds_that_have_them() -> None:
    assert {kind.__name__ for kind in KINDS if kind.each} == {type(n).__name__ for n in NEURONS}


def network(**neuron: Any) -> NetworkBuilder:
    net = NetworkBuilder("n", input=(2, 4, 4), timesteps=3)
    return net.conv2d("only", RNG.integers(-3, 4, (3, 2, 3, 3)), padding=1, weight_format="int4", **neuron).readout("none")


def test_container_keeps_them(tmp_path: Any) -> None:
    theta = RNG.integers(1, 30, (3, 4, 4))
    built = network(theta=theta).build()
    assert built.layers[0].kind.neuron_parameters
    save_network(built, tmp_path / "n")
    assert np.array_equal(load_network(tmp_path / "n").layers[0].kind.theta, theta)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        ({"theta": np.ones((3, 4, 3), np.int64)}, r"theta has shape \(3, 4, 3\); it must be \(3, 4, 4\)"),
        ({"theta": np.zeros((3, 4, 4), np.int64) - 1}, "theta holds -1"),
        ({"theta": np.ones((3, 4), np.int64)}, r"theta has shape \(3, 4\); it must be \(3,\)"),
        ({"theta": 3, "bias": np.ones((3, 4, 4), np.int64), "neuron": "count", "lo": 0, "hi": 3}, r"bias has shape \(3, 4, 4\)"),
    ],
)
def test_shapes_that_are_refused(neuron: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        network(**neuron).build()
