"""Channels of a position as rows."""

from __future__ import annotations

import numpy as np

from ..network.values import IntArray


def channel_rows(values: IntArray) -> IntArray:
    """(..., channels, height, width) as (rows, channels): a row per position, the channels of a row together."""
    return np.moveaxis(values, -3, -1).reshape(-1, values.shape[-3])


def from_channel_rows(rows: IntArray, shape: tuple[int, ...]) -> IntArray:
    """The reverse: (rows, channels) as an array of ``shape`` (..., channels, height, width)."""
    return np.moveaxis(rows.reshape(*shape[:-3], *shape[-2:], shape[-3]), -1, -3)
