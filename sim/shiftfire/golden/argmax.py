"""Argmax: one event for the largest sum."""

from __future__ import annotations

import numpy as np

from ..network.neurons.argmax import Argmax
from ..network.values import IntArray


def fire_argmax(argmax: Argmax, sums: IntArray) -> IntArray:
    """One-hot of the first channel with the largest ``sum + bias``; (samples, timesteps, channels, 1, 1), same shape."""
    winner = np.argmax(sums + argmax.bias.astype(np.int64)[:, None, None], axis=2, keepdims=True)
    channels = np.arange(sums.shape[2])[:, None, None]
    return (channels == winner).astype(np.int64)
