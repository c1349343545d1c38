"""Integrate engine: sequencer and address generator (RTL: ``core/sequencer.py``, ``core/address_generator.py``)."""

from __future__ import annotations

from shiftfire_spec.core_program import INSTRUCTION, Opcode
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import Activity, EventKind
from shiftfire_spec.packet import MAGNITUDE_MASK, PAYLOAD_BITS, PORTS, UNIT_EXPONENT_BITS, Kind, PayloadKind, Port
from shiftfire_spec.stream import RECODE_ENTRIES, TABLE_BITS
from shiftfire_spec.weights import SLICES

from .compiled import inlined
from .configuration import Configuration
from .queue import head, pop, push, ready
from .state import (
    AXON_MASK,
    AXON_SHIFT,
    CLEAR,
    DRAIN,
    EXEC,
    KIND_MASK,
    OPEN,
    PAYLOAD_SHIFT,
    RECEIVE,
    STEP,
    TAG_SHIFT,
    State,
    record,
    record_engine,
)
from .wakes import FIRE_UNIT, INTEGRATE_UNIT, NEVER, ROUTER_UNIT, wake

_FIELDS = [f.name for f in INSTRUCTION]
_OPCODE, _GROUP, _TARGET, _FIRST, _HOLD, _COUNT, _DISCARD = (
    _FIELDS.index(n) for n in ("opcode", "group", "target", "first", "hold", "count", "discard")
)
_ACC, _LOAD, _FIRE, _LOOP, _JUMP, _STEP = (
    int(o) for o in (Opcode.ACC, Opcode.LOAD, Opcode.FIRE, Opcode.LOOP, Opcode.JUMP, Opcode.STEP)
)
_END, _CREDIT = int(Kind.END), int(Kind.CREDIT)
_SIGNED = int(PayloadKind.SIGNED)
_EXPONENT_MASK = (1 << UNIT_EXPONENT_BITS) - 1
_LOCAL = int(Port.LOCAL)
_TABLE_MASK = (1 << TABLE_BITS) - 1
_SEND, _INTEGRATE = int(EventKind.SEND), int(EventKind.INTEGRATE)
_IDLE, _WORKS = int(Activity.IDLE), int(Activity.BUSY)
_AWAITS_EVENT, _AWAITS_FIRE = int(Activity.WAIT_EVENT), int(Activity.WAIT_FIRE)
_BUSY, _WAIT_EVENT, _WAIT_FIRE = (
    int(Counter.INTEGRATE_BUSY),
    int(Counter.INTEGRATE_WAIT_EVENT),
    int(Counter.INTEGRATE_WAIT_FIRE),
)
_EVENTS_IN, _VECTORS_IN, _BEATS = int(Counter.EVENTS_IN), int(Counter.VECTORS_IN), int(Counter.BEATS)
_LANE_ADDS, _WEIGHT_SLICES, _WEIGHT_WRITES = int(Counter.LANE_ADDS), int(Counter.WEIGHT_SLICES), int(Counter.WEIGHT_WRITES)
_ACC_READS, _ACC_WRITES = int(Counter.ACC_READS), int(Counter.ACC_WRITES)


@inlined
def beats(c: Configuration, s: State, tile: int, flit: int) -> int:
    """Beats of a SPIKE packet in stage B (stage A's decode)."""
    if s.integrates[tile].discarding:
        return 0
    g = c.groups[tile, s.integrates[tile].group]
    axon = (flit >> AXON_SHIFT) & AXON_MASK
    payload = flit >> PAYLOAD_SHIFT
    channel = axon & ((1 << g.channel_bits) - 1)
    above = axon >> g.channel_bits
    inside = channel - g.channel_base
    if inside < 0 or inside >= g.channel_count:
        return 0
    if g.recode:
        entry = (payload & _EXPONENT_MASK) | (payload >> (PAYLOAD_BITS - 1)) << UNIT_EXPONENT_BITS
        payload = c.recode[tile, s.integrates[tile].group * RECODE_ENTRIES + entry]
        if payload & MAGNITUDE_MASK == 0:
            return 0
    count = 1
    loading = s.integrates[tile].loading
    if g.ahead > s.integrates[tile].steps_left and not loading:
        return 0
    if g.serial and not loading:
        magnitude = payload & MAGNITUDE_MASK if g.payload_kind == _SIGNED else payload
        count = 0
        while magnitude:
            magnitude &= magnitude - 1
            count += 1
    if g.spatial:
        column = above & ((1 << g.x_bits) - 1)
        row = above >> g.x_bits
        if row < g.first_row or row > g.last_row:
            return 0
        count *= c.taps_y[tile, (g.y_base + row) & _TABLE_MASK] * c.taps_x[tile, g.x_base + column]
    if loading:
        return min(count, 1)
    if not g.lane_one:
        count *= g.channel_groups
    return count


@inlined
def _count_beats(c: Configuration, s: State, tile: int, count: int) -> None:
    """Count beats, rows cleared, or words moved."""
    counters, n = s.counters[tile], s.integrates[tile]
    counters[_BUSY] += count
    if n.state == CLEAR:
        counters[_WEIGHT_WRITES] += count * SLICES
        return
    if n.state == STEP:
        counters[_ACC_READS] += count
        counters[_ACC_WRITES] += 2 * count
        return
    group = c.groups[tile, n.b_group]
    counters[_WEIGHT_SLICES] += count * group.weight_slices
    if n.loading:
        counters[_WEIGHT_WRITES] += count * group.weight_slices
        return
    counters[_BEATS] += count
    counters[_ACC_READS] += count
    counters[_ACC_WRITES] += count
    counters[_LANE_ADDS] += count * group.lane_adds


@inlined
def integrate_catch_up(c: Configuration, s: State, tile: int, cycle: int) -> None:
    """Count the cycles up to and including ``cycle`` in which the engine slept."""
    n = s.integrates[tile]
    slept = cycle - n.counted
    if slept <= 0:
        return
    first = n.counted + 1
    n.counted = cycle
    issued = min(slept, n.b_left)
    if issued:
        n.b_left -= issued
        _count_beats(c, s, tile, issued)
        record_engine(s.trace, first, tile, _INTEGRATE, _WORKS)
    if issued == slept:
        return
    activity = _IDLE
    if n.waits_event:
        s.counters[tile, _WAIT_EVENT] += slept - issued
        activity = _AWAITS_EVENT
    if n.waits_fire:
        s.counters[tile, _WAIT_FIRE] += slept
        activity = _AWAITS_FIRE
    record_engine(s.trace, first + issued, tile, _INTEGRATE, activity)


@inlined
def _execute(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """State EXEC: one instruction. Returns the cycle of the next evaluation."""
    n = s.integrates[tile]
    instruction = c.program[tile, n.pc]
    opcode = instruction[_OPCODE]
    if opcode == _ACC:
        n.group = instruction[_GROUP]
        n.opened = n.group
        n.loading = 0
        n.discarding = instruction[_DISCARD]
        n.pc += 1
        n.state = OPEN
    elif opcode == _LOAD:
        n.group = instruction[_GROUP]
        n.opened = n.group
        n.loading = 1
        n.discarding = 0
        n.pc += 1
        n.state = CLEAR
        n.b_left = max(1, c.groups[tile, n.group].load_rows)
    elif opcode == _FIRE:
        f = s.fires[tile]
        if cycle < f.idle_at:
            s.counters[tile, _WAIT_FIRE] += 1
            n.waits_fire = 1
            n.waits_from = min(n.waits_from, cycle)
            n.activity = _AWAITS_FIRE
            return NEVER  # woken as the engine becomes idle
        if f.vector == c.first_vector[tile + 1] - c.first_vector[tile] - 1:
            return NEVER  # one more than golden knows of: this is not the network's program
        f.idle_at = NEVER
        n.waits_from = NEVER
        f.issuing = 1
        f.next_step = 0
        f.first = instruction[_FIRST]
        f.hold = instruction[_HOLD]
        wake(s.wakes, FIRE_UNIT, tile, cycle + 1)
        n.pc += 1
    elif opcode == _LOOP:
        which = instruction[_GROUP] & 1
        s.loops[tile, which] += 1
        if s.loops[tile, which] == instruction[_COUNT]:
            s.loops[tile, which] = 0
            n.pc += 1
        else:
            n.pc = instruction[_TARGET]
    elif opcode == _JUMP:
        n.pc = instruction[_TARGET]
    elif opcode == _STEP:
        n.pc += 1
        if instruction[_FIRST]:
            n.steps_left = instruction[_COUNT]
        else:
            n.steps_left -= 1
            n.state = STEP
            n.b_left = max(1, c.ring_words[tile])
    else:
        return NEVER
    return cycle + 1


@inlined
def _work(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """States CLEAR, one row of dynamic weights per cycle, and STEP, one word of sums per cycle."""
    n = s.integrates[tile]
    _count_beats(c, s, tile, 1)
    n.b_left -= 1
    n.activity = _WORKS
    if n.b_left:
        return cycle + n.b_left
    n.state = OPEN if n.state == CLEAR else DRAIN
    return cycle + 1


@inlined
def _open(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """State OPEN: send the CREDIT when the router's local queue has room."""
    n = s.integrates[tile]
    queue = tile * PORTS + _LOCAL
    if not ready(s.queues, queue):
        return NEVER  # woken as the queue is popped
    tag = c.groups[tile, n.group].credit_tag
    flit = _CREDIT | (tag << TAG_SHIFT) | (c.groups[tile, n.group].credit_slot << PAYLOAD_SHIFT)
    push(s.queues, queue, flit, c.routes[tile, tag])
    record(s.trace, cycle, tile, _SEND, flit)
    n.state = RECEIVE
    n.ends = 0
    wake(s.wakes, ROUTER_UNIT, tile, cycle + 1)
    wake(s.wakes, FIRE_UNIT, tile, cycle + 1)
    return cycle + 1


@inlined
def _leave(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """What is in A leaves it under the present group: for good, or to be decoded again under the next one of a chain."""
    n = s.integrates[tile]
    if n.a_end:
        n.a_valid = 0
        s.counters[tile, _VECTORS_IN] += 1
        n.ends += 1
        if n.ends == c.groups[tile, n.group].sources:
            n.state = DRAIN
        return
    if n.a_beats:
        n.b_left = n.a_beats
        n.b_group = n.group
    if c.groups[tile, n.group].chain and not n.loading and not n.discarding:
        n.group += 1
        n.a_from = cycle + 2
        n.a_beats = beats(c, s, tile, n.a_flit)
        return
    n.a_valid = 0
    n.group = n.opened
    s.counters[tile, _EVENTS_IN] += 1


@inlined
def _receive(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """State RECEIVE: stages A and B."""
    n, q = s.integrates[tile], s.queues
    queue = c.tiles * PORTS + tile
    left = n.b_left
    held = n.a_valid == 1
    present = n.group
    arrived = q.count[queue] > 0
    if left > 0:
        _count_beats(c, s, tile, 1)
        n.b_left = left - 1
        n.activity = _WORKS
    elif not held and not arrived:
        s.counters[tile, _WAIT_EVENT] += 1
        n.activity = _AWAITS_EVENT
    if held and cycle >= n.a_from and (n.a_beats == 0 or left <= 1):
        _leave(c, s, cycle, tile)
    if arrived and not n.a_valid and (not held or present == n.opened):
        flit = head(q, queue)
        pop(q, queue)
        wake(s.wakes, ROUTER_UNIT, tile, cycle + 1)
        n.a_valid = 1
        n.a_from = cycle + 1
        n.a_flit = flit
        n.a_end = (flit & KIND_MASK) == _END
        n.a_beats = 0 if n.a_end else beats(c, s, tile, flit)
    if n.state == DRAIN:
        return cycle + 1 + n.b_left
    if n.a_valid:
        return max(n.a_from, cycle + n.b_left) if n.a_beats else n.a_from
    if arrived:
        return cycle + 1  # the registers of a chain's first group are there only then
    n.waits_event = 1
    return NEVER  # woken by a packet


@inlined
def integrate(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """One cycle of one integrate engine."""
    n = s.integrates[tile]
    integrate_catch_up(c, s, tile, cycle - 1)
    n.counted = cycle
    n.waits_event = 0
    n.waits_fire = 0
    n.activity = _IDLE
    state = n.state
    following = cycle + 1
    if state == EXEC:
        following = _execute(c, s, cycle, tile)
    elif state in (CLEAR, STEP):
        following = _work(c, s, cycle, tile)
    elif state == OPEN:
        following = _open(c, s, cycle, tile)
    elif state == RECEIVE:
        following = _receive(c, s, cycle, tile)
    elif n.b_left == 0:
        n.state = EXEC
    else:
        _count_beats(c, s, tile, 1)
        n.b_left -= 1
        n.activity = _WORKS
        following = cycle + 1 + n.b_left
    record_engine(s.trace, cycle, tile, _INTEGRATE, n.activity)
    wake(s.wakes, INTEGRATE_UNIT, tile, following)
