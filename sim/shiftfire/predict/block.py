"""Blocks: which elements of a source one sender sends."""

from __future__ import annotations

from dataclasses import dataclass

from ..compiler.program import CoreSlice
from ..network import synapses


@dataclass(frozen=True)
class Block:
    """Elements of a source that one sender sends."""

    channels: slice
    rows: slice

    @classmethod
    def of(cls, part: CoreSlice) -> Block:
        """Those of a core."""
        return cls.of_piece(part.block)

    @classmethod
    def of_piece(cls, piece: synapses.Block) -> Block:
        """Those of a piece of what is played."""
        rows = slice(None) if piece.rows is None else slice(piece.row, piece.row + piece.rows)
        return cls(slice(piece.channel, piece.channel + piece.channels), rows)
