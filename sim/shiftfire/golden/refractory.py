"""Refractory periods: neurons that fired are silent for some steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..network.values import IntArray


def silenced(
    steps: int, left: IntArray, before: IntArray, fired: NDArray[np.bool_], after: IntArray
) -> tuple[NDArray[np.bool_], IntArray, IntArray]:
    """Spikes, membranes and ``left`` after a step, of neurons that are silent for ``steps`` steps after a spike; arrays of one shape.

    ``left``: silent steps that were left; ``fired`` and ``after``: what the step would do. Where some were left, the neuron does not fire, and its
    membrane is ``before``.
    """
    silent = left > 0
    fires = fired & ~silent
    return fires, np.where(silent, before, after), np.where(fires, steps, np.maximum(left - 1, 0))
