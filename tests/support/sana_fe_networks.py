"""Small networks that SANA-FE can be told, and inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.values import IntArray

SILENT = 20000


def dense(last: int = 10, **neuron: Any) -> Network:
    """Three layers on many cores."""
    rng = np.random.default_rng(2)
    given = {"theta": 12, "strict": True, "reset": "ZERO"} | neuron
    builder = NetworkBuilder("dense", input=40, timesteps=10)
    builder.dense("one", rng.integers(-7, 8, (80, 40)), **given).dense("two", rng.integers(-7, 8, (48, 80)), **given)
    return builder.dense("three", rng.integers(-7, 8, (10, 48)), **given | {"theta": last}).readout("sum").build()


def convolution() -> Network:
    """Padding, stride, pooling, and cores that hold rows."""
    rng = np.random.default_rng(3)
    neuron = {"strict": True, "reset": "ZERO"}
    builder = NetworkBuilder("convolution", input=(2, 8, 8), timesteps=6)
    builder.conv2d("one", rng.integers(-7, 8, (8, 2, 3, 3)), padding=1, theta=10, **neuron).pool("two", 2, theta=1, **neuron)
    builder.conv2d("three", rng.integers(-7, 8, (6, 8, 3, 3)), stride=2, padding=1, theta=9, **neuron)
    return builder.dense("four", rng.integers(-7, 8, (10, 24)), theta=6, **neuron).readout("sum").build()


def spikes(network: Network, samples: int = 2) -> IntArray:
    shape = (samples, network.input.timesteps, *network.input.shape.as_tuple())
    return (np.random.default_rng(5).random(shape) < 0.25).astype(np.int64)
