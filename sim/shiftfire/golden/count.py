"""Sum-spikes-and-fire: a whole spike train as one count."""

from __future__ import annotations

import numpy as np

from ..network.graph import Count, IntArray
from .dead_zone import without_small


def fire_count(count: Count, sums: IntArray) -> IntArray:
    """``clip(floor((sum + bias) / theta), lo, hi)`` of sums (..., channels, height, width), same shape."""
    theta = count.theta.astype(np.int64)[:, None, None]
    bias = count.bias.astype(np.int64)[:, None, None]
    return without_small(np.clip((sums + bias) // theta, count.lo, count.hi), count.dead_zone)
