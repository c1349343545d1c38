"""Where a spiking layer takes as much energy as a dense machine: the crossing over a sweep of rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def crossing(rates: Sequence[float], energies: Sequence[float], level: float) -> float | None:
    """The rate at which ``energies`` (one per rate, both rising) reach ``level``, straight between two rates; None when it lies outside them."""
    points = list(zip(rates, energies, strict=True))
    for (low, below), (high, above) in pairwise(points):
        if below <= level <= above:
            return low if math.isclose(below, above) else low + (high - low) * (level - below) / (above - below)
    return None
