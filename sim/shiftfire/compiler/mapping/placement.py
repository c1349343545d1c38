"""Placement: slices to tiles, close to the tiles they talk to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shiftfire_spec.chip import ChipConfig

from ...network.graph import Network
from ..program import CoreSlice

_IO_POSITION = (-1, 0)


def position(tile: int, chip: ChipConfig) -> tuple[int, int]:
    """(x, y) of a tile."""
    return tile % chip.width, tile // chip.width


def _distance(a: tuple[int, int], b: tuple[int, int]) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def place(network: Network, slices: Sequence[CoreSlice], chip: ChipConfig) -> tuple[CoreSlice, ...]:
    """Slices with their tiles, greedily in order: each takes the free tile with the fewest hops to its sources (and to the I/O
    tile when it feeds the output), the lowest number on a tie. There must be at least as many tiles as slices.
    """
    free = list(range(chip.tiles))
    placed: list[CoreSlice] = []
    for part in slices:
        sources = {name for s in network.layer(part.layer).synapses for name in s.sources}
        near = [position(p.tile, chip) for p in placed if p.layer in sources or p.layer == part.layer]
        if not sources.isdisjoint(i.name for i in network.inputs) or network.collects(part.layer):
            near.append(_IO_POSITION)
        tile = min(free, key=lambda t: (sum(_distance(position(t, chip), n) for n in near), t))
        free.remove(tile)
        placed.append(replace(part, tile=tile))
    return tuple(placed)
