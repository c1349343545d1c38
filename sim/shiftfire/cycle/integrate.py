"""Integrate engine: sequencer and address generator (RTL: ``core/sequencer.py``, ``core/address_generator.py``)."""

from __future__ import annotations

from numba import njit
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import EventKind
from shiftfire_spec.packet import MAGNITUDE_MASK, PORTS, Kind, PayloadKind, Port
from shiftfire_spec.program import INSTRUCTION, Opcode

from .configuration import Configuration
from .queue import head, pop, push, ready
from .state import (
    AXON_MASK,
    AXON_SHIFT,
    DRAIN,
    EXEC,
    KIND_MASK,
    NEVER,
    OPEN,
    PAYLOAD_SHIFT,
    RECEIVE,
    TAG_SHIFT,
    State,
    record,
    wake,
)

_FIELDS = [f.name for f in INSTRUCTION]
_OPCODE, _GROUP, _TARGET, _FIRST, _HOLD, _COUNT = (
    _FIELDS.index(n) for n in ("opcode", "group", "target", "first", "hold", "count")
)
_ACC, _FIRE, _LOOP, _JUMP = int(Opcode.ACC), int(Opcode.FIRE), int(Opcode.LOOP), int(Opcode.JUMP)
_END, _CREDIT = int(Kind.END), int(Kind.CREDIT)
_SIGNED = int(PayloadKind.SIGNED)
_LOCAL = int(Port.LOCAL)
_SEND = int(EventKind.SEND)
_BUSY, _WAIT_EVENT, _WAIT_FIRE = (
    int(Counter.INTEGRATE_BUSY),
    int(Counter.INTEGRATE_WAIT_EVENT),
    int(Counter.INTEGRATE_WAIT_FIRE),
)
_EVENTS_IN, _VECTORS_IN, _BEATS = int(Counter.EVENTS_IN), int(Counter.VECTORS_IN), int(Counter.BEATS)
_LANE_ADDS, _WEIGHT_SLICES = int(Counter.LANE_ADDS), int(Counter.WEIGHT_SLICES)
_ACC_READS, _ACC_WRITES = int(Counter.ACC_READS), int(Counter.ACC_WRITES)


@njit(cache=True)
def beats(c: Configuration, tile: int, group: int, flit: int) -> int:
    """Beats of a SPIKE packet in stage B (stage A's decode)."""
    g = c.groups
    axon = (flit >> AXON_SHIFT) & AXON_MASK
    payload = flit >> PAYLOAD_SHIFT
    channel = axon & ((1 << g.channel_bits[tile, group]) - 1)
    above = axon >> g.channel_bits[tile, group]
    inside = channel - g.channel_base[tile, group]
    if inside < 0 or inside >= g.channel_count[tile, group]:
        return 0
    count = 1
    if g.serial[tile, group]:
        magnitude = payload & MAGNITUDE_MASK if g.payload_kind[tile, group] == _SIGNED else payload
        count = 0
        while magnitude:
            magnitude &= magnitude - 1
            count += 1
    if g.spatial[tile, group]:
        column = above & ((1 << g.x_bits[tile, group]) - 1)
        row = above >> g.x_bits[tile, group]
        count *= c.taps_y[tile, g.y_base[tile, group] + row] * c.taps_x[tile, g.x_base[tile, group] + column]
    if not g.lane_one[tile, group]:
        count *= g.channel_groups[tile, group]
    return count


@njit(cache=True)
def _count_beats(c: Configuration, s: State, tile: int, count: int) -> None:
    counters = s.counters[tile]
    group = s.integrates.group[tile]
    counters[_BUSY] += count
    counters[_BEATS] += count
    counters[_ACC_READS] += count
    counters[_ACC_WRITES] += count
    counters[_LANE_ADDS] += count * c.groups.lane_adds[tile, group]
    counters[_WEIGHT_SLICES] += count * c.groups.weight_slices[tile, group]


@njit(cache=True)
def integrate_catch_up(c: Configuration, s: State, tile: int, cycle: int) -> None:
    """Count the cycles up to and including ``cycle`` in which the engine slept."""
    n = s.integrates
    slept = cycle - n.counted[tile]
    if slept <= 0:
        return
    n.counted[tile] = cycle
    issued = min(slept, n.b_left[tile])
    if issued:
        n.b_left[tile] -= issued
        _count_beats(c, s, tile, issued)
    if n.waits_event[tile]:
        s.counters[tile, _WAIT_EVENT] += slept - issued
    if n.waits_fire[tile]:
        s.counters[tile, _WAIT_FIRE] += slept


@njit(cache=True)
def _execute(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """State EXEC: one instruction. Returns the cycle of the next evaluation."""
    n = s.integrates
    instruction = c.program[tile, n.pc[tile]]
    opcode = instruction[_OPCODE]
    if opcode == _ACC:
        n.group[tile] = instruction[_GROUP]
        n.pc[tile] += 1
        n.state[tile] = OPEN
    elif opcode == _FIRE:
        f = s.fires
        if cycle < f.idle_at[tile]:
            s.counters[tile, _WAIT_FIRE] += 1
            n.waits_fire[tile] = 1
            return NEVER  # woken as the engine becomes idle
        f.idle_at[tile] = NEVER
        f.issuing[tile] = 1
        f.next_step[tile] = 0
        f.first[tile] = instruction[_FIRST]
        f.hold[tile] = instruction[_HOLD]
        wake(s.wakes.fire, tile, cycle + 1)
        n.pc[tile] += 1
    elif opcode == _LOOP:
        which = instruction[_GROUP] & 1
        n.loops[tile, which] += 1
        if n.loops[tile, which] == instruction[_COUNT]:
            n.loops[tile, which] = 0
            n.pc[tile] += 1
        else:
            n.pc[tile] = instruction[_TARGET]
    elif opcode == _JUMP:
        n.pc[tile] = instruction[_TARGET]
    else:
        return NEVER
    return cycle + 1


@njit(cache=True)
def _open(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """State OPEN: send the CREDIT when the router's local queue has room."""
    n = s.integrates
    queue = tile * PORTS + _LOCAL
    if not ready(s.queues, queue):
        return NEVER  # woken as the queue is popped
    tag = c.groups.credit_tag[tile, n.group[tile]]
    flit = _CREDIT | (tag << TAG_SHIFT) | (c.groups.credit_slot[tile, n.group[tile]] << PAYLOAD_SHIFT)
    push(s.queues, queue, flit, c.routes[tile, tag])
    record(s.trace, cycle, tile, _SEND, flit)
    n.state[tile] = RECEIVE
    n.ends[tile] = 0
    wake(s.wakes.router, tile, cycle + 1)
    wake(s.wakes.fire, tile, cycle + 1)
    return cycle + 1


@njit(cache=True)
def _receive(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """State RECEIVE: stages A and B."""
    n, q = s.integrates, s.queues
    queue = c.tiles * PORTS + tile
    group = n.group[tile]
    left = n.b_left[tile]
    a_valid = n.a_valid[tile] == 1
    arrived = q.count[queue] > 0
    if left > 0:
        _count_beats(c, s, tile, 1)
        n.b_left[tile] = left - 1
    elif not a_valid and not arrived:
        s.counters[tile, _WAIT_EVENT] += 1
    leaves = a_valid and (n.a_beats[tile] == 0 or left <= 1)
    if leaves:
        n.a_valid[tile] = 0
        if n.a_end[tile]:
            s.counters[tile, _VECTORS_IN] += 1
            n.ends[tile] += 1
            if n.ends[tile] == c.groups.sources[tile, group]:
                n.state[tile] = DRAIN
        else:
            s.counters[tile, _EVENTS_IN] += 1
            if n.a_beats[tile]:
                n.b_left[tile] = n.a_beats[tile]
    if arrived and (leaves or not a_valid):
        flit = head(q, queue)
        pop(q, queue)
        wake(s.wakes.router, tile, cycle + 1)
        n.a_valid[tile] = 1
        n.a_end[tile] = (flit & KIND_MASK) == _END
        n.a_beats[tile] = 0 if n.a_end[tile] else beats(c, tile, group, flit)
        return cycle + 1
    if leaves:
        return cycle + 1
    if n.a_valid[tile]:
        return cycle + max(1, n.b_left[tile])
    n.waits_event[tile] = 1
    return NEVER  # woken by a packet


@njit(cache=True)
def integrate(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """One cycle of one integrate engine."""
    n = s.integrates
    integrate_catch_up(c, s, tile, cycle - 1)
    n.counted[tile] = cycle
    n.waits_event[tile] = 0
    n.waits_fire[tile] = 0
    state = n.state[tile]
    following = cycle + 1
    if state == EXEC:
        following = _execute(c, s, cycle, tile)
    elif state == OPEN:
        following = _open(c, s, cycle, tile)
    elif state == RECEIVE:
        following = _receive(c, s, cycle, tile)
    elif n.b_left[tile] == 0:
        n.state[tile] = EXEC
    else:
        _count_beats(c, s, tile, 1)
        n.b_left[tile] -= 1
        following = cycle + 1 + n.b_left[tile]
    wake(s.wakes.integrate, tile, following)
