"""Requantisation: a rounding right shift."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.fire import Rounding

from ..network.neurons.requant import Requant
from ..network.values import IntArray
from .dead_zone import without_small


def fire_requant(requant: Requant, sums: IntArray) -> IntArray:
    """``clip(round((sum + bias) / 2**shift), lo, hi)`` of sums (..., channels, height, width), same shape."""
    values = sums + requant.bias.astype(np.int64)[:, None, None]
    values = np.clip(rounding_shift(values, requant.shift, requant.rounding), requant.lo, requant.hi)
    return without_small(values, requant.dead_zone)


def rounding_shift(values: IntArray, shift: int, rounding: Rounding) -> IntArray:
    """``values / 2**shift`` rounded down, to nearest with halves up, or to nearest with halves to even."""
    if shift == 0 or rounding is Rounding.FLOOR:
        return values >> shift
    half = 1 << (shift - 1)
    if rounding is Rounding.HALF_UP:
        return (values + half) >> shift
    odd = (values >> shift) & 1
    return (values + half - 1 + odd) >> shift
