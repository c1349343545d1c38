"""Router (RTL: ``fabric/router.py``)."""

from __future__ import annotations

from numba import njit
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import PORTS, Kind, Port

from .configuration import Configuration
from .queue import head, pop, push, ready
from .state import KIND_MASK, PAYLOAD_SHIFT, TAG_MASK, TAG_SHIFT, State, record, wake

_NORTH, _EAST, _SOUTH, _WEST, _LOCAL = (int(p) for p in Port)
_CREDIT = int(Kind.CREDIT)
_COLLECT = int(EventKind.COLLECT)
_FLITS_NORTH = int(Counter.FLITS_NORTH)
NOWHERE = -1


@njit(inline="always")
def neighbour_queue(c: Configuration, tile: int, port: int) -> int:
    """Queue behind an output: a neighbour's input, the tile's ingress, the collection queue, or NOWHERE at the chip's edge."""
    if port == _LOCAL:
        return c.tiles * PORTS + tile
    x = tile % c.width
    if port == _NORTH:
        return (tile - c.width) * PORTS + _SOUTH if tile >= c.width else NOWHERE
    if port == _SOUTH:
        return (tile + c.width) * PORTS + _NORTH if tile + c.width < c.tiles else NOWHERE
    if port == _EAST:
        return (tile + 1) * PORTS + _WEST if x + 1 < c.width else NOWHERE
    if tile == 0:
        return c.tiles * (PORTS + 1)
    return (tile - 1) * PORTS + _EAST if x > 0 else NOWHERE


@njit(inline="always")
def _deliver(c: Configuration, s: State, cycle: int, tile: int, port: int, queue: int, flit: int) -> None:
    """A granted flit arrives at what lies behind the output."""
    kind = flit & KIND_MASK
    if port == _LOCAL:
        if kind == _CREDIT:
            s.fires[tile].opened |= 1 << (flit >> PAYLOAD_SHIFT)
            wake(s.wakes.fire, tile, cycle + 1)
        else:
            push(s.queues, queue, flit, 0)
            wake(s.wakes.integrate, tile, cycle + 1)
    elif queue == c.tiles * (PORTS + 1):
        if kind == _CREDIT:
            s.io[0].opened |= 1 << (flit >> PAYLOAD_SHIFT)
        else:
            push(s.queues, queue, flit, 0)
            record(s.trace, cycle, IO_TILE, _COLLECT, flit)
        wake(s.wakes.io, 0, cycle + 1)
    else:
        target = queue // PORTS
        push(s.queues, queue, flit, c.routes[target, (flit >> TAG_SHIFT) & TAG_MASK])
        wake(s.wakes.router, target, cycle + 1)


@njit(inline="always")
def _wake_source(c: Configuration, s: State, cycle: int, tile: int, port: int) -> None:
    """Room in an input queue: whoever feeds it may go on."""
    if port == _LOCAL:
        wake(s.wakes.fire, tile, cycle + 1)
        wake(s.wakes.integrate, tile, cycle + 1)
    elif tile == 0 and port == _WEST:
        wake(s.wakes.io, 0, cycle + 1)
    else:
        wake(s.wakes.router, neighbour_queue(c, tile, port) // PORTS, cycle + 1)


@njit(inline="always")
def router(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """One cycle of one router."""
    q = s.queues
    base = tile * PORTS
    moved = 0  # five bits per input: outputs granted
    changed = False
    for output in range(PORTS):
        wanted = False
        for source in range(PORTS):
            queue = base + source
            if q.count[queue] > 0 and ((q.mask[queue, q.head[queue]] & ~s.served[queue]) >> output) & 1:
                wanted = True
        if not wanted:
            continue
        target = neighbour_queue(c, tile, output)
        if target == NOWHERE or not ready(q, target):
            continue
        for turn in range(1, PORTS + 1):
            source = (s.last_winner[base + output] + turn) % PORTS
            queue = base + source
            if q.count[queue] > 0 and ((q.mask[queue, q.head[queue]] & ~s.served[queue]) >> output) & 1:
                s.last_winner[base + output] = source
                moved |= 1 << (source * PORTS + output)
                changed = True
                s.counters[tile, _FLITS_NORTH + output] += 1
                _deliver(c, s, cycle, tile, output, target, head(q, queue))
                break
    for source in range(PORTS):
        queue = base + source
        if q.count[queue] == 0:
            continue
        granted = (moved >> (source * PORTS)) & ((1 << PORTS) - 1)
        left = q.mask[queue, q.head[queue]] & ~s.served[queue] & ~granted
        if left == 0:
            s.served[queue] = 0
            pop(q, queue)
            _wake_source(c, s, cycle, tile, source)
            changed = True
        else:
            s.served[queue] |= granted
    if changed:
        wake(s.wakes.router, tile, cycle + 1)
