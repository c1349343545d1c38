"""Placement by traffic: simulated annealing on packets times hops, from the placement layer by layer on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE

from ..compiler.mapping.placement import position
from ..compiler.optimised import Cores
from ..compiler.program import Connections

MOVES = 2000
_SEED = 0
_HOTTEST = 0.05  # of the hops at the start: what a move may cost then with a chance of 1/e
_COLDEST = 0.0005


class TrafficGraph:
    """Packets per sample between the cores of a mapping, by place in its order; the I/O tile is behind the last of them."""

    def __init__(self, cores: Cores, connections: Connections, packets: Mapping[tuple[str, int], float], chip: ChipConfig) -> None:
        place = {core.tile: number for number, core in enumerate(cores)} | {IO_TILE: len(cores)}
        pairs: dict[tuple[int, int], float] = {}
        for stream in connections.streams:
            for target in stream.destinations:
                ends = (place[stream.tile], place[target])
                key = (min(ends), max(ends))
                pairs[key] = pairs.get(key, 0.0) + packets[stream.source, stream.tile]
        self.neighbours: list[list[tuple[int, float]]] = [[] for _ in place]
        for (one, other), weight in pairs.items():
            self.neighbours[one].append((other, weight))
            self.neighbours[other].append((one, weight))
        self._positions = [position(tile, chip) for tile in range(chip.tiles)]

    def _at(self, tiles: Sequence[int], node: int) -> tuple[int, int]:
        """Position; the I/O tile is west of tile 0."""
        return self._positions[tiles[node]] if node < len(self.neighbours) - 1 else (-1, 0)

    def hops_of(self, tiles: Sequence[int], node: int) -> float:
        """Packets times hops of one core."""
        x, y = self._at(tiles, node)
        total = 0.0
        for other, weight in self.neighbours[node]:
            to_x, to_y = self._at(tiles, other)
            total += weight * (abs(x - to_x) + abs(y - to_y))
        return total

    def hops(self, tiles: Sequence[int]) -> float:
        """Packets times hops of all, per sample."""
        return sum(self.hops_of(tiles, node) for node in range(len(self.neighbours))) / 2


def anneal(graph: TrafficGraph, tiles: Sequence[int], chip: ChipConfig, moves: int = MOVES) -> tuple[int, ...]:
    """Tiles of the cores with the fewest packets times hops that were met, starting from ``tiles``; the same for the same arguments."""
    rng = np.random.default_rng(_SEED)
    count = len(tiles)
    now = [*tiles, *(tile for tile in range(chip.tiles) if tile not in set(tiles))]
    hops = graph.hops(now)
    best, best_hops = tuple(tiles), hops
    if len(now) < 2 or not hops:
        return best
    chosen = rng.integers(0, (count, len(now)), (moves, 2)).tolist()
    chances = rng.random(moves).tolist()
    for number, ((one, other), chance) in enumerate(zip(chosen, chances, strict=True)):
        if one == other:
            continue
        heat = hops * _HOTTEST * (_COLDEST / _HOTTEST) ** (number / moves)
        moved = [node for node in (one, other) if node < count]
        before = sum(graph.hops_of(now, node) for node in moved)
        now[one], now[other] = now[other], now[one]
        change = sum(graph.hops_of(now, node) for node in moved) - before
        if change > 0 and chance >= exp(-change / heat):
            now[one], now[other] = now[other], now[one]
            continue
        hops += change
        if hops < best_hops - 1e-9:
            best, best_hops = tuple(now[:count]), hops
    return best


def moved(cores: Cores, tiles: Sequence[int]) -> Cores:
    """The cores on other tiles."""
    return tuple(replace(core, tile=tile) for core, tile in zip(cores, tiles, strict=True))
