"""Walks: in which order a fire engine takes the accumulator groups of a position when an operation needs several passes (RTL: ``core/fire_walker.py``)."""

from __future__ import annotations

import numpy as np

from .records import IntArray, Records, records


class WalkGroup:
    """An accumulator group of a position's walk, which takes every segment's groups ``passes`` times."""

    emitted: int  # groups before it that were in their segment's last pass
    silent: int  # groups from this one on until one in its segment's last pass


def walk_of(passes: int, segment_groups: int, channel_groups: int) -> tuple[IntArray, IntArray]:
    """WalkGroup's fields over the walk of one position: segments of ``segment_groups`` groups, the last may be shorter."""
    emits: list[int] = []
    for start in range(0, channel_groups, segment_groups):
        groups = min(segment_groups, channel_groups - start)
        emits += [0] * ((passes - 1) * groups) + [1] * groups
    emitted = np.cumsum(emits, dtype=np.int64) - np.array(emits, np.int64)
    return emitted, np.flatnonzero(emits)[emitted] - np.arange(len(emits))


def walks_of(passes: IntArray, segment_groups: IntArray, channel_groups: IntArray) -> tuple[IntArray, Records[WalkGroup]]:
    """Where each tile's walk starts, and the walks of the tiles that take several passes."""
    parts = [
        walk_of(*shape) if shape[0] > 1 else (np.zeros(0, np.int64),) * 2
        for shape in zip(passes.tolist(), segment_groups.tolist(), channel_groups.tolist(), strict=True)
    ]
    lengths = np.array([len(emitted) for emitted, _ in parts], np.int64)
    emitted, silent = (np.concatenate(column) for column in zip(*parts, strict=True))
    return np.cumsum(lengths) - lengths, records(WalkGroup, len(emitted), emitted=emitted, silent=silent)
