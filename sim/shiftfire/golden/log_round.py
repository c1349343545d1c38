"""Rounding to a power of two in the log domain."""

from __future__ import annotations

import numpy as np

from ..network.values import IntArray


def bit_length(values: IntArray) -> IntArray:
    """Bits of each value (0 for 0), as ``int.bit_length``. Values 0..2**53."""
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)


def log_round(magnitudes: IntArray) -> IntArray:
    """``round(log2 m)`` of each positive magnitude up to 2**31 - 1; 0 gives -1.

    ``m`` rounds up from ``sqrt(2) * 2**e`` on, ``e = floor(log2 m)``: exactly ``m * m >= 2**(2 e + 1)``. There are no ties.
    """
    floor = bit_length(magnitudes) - 1
    up = (floor >= 0) & (magnitudes * magnitudes >= np.int64(1) << np.maximum(2 * floor + 1, 0))
    return floor + up
