"""Sum-spikes-and-fire: a whole spike train as one count."""

from __future__ import annotations

import numpy as np

from ..network.neurons.count import Count
from ..network.values import IntArray
from .dead_zone import without_small


def fire_count(count: Count, sums: IntArray) -> IntArray:
    """``n = clip(floor((sum + bias) / theta), lo, hi)``, or its level, of sums (..., channels, height, width), same shape."""
    theta = count.theta.astype(np.int64)[:, None, None]
    bias = count.bias.astype(np.int64)[:, None, None]
    n = np.clip((sums + bias) // theta, count.lo, count.hi)
    if count.levels is not None:
        return count.levels.astype(np.int64)[n - count.lo]
    return without_small(n, count.dead_zone)
