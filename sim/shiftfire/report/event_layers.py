"""Which layer an event belongs to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.events import IO_TILE

from ..compiler.program import Program


def event_layers(program: Program, events: NDArray[np.void]) -> list[str]:
    """Name of the layer of each packet or engine event (EVENT_DTYPE, ENGINE_DTYPE): the one that the tile computes; at the I/O tile, the one that sent the packet."""
    by_tile = {core.tile: core.layer for core in program.cores}
    by_tag = {stream.tag: stream.source for stream in program.streams}
    tiles = events["tile"].tolist()
    if "tag" not in (events.dtype.names or ()):
        return [by_tile.get(tile, "") for tile in tiles]
    return [
        by_tag.get(tag, "") if tile == IO_TILE else by_tile.get(tile, "")
        for tile, tag in zip(tiles, events["tag"].tolist(), strict=True)
    ]
