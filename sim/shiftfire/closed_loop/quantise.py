"""Observations as integers of 8 bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..network.values import IntArray

LARGEST = 127


def quantised(observations: NDArray[np.floating], ranges: Sequence[float]) -> IntArray:
    """``round(127 clip(x / range, -1, 1))`` of observations (..., quantities), same shape; ties to even.

    HyperSNN's code (arXiv 2308.08222) divides all quantities by one range; here each has its own.
    """
    scaled = np.asarray(observations, np.float64) / np.asarray(ranges, np.float64)
    return np.rint(np.clip(scaled, -1, 1) * LARGEST).astype(np.int64)
