"""Latency coding: one spike per element, the earlier the greater its value, as SpikingJelly's ``LatencyEncoder``.

With x the share of the greatest value and T timesteps the spike is in step ``round((T - 1) (1 - x))`` (linear), or
``round(T - 1 - ln((e^(T - 1) - 1) x + 1))`` (log), halves to even.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np

from ..errors import InputError
from ..network.values import IntArray
from .values import fractions, one_of, steps_of

MOST_LOG_STEPS = 700  # e^T is a double


class Law(StrEnum):
    """How a value becomes a time."""

    LINEAR = "linear"
    LOG = "log"


def latency(values: Any, timesteps: int, *, most: float | None = None, law: str = Law.LINEAR, zero: bool = True) -> IntArray:
    """Spikes (samples, timesteps, ...) of 0 and 1, of values (samples, ...) within 0..most.

    ``most`` is 1 for floats and booleans, and must be given for integers. ``zero``: a value of 0 spikes in the last step, as all that are too small do;
    False: it never does. Raises InputError.
    """
    share = fractions("latency", values, most)
    steps = steps_of("latency", timesteps, share)
    if not isinstance(zero, bool):
        raise InputError(f"latency: zero = {zero!r} is neither yes nor no (True, False)")
    if one_of("latency", "law", law, Law) is Law.LINEAR:
        time = np.rint((steps - 1) * (1 - share))
    elif steps > MOST_LOG_STEPS:
        raise InputError(f"latency: T = {steps} is more than {MOST_LOG_STEPS}, which the log law can take; use linear")
    else:
        time = np.rint(steps - 1 - np.log1p(np.expm1(steps - 1) * share))
    spikes = (time[:, None] == np.arange(steps).reshape(1, steps, *[1] * (share.ndim - 1))).astype(np.int64)
    return spikes if zero else spikes * (share > 0)[:, None]
