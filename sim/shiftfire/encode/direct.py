"""Direct current: the value itself, quantised, in every timestep. What learns from it is the network's first layer (N. Rathi, K. Roy, "DIET-SNN", TNNLS 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..network.values import IntArray
from .values import fractions, steps_of, whole


def direct(values: Any, timesteps: int, *, levels: int, most: float | None = None) -> IntArray:
    """``round(values / most * levels)``, half to even, repeated: (samples, timesteps, ...) of values (samples, ...) within -most..most.

    ``levels``: what ``most`` becomes, the greatest value of the network's input (255 for COUNT, 127 for SIGNED payloads). ``most`` is 1 for floats and
    booleans, and must be given for integers. Raises InputError.
    """
    share = fractions("direct", values, most, signed=True)
    steps = steps_of("direct", timesteps, share)
    codes = np.rint(share * whole("direct", "levels", levels, 1)).astype(np.int64)
    return np.repeat(codes[:, None], steps, axis=1)
