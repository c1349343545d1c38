"""Dead zone: small values that are not sent (Matterhorn's masked time-to-first-spike code, arXiv 2601.22876)."""

from __future__ import annotations

import numpy as np

from ..network.values import IntArray


def without_small(values: IntArray, dead_zone: int) -> IntArray:
    """``values`` with 0 in the place of those of magnitude ``dead_zone`` and less."""
    return np.where(np.abs(values) <= dead_zone, 0, values)
