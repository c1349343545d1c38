"""Recoding: the values that a receiver takes for signed powers of two."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.packet import UNIT_EXPONENT_BITS

from .synapses import Synapses
from .values import IntArray


def recode_index(values: IntArray) -> IntArray:
    """Entry of the table for signed powers of two, none of which is 0."""
    exponent = np.log2(np.abs(values)).astype(np.int64)  # exact for powers of two
    return exponent + (values < 0) * (1 << UNIT_EXPONENT_BITS)


def received(synapses: Synapses, values: IntArray) -> IntArray:
    """What the synapses take ``values`` of their source for; 0 stays 0."""
    if synapses.recode is None:
        return values
    return np.where(values == 0, 0, synapses.recode.astype(np.int64)[recode_index(np.where(values == 0, 1, values))])


def received_limits(synapses: Synapses, limits: tuple[int, int]) -> tuple[int, int]:
    """Least and greatest value that the synapses take from a source of values within ``limits``."""
    if synapses.recode is None:
        return limits
    powers = 1 << np.arange(1 << UNIT_EXPONENT_BITS, dtype=np.int64)
    every = np.concatenate([powers[powers <= limits[1]], -powers[-powers >= limits[0]], np.zeros(1, np.int64)])
    taken = received(synapses, every)
    return int(taken.min()), int(taken.max())
