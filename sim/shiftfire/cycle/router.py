"""Router (RTL: ``noc/router.py``)."""

from __future__ import annotations

from shiftfire_spec.counters import Counter
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import PORTS, Kind, Port

from .compiled import inlined
from .configuration import NOWHERE, Configuration
from .queue import head, pop, push, ready
from .state import KIND_MASK, PAYLOAD_SHIFT, TAG_MASK, TAG_SHIFT, State, record
from .wakes import FIRE_UNIT, INTEGRATE_UNIT, IO_UNIT, ROUTER_UNIT, wake

_WEST, _LOCAL = int(Port.WEST), int(Port.LOCAL)
_CREDIT = int(Kind.CREDIT)
_COLLECT = int(EventKind.COLLECT)
_FLITS_NORTH = int(Counter.FLITS_NORTH)
_ALL = (1 << PORTS) - 1


@inlined
def _deliver(c: Configuration, s: State, cycle: int, tile: int, port: int, queue: int, flit: int) -> None:
    """A granted flit arrives at what lies behind the output."""
    kind = flit & KIND_MASK
    if port == _LOCAL:
        if kind == _CREDIT:
            s.fires[tile].opened |= 1 << (flit >> PAYLOAD_SHIFT)
            wake(s.wakes, FIRE_UNIT, tile, cycle + 1)
        else:
            push(s.queues, queue, flit, 0)
            wake(s.wakes, INTEGRATE_UNIT, tile, cycle + 1)
    elif queue == c.tiles * (PORTS + 1):
        if kind == _CREDIT:
            s.io[0].opened |= 1 << (flit >> PAYLOAD_SHIFT)
        else:
            push(s.queues, queue, flit, 0)
            record(s.trace, cycle, IO_TILE, _COLLECT, flit)
        wake(s.wakes, IO_UNIT, 0, cycle + 1)
    else:
        target = queue // PORTS
        push(s.queues, queue, flit, c.routes[target, (flit >> TAG_SHIFT) & TAG_MASK])
        wake(s.wakes, ROUTER_UNIT, target, cycle + 1)


@inlined
def _wake_source(c: Configuration, s: State, cycle: int, tile: int, port: int) -> None:
    """Room in an input queue: whoever feeds it may go on."""
    if port == _LOCAL:
        wake(s.wakes, FIRE_UNIT, tile, cycle + 1)
        wake(s.wakes, INTEGRATE_UNIT, tile, cycle + 1)
    elif tile == 0 and port == _WEST:
        wake(s.wakes, IO_UNIT, 0, cycle + 1)
    else:
        wake(s.wakes, ROUTER_UNIT, c.behind[tile * PORTS + port] // PORTS, cycle + 1)


@inlined
def router(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """One cycle of one router."""
    q = s.queues
    base = tile * PORTS
    wants = 0  # PORTS bits per input: outputs that its head still wants
    union = 0
    for source in range(PORTS):
        queue = base + source
        if q.count[queue] > 0:
            mine = q.mask[queue, q.head[queue]] & ~s.served[queue]
            wants |= mine << (source * PORTS)
            union |= mine
    moved = 0  # likewise: outputs granted
    for output in range(PORTS):
        target = c.behind[base + output]
        if not (union >> output) & 1 or target == NOWHERE or not ready(q, target):
            continue
        source = s.last_winner[base + output]
        for _turn in range(PORTS):
            source = source + 1 if source + 1 < PORTS else 0
            if (wants >> (source * PORTS + output)) & 1:
                s.last_winner[base + output] = source
                moved |= 1 << (source * PORTS + output)
                s.counters[tile, _FLITS_NORTH + output] += 1
                _deliver(c, s, cycle, tile, output, target, head(q, base + source))
                break
    changed, left_over = moved != 0, False
    for source in range(PORTS):
        queue = base + source
        if q.count[queue] == 0:
            continue
        granted = (moved >> (source * PORTS)) & _ALL
        if (wants >> (source * PORTS)) & _ALL & ~granted:
            s.served[queue] |= granted
            left_over = True
        else:
            s.served[queue] = 0
            pop(q, queue)
            _wake_source(c, s, cycle, tile, source)
            changed = True
            left_over = left_over or q.count[queue] > 1
    if changed and left_over:  # what arrives in this cycle wakes the router by itself
        wake(s.wakes, ROUTER_UNIT, tile, cycle + 1)
