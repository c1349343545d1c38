"""Where a spiking layer takes as much energy as a dense machine: the crossing over a sweep of rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def crossing(rates: Sequence[float], energies: Sequence[float], others: Sequence[float]) -> float | None:
    """The rate at which ``energies`` come to ``others`` from below (one of each per rate), both straight between two rates; None when it lies outside them."""
    above = [own - other for own, other in zip(energies, others, strict=True)]
    for (low, before), (high, after) in pairwise(zip(rates, above, strict=True)):
        if before <= 0 <= after:
            return low if math.isclose(before, after) else low - (high - low) * before / (after - before)
    return None
