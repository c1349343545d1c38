"""Delta coding of signals: a spike where a value changed by a threshold or more since the step before, as snnTorch's ``spikegen.delta``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..network.values import IntArray
from .values import Off, one_of, positive, real_values, with_off


def delta(signal: Any, *, threshold: float, off: str = Off.SIGNED, repeat_first: bool = False) -> IntArray:
    """+1 where ``x[t] - x[t - 1] >= threshold``, -1 where it is ``<= -threshold``, else 0: (samples, timesteps, channels, ...) as the signal.

    Before the first step the signal was 0, or with ``repeat_first`` what it is in the first one. ``off`` says how changes downwards are sent: "signed" as -1,
    "channel" as 1 on channels of their own, which come before those of the changes upwards, "none" not at all. Raises InputError.
    """
    x = real_values("delta", signal, 3 if off == Off.CHANNEL else 2)[0]
    least, how = positive("delta", "threshold", threshold), one_of("delta", "off", off, Off)
    if not isinstance(repeat_first, bool):
        raise InputError(f"delta: repeat_first = {repeat_first!r} is neither yes nor no (True, False)")
    before = x[:, :1] if repeat_first else np.zeros_like(x[:, :1])
    change = x - np.concatenate([before, x[:, :-1]], axis=1)
    return with_off(change >= least, change <= -least, how)
