"""Transitions of the nets of a netlist."""

from __future__ import annotations

import numpy as np

from .streams import Words


class Counts:
    """Rises and falls of every net, over all streams and cycles."""

    def __init__(self, nets: int) -> None:
        self.rises, self.falls = np.zeros(nets, np.int64), np.zeros(nets, np.int64)

    def add(self, before: Words, after: Words, mask: Words) -> None:
        """Add what changed between two states (nets, words), in the streams of ``mask`` (words,)."""
        changed = (before ^ after) & mask
        rises = np.bitwise_count(changed & after).sum(axis=1, dtype=np.int64)
        self.rises += rises
        self.falls += np.bitwise_count(changed).sum(axis=1, dtype=np.int64) - rises


class Toggles:
    """settled: between the settled states of two cycles. timed: on the way there too."""

    def __init__(self, nets: int) -> None:
        self.settled, self.timed = Counts(nets), Counts(nets)
