"""Placement by traffic: hops counted one by one, never more than before, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.compiler.program import Connections, CoreSlice, Stream
from shiftfire.optimise.placement import TrafficGraph, anneal, moved
from shiftfire_spec.chip import load_chip
from shiftfire_spec.events import IO_TILE

EDGE = load_chip("edge")


def random_graph(seed: int) -> tuple[tuple[CoreSlice, ...], TrafficGraph, list[tuple[int, int, float]]]:
    """Cores, who sends what to whom, and the same as a list of (tile, tile, packets)."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, EDGE.tiles + 1))
    tiles = rng.permutation(EDGE.tiles)[:count].tolist()
    cores = tuple(CoreSlice(tile, f"layer{tile}", 0, 1, 0, 1, 1) for tile in tiles)
    streams, packets, pairs = [], {}, []
    for tag, tile in enumerate([IO_TILE, *tiles]):
        targets = [t for t in tiles if t != tile and rng.random() < 0.4]
        name = "input" if tile == IO_TILE else f"layer{tile}"
        streams.append(Stream(tag, name, tile, tuple(targets), 0, 0, 0, 0))
        packets[name, tile] = float(rng.integers(1, 100))
        pairs += [(tile, target, packets[name, tile]) for target in targets]
    return cores, TrafficGraph(cores, Connections(tuple(streams), ()), packets, EDGE), pairs


def hops(pairs: list[tuple[int, int, float]], now: dict[int, int]) -> float:
    total = 0.0
    for one, other, packets in pairs:
        places = [(-1, 0) if tile == IO_TILE else (now[tile] % 4, now[tile] // 4) for tile in (one, other)]
        total += packets * sum(abs(a - b) for a, b in zip(*places, strict=True))
    return total


@pytest.mark.parametrize("seed", range(8))
def test_hops_fall_and_are_what_they_are(seed: int) -> None:
    cores, graph, pairs = random_graph(seed)
    before = [core.tile for core in cores]
    after = anneal(graph, before, EDGE, moves=600)
    assert anneal(graph, before, EDGE, moves=600) == after
    assert len(set(after)) == len(after) and set(after) <= set(range(EDGE.tiles))
    counted = [hops(pairs, dict(zip(before, tiles, strict=True))) for tiles in (before, after)]
    assert [graph.hops(tiles) for tiles in (before, after)] == pytest.approx(counted)
    assert counted[1] <= counted[0]
    assert [core.tile for core in moved(cores, after)] == list(after)


def test_two_talkers_end_up_side_by_side() -> None:
    cores = tuple(CoreSlice(tile, f"layer{tile}", 0, 1, 0, 1, 1) for tile in (3, 12))
    stream = Stream(0, "layer3", 3, (12,), 0, 0, 0, 0)
    graph = TrafficGraph(cores, Connections((stream,), ()), {("layer3", 3): 5.0}, EDGE)
    assert graph.hops([3, 12]) == 30.0
    assert graph.hops(anneal(graph, [3, 12], EDGE)) == 5.0
