"""Small networks for tests of the interface that people import."""

from __future__ import annotations

from typing import Any

import numpy as np
import shiftfire as sf
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.values import IntArray

STEPS = 4


def toy(theta: Any = 30) -> NetworkBuilder:
    """A convolution, a pool that counts, a dense layer: membranes in the first and the last; ``theta`` of the last."""
    rng = np.random.default_rng(1)
    net = sf.Network("toy", input=(1, 6, 6), timesteps=STEPS, input_name="pixels")
    net.conv2d("conv", rng.integers(-3, 4, (5, 1, 3, 3)), padding=1, theta=4, leak=3)
    net.pool("pool", 2, neuron="count", theta=1, hi=3)
    return net.dense("out", rng.integers(-7, 8, (4, 45)), theta=theta)


def toy_inputs(samples: int = 3) -> IntArray:
    """Spikes of three samples in ten, flat."""
    return (np.random.default_rng(2).random((samples, STEPS, 36)) < 0.3).astype(np.int64)
