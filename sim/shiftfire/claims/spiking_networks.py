"""LIF networks of random weights that every simulator of integrate-and-fire neurons can be told exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..network.build.builder import NetworkBuilder
from ..network.graph import Network

LARGEST_WEIGHT = 7
_MEAN_SQUARE = LARGEST_WEIGHT * (LARGEST_WEIGHT + 1) / 3
_RATE = 0.15  # spikes per neuron and step that thresholds reckon with
_DEVIATIONS = 1.25  # of a step's sum, that a threshold is


def _weights(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-LARGEST_WEIGHT, LARGEST_WEIGHT + 1, shape)


def _threshold(fan_in: int) -> int:
    return round(_DEVIATIONS * math.sqrt(fan_in * _RATE * _MEAN_SQUARE))


def leaky_dense(sizes: Sequence[int], timesteps: int, seed: int) -> Network:
    """Dense layers of LIF neurons that keep half of a potential of 0 or more, and are set to 0 by a spike."""
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder("leaky-dense", input=sizes[0], timesteps=timesteps)
    for number, (fan_in, size) in enumerate(pairwise(sizes), 1):
        neuron = {"theta": _threshold(fan_in), "leak": (0, -1), "v_min": 0, "reset": "ZERO", "strict": True}
        builder.dense(f"dense{number}", _weights(rng, size, fan_in), **neuron)
    return builder.readout("sum").build()


def convolution(size: int, channels: Sequence[int], classes: int, timesteps: int, seed: int) -> Network:
    """Two convolutions of 3 x 3 and a dense layer of IF neurons, which a spike sets to 0, on ``size`` x ``size`` elements."""
    rng = np.random.default_rng(seed)
    first, second = channels
    neuron = {"reset": "ZERO", "strict": True}
    inner = size // 2
    return (
        NetworkBuilder("convolution", input=(1, size, size), timesteps=timesteps)
        .conv2d("conv1", _weights(rng, first, 1, 3, 3), padding=1, theta=_threshold(9), **neuron)
        .conv2d("conv2", _weights(rng, second, first, 3, 3), stride=2, padding=1, theta=_threshold(9 * first), **neuron)
        .dense("dense", _weights(rng, classes, second * inner * inner), theta=_threshold(second * inner * inner), **neuron)
        .readout("sum")
        .build()
    )
