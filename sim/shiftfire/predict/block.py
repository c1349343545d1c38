"""Blocks: which elements of a source one sender sends."""

from __future__ import annotations

from dataclasses import dataclass

from ..compiler.program import CoreSlice


@dataclass(frozen=True)
class Block:
    """Elements of a source that one sender sends."""

    channels: slice
    rows: slice

    @classmethod
    def of(cls, part: CoreSlice) -> Block:
        """Those of a core."""
        first, row = part.channel_base, part.row_base
        return cls(slice(first, first + part.channels), slice(row, row + part.rows))
