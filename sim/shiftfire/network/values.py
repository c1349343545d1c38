"""What everything about a network is made of: integer arrays, shapes, and the error of a network that is not one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.errors import UserError

IntArray = NDArray[np.int64]
ChannelLimits = tuple[tuple[int, ...], tuple[int, ...]]
"""Least values by channel, and greatest."""


class NetworkError(UserError, ValueError):
    """The network is not one that shiftfire can describe; the message names layer, value and remedy."""


@dataclass(frozen=True)
class Shape:
    """Activations of one vector: channels, height, width."""

    channels: int
    height: int = 1
    width: int = 1

    @property
    def size(self) -> int:
        return self.channels * self.height * self.width

    def as_tuple(self) -> tuple[int, int, int]:
        return (self.channels, self.height, self.width)
