"""Which units are evaluated when: the kernel's calendar."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from .compiled import called, inlined
from .records import IntArray

NEVER = np.iinfo(np.int64).max

# Kinds of units, in the order in which they are evaluated within a cycle. 64 bits wide: an ``int`` is a type of its own to numba, for which it compiles
# every function anew that it is passed to.
FIRE_UNIT, INTEGRATE_UNIT, IO_UNIT, ROUTER_UNIT = (cast(int, np.int64(kind)) for kind in range(4))
UNIT_KINDS = 4


class Wakes(NamedTuple):
    """Units due in the next cycle in lists, the others in a heap. Arrays (UNIT_KINDS, tiles); the I/O tile is tile 0 of its kind.

    A heap entry counts only while ``later`` still says its cycle: a unit that was woken earlier leaves a stale one behind.
    """

    soon: IntArray  # due in the next cycle
    queue: IntArray  # the tiles of those
    count: IntArray  # (UNIT_KINDS,) how many
    later: IntArray  # cycle of the next evaluation of units that sleep longer, NEVER when only another unit wakes them
    heap_cycle: IntArray
    heap_unit: IntArray  # kind * tiles + tile
    clock: IntArray  # [this cycle, entries in the heap]
    due: IntArray  # tiles of each kind that are evaluated in this cycle
    due_count: IntArray  # (UNIT_KINDS,) how many


def first_wakes(tiles: int) -> Wakes:
    """Integrate engines and the I/O tile are evaluated in cycle 0."""
    soon, queue = np.zeros((UNIT_KINDS, tiles), np.int64), np.zeros((UNIT_KINDS, tiles), np.int64)
    count, room = np.zeros(UNIT_KINDS, np.int64), 4 * UNIT_KINDS * tiles
    for kind, tile in [*((INTEGRATE_UNIT, tile) for tile in range(tiles)), (IO_UNIT, 0)]:
        soon[kind, tile] = 1
        queue[kind, count[kind]] = tile
        count[kind] += 1
    later = np.full((UNIT_KINDS, tiles), NEVER)
    heap_cycle, heap_unit = np.zeros(room, np.int64), np.zeros(room, np.int64)
    return Wakes(soon, queue, count, later, heap_cycle, heap_unit, np.array([-1, 0]), np.zeros_like(queue), np.zeros_like(count))


@called
def _push(w: Wakes, cycle: int, unit: int) -> None:
    """Put an entry into the heap."""
    place = w.clock[1]
    w.clock[1] += 1
    while place:
        parent = (place - 1) // 2
        if w.heap_cycle[parent] <= cycle:
            break
        w.heap_cycle[place] = w.heap_cycle[parent]
        w.heap_unit[place] = w.heap_unit[parent]
        place = parent
    w.heap_cycle[place] = cycle
    w.heap_unit[place] = unit


@called
def _pop(w: Wakes) -> None:
    """Take the earliest entry out of the heap."""
    w.clock[1] -= 1
    size = w.clock[1]
    cycle, unit = w.heap_cycle[size], w.heap_unit[size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and w.heap_cycle[child + 1] < w.heap_cycle[child]:
            child += 1
        if cycle <= w.heap_cycle[child]:
            break
        w.heap_cycle[place] = w.heap_cycle[child]
        w.heap_unit[place] = w.heap_unit[child]
        place = child
    w.heap_cycle[place] = cycle
    w.heap_unit[place] = unit


@called
def _drop_stale(w: Wakes) -> None:
    """Build the heap again from what ``later`` says."""
    w.clock[1] = 0
    tiles = w.later.shape[1]
    for kind in range(UNIT_KINDS):
        for tile in range(tiles):
            if w.later[kind, tile] != NEVER:
                _push(w, w.later[kind, tile], kind * tiles + tile)


@called
def _sleep(w: Wakes, kind: int, tile: int, cycle: int) -> None:
    if w.clock[1] == len(w.heap_cycle):
        _drop_stale(w)
    w.later[kind, tile] = cycle
    _push(w, cycle, kind * w.later.shape[1] + tile)


@inlined
def wake(w: Wakes, kind: int, tile: int, cycle: int) -> None:
    """Evaluate a unit in ``cycle``, which is in the future, at the latest."""
    if cycle == w.clock[0] + 1:
        if not w.soon[kind, tile]:
            w.soon[kind, tile] = 1
            w.queue[kind, w.count[kind]] = tile
            w.count[kind] += 1
    elif cycle < w.later[kind, tile]:
        _sleep(w, kind, tile, cycle)


@inlined
def next_cycle(w: Wakes) -> int:
    """Next cycle in which a unit is due, NEVER if none is."""
    for kind in range(UNIT_KINDS):
        if w.count[kind]:
            return w.clock[0] + 1
    tiles = w.later.shape[1]
    while w.clock[1]:
        unit = w.heap_unit[0]
        if w.later[unit // tiles, unit % tiles] == w.heap_cycle[0]:
            return w.heap_cycle[0]
        _pop(w)
    return NEVER


@inlined
def take_due(w: Wakes, cycle: int) -> None:
    """Begin ``cycle``: move the units due in it to ``due``."""
    tiles = w.later.shape[1]
    due, count = w.due, w.due_count
    w.clock[0] = cycle
    for kind in range(UNIT_KINDS):
        count[kind] = w.count[kind]
        w.count[kind] = 0
        for i in range(count[kind]):
            tile = w.queue[kind, i]
            due[kind, i] = tile
            w.soon[kind, tile] = 0
            w.later[kind, tile] = NEVER
    while w.clock[1] and w.heap_cycle[0] <= cycle:
        kind, tile = w.heap_unit[0] // tiles, w.heap_unit[0] % tiles
        if w.later[kind, tile] == w.heap_cycle[0]:
            w.later[kind, tile] = NEVER
            due[kind, count[kind]] = tile
            count[kind] += 1
        _pop(w)
