"""Threshold crossing of signals: an event where a signal passes a level (N. Sayiner, H. Sorensen, T. Viswanathan, "A level-crossing sampling scheme for A/D
conversion", IEEE TCAS-II 43(4), 1996), a channel per level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..network.event_checks import check_frame_bytes
from ..network.values import IntArray
from .values import Off, one_of, real_values, with_off

MAX_LEVELS = 4096


def crossing(signal: Any, levels: Sequence[float], *, off: str = Off.SIGNED) -> IntArray:
    """+1 where ``x[t - 1] < level <= x[t]``, -1 where ``x[t] < level <= x[t - 1]``, else 0; in the first step none.

    The signal is (samples, timesteps, channels, ...); channel c of level k becomes channel ``k * channels + c``. ``off`` as in `delta`. Raises InputError.
    """
    x = real_values("crossing", signal, 3)[0]
    known = np.asarray(levels, np.float64).reshape(-1) if np.size(levels) else np.zeros(0)
    if not 1 <= len(known) <= MAX_LEVELS or not np.isfinite(known).all() or (np.diff(known) <= 0).any():
        raise InputError(f"crossing: the levels {list(levels)!r} are not 1 to {MAX_LEVELS} rising numbers")
    how = one_of("crossing", "off", off, Off)
    check_frame_bytes(2 * len(known), *x.shape)
    up, down = [], []
    before = np.concatenate([x[:, :1], x[:, :-1]], axis=1)
    for level in known:
        up.append((before < level) & (level <= x))
        down.append((x < level) & (level <= before))
    return with_off(np.concatenate(up, axis=2), np.concatenate(down, axis=2), how)
