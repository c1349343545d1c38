"""Routing: the XY multicast tree of a stream, as one port mask per tile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE
from shiftfire_spec.packet import Port

from ..program import Connections
from .placement import position


def _path(source: tuple[int, int], target: tuple[int, int], exit_port: Port) -> Iterable[tuple[tuple[int, int], Port]]:
    """(tile position, output port) along the way: X first, then Y, then ``exit_port``."""
    (x, y), (to_x, to_y) = source, target
    while x != to_x:
        step = 1 if to_x > x else -1
        yield (x, y), Port.EAST if step > 0 else Port.WEST
        x += step
    while y != to_y:
        step = 1 if to_y > y else -1
        yield (x, y), Port.SOUTH if step > 0 else Port.NORTH
        y += step
    yield (x, y), exit_port


def multicast_routes(source: int, destinations: Iterable[int], chip: ChipConfig) -> dict[int, int]:
    """Route masks by tile of a stream from ``source`` to ``destinations``; either may be the I/O tile, west of tile 0.

    The tile where the stream enters has an entry even when there are no destinations.
    """
    start = position(0 if source == IO_TILE else source, chip)
    masks = {start[1] * chip.width + start[0]: 0}
    for destination in destinations:
        to_io = destination == IO_TILE
        target = position(0 if to_io else destination, chip)
        for (x, y), port in _path(start, target, Port.WEST if to_io else Port.LOCAL):
            tile = y * chip.width + x
            masks[tile] = masks.get(tile, 0) | 1 << port
    return masks


def route_masks(connections: Connections, chip: ChipConfig) -> Mapping[int, dict[int, int]]:
    """Route masks of all streams: tile -> tag -> mask."""
    routes: dict[int, dict[int, int]] = {tile: {} for tile in range(chip.tiles)}
    trees = [(s.tag, s.tile, s.destinations) for s in connections.streams]
    trees += [(c.tag, c.tile, c.sources) for c in connections.credits]
    for tag, source, destinations in trees:
        for tile, mask in multicast_routes(source, destinations, chip).items():
            routes[tile][tag] = mask
    return routes
