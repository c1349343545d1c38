"""Fire engine, encoder and egress (RTL: ``core/fire_walker.py``, ``core/fire.py``, ``core/encoder.py``, ``core/egress.py``).

Values come from golden: the kernel knows which step of which vector emits which events, and works out when.
"""

from __future__ import annotations

from numba import njit
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import EventKind
from shiftfire_spec.packet import PORTS, Kind, Port

from .configuration import Configuration
from .queue import push, ready
from .state import AXON_SHIFT, NEVER, OPEN, PAYLOAD_SHIFT, TAG_SHIFT, State, record, wake

_SPIKE, _END = int(Kind.SPIKE), int(Kind.END)
_LOCAL = int(Port.LOCAL)
_SEND = int(EventKind.SEND)
_BUSY, _STALL, _STEPS = int(Counter.FIRE_BUSY), int(Counter.FIRE_STALL), int(Counter.FIRE_STEPS)
_WAIT_CREDIT, _EGRESS_STALL = int(Counter.EGRESS_WAIT_CREDIT), int(Counter.EGRESS_STALL)
_EVENTS_OUT, _VECTORS_OUT = int(Counter.EVENTS_OUT), int(Counter.VECTORS_OUT)
_ACC_READS, _ACC_WRITES = int(Counter.ACC_READS), int(Counter.ACC_WRITES)
_MEMBRANE_READS, _MEMBRANE_WRITES = int(Counter.MEMBRANE_READS), int(Counter.MEMBRANE_WRITES)
END_OF_VECTOR = -1  # in the egress queue


@njit(cache=True)
def _first_subs(c: Configuration, start: int, stop: int) -> int:
    """Steps in start..stop-1 that are the first of an accumulator group."""
    per = c.steps_per_group
    return (stop + per - 1) // per - (start + per - 1) // per


@njit(cache=True)
def _issue(c: Configuration, s: State, tile: int, start: int, stop: int) -> None:
    """Count the memory reads of issuing steps start..stop-1."""
    s.counters[tile, _ACC_READS] += _first_subs(c, start, stop)
    if c.fire.is_lif[tile] and not s.fires.first[tile]:
        s.counters[tile, _MEMBRANE_READS] += stop - start


@njit(cache=True)
def _leave(c: Configuration, s: State, tile: int, start: int, stop: int) -> None:
    """Count the steps start..stop-1 leaving F1."""
    s.counters[tile, _STEPS] += stop - start
    if c.fire.is_lif[tile]:
        s.counters[tile, _MEMBRANE_WRITES] += stop - start
    if not s.fires.hold[tile]:
        s.counters[tile, _ACC_WRITES] += _first_subs(c, start, stop)


@njit(cache=True)
def _vector_end(c: Configuration, s: State, tile: int) -> int:
    """Event number after the last event of the vector being fired."""
    return c.vector_events[c.tile_vectors[tile] + s.fires.vector[tile] + 1]


@njit(cache=True)
def fire_catch_up(c: Configuration, s: State, tile: int, cycle: int) -> None:
    """Count the cycles up to and including ``cycle`` in which the units slept; let steps without events leave."""
    f = s.fires
    slept = cycle - f.counted[tile]
    if slept <= 0:
        return
    f.counted[tile] = cycle
    counters = s.counters[tile]
    counters[_WAIT_CREDIT] += slept * f.waits_credit[tile]
    counters[_EGRESS_STALL] += slept * f.egress_stalls[tile]
    counters[_STALL] += slept * f.fire_stalls[tile]
    if not f.runs[tile]:
        return
    counters[_BUSY] += slept
    if slept <= f.timer[tile]:
        f.timer[tile] -= slept
        return
    per_step = c.fire.step_cycles[tile]
    beyond = slept - f.timer[tile] - 1
    step, left = f.step[tile], 1 + beyond // per_step
    _leave(c, s, tile, step, step + left)
    _issue(c, s, tile, step + 1, step + 1 + left)
    f.step[tile] = step + left
    f.timer[tile] = per_step - 1 - beyond % per_step
    f.next_step[tile] = step + left + 1
    if f.next_step[tile] == c.fire.steps[tile]:
        f.issuing[tile] = 0


@njit(cache=True)
def _egress(c: Configuration, s: State, cycle: int, tile: int) -> bool:
    """The gate between egress queue and router. Returns whether the head of the queue goes."""
    f = s.fires
    f.waits_credit[tile] = 0
    f.egress_stalls[tile] = 0
    if f.queue_count[tile] == 0:
        return False
    if not f.sending[tile]:
        mask = c.fire.slot_mask[tile]
        if f.opened[tile] & mask == mask:
            f.opened[tile] &= ~mask
            f.sending[tile] = 1
        else:
            s.counters[tile, _WAIT_CREDIT] += 1
            f.waits_credit[tile] = 1
        return False
    local = tile * PORTS + _LOCAL
    if s.integrates.state[tile] == OPEN or not ready(s.queues, local):
        s.counters[tile, _EGRESS_STALL] += 1
        f.egress_stalls[tile] = 1
        return False
    item = f.queue[tile, f.queue_head[tile]]
    tag = c.fire.tag[tile]
    if item == END_OF_VECTOR:
        flit = _END | (tag << TAG_SHIFT)
        f.sending[tile] = 0
        s.counters[tile, _VECTORS_OUT] += 1
    else:
        flit = _SPIKE | (tag << TAG_SHIFT) | (c.event_axon[item] << AXON_SHIFT) | (c.event_payload[item] << PAYLOAD_SHIFT)
        s.counters[tile, _EVENTS_OUT] += 1
    push(s.queues, local, flit, c.routes[tile, tag])
    wake(s.wakes.router, tile, cycle + 1)
    record(s.trace, cycle, tile, _SEND, flit)
    return True


@njit(cache=True)
def _encode(c: Configuration, s: State, tile: int) -> bool:
    """One event from the encoder into the egress queue, if there is room. Returns whether one moved."""
    f = s.fires
    if f.held_count[tile] + f.held_end[tile] == 0 or f.queue_count[tile] == c.egress_queue_depth:
        return False
    slot = (f.queue_head[tile] + f.queue_count[tile]) % c.egress_queue_depth
    if f.held_count[tile]:
        f.queue[tile, slot] = f.held_event[tile]
        f.held_event[tile] += 1
        f.held_count[tile] -= 1
    else:
        f.queue[tile, slot] = END_OF_VECTOR
        f.held_end[tile] = 0
    return True


@njit(cache=True)
def _step_leaves(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """The step in F1 goes to the encoder."""
    f = s.fires
    step = f.step[tile]
    _leave(c, s, tile, step, step + 1)
    event, end = f.event[tile], _vector_end(c, s, tile)
    count = 0
    while event + count < end and c.event_step[event + count] == step:
        count += 1
    f.held_event[tile] = event
    f.held_count[tile] = count
    f.event[tile] = event + count
    f.valid[tile] = 0
    if step == c.fire.steps[tile] - 1:
        f.held_end[tile] = 1
        f.idle_at[tile] = cycle + 1
        f.vector[tile] += 1
        wake(s.wakes.integrate, tile, cycle + 1)


@njit(cache=True)
def _walk(c: Configuration, s: State, cycle: int, tile: int, encoder_ready: bool) -> None:
    """Issue and F1 of the fire engine."""
    f = s.fires
    leaves = False
    was_valid = f.valid[tile]
    if was_valid:
        if f.timer[tile] > 0:
            f.timer[tile] -= 1
            s.counters[tile, _BUSY] += 1
        elif encoder_ready:
            leaves = True
            s.counters[tile, _BUSY] += 1
            _step_leaves(c, s, cycle, tile)
        else:
            s.counters[tile, _STALL] += 1
    if f.issuing[tile] and (leaves or not was_valid):
        step = f.next_step[tile]
        _issue(c, s, tile, step, step + 1)
        f.valid[tile] = 1
        f.step[tile] = step
        f.timer[tile] = c.fire.step_cycles[tile] - 1
        f.next_step[tile] = step + 1
        if step + 1 == c.fire.steps[tile]:
            f.issuing[tile] = 0


@njit(cache=True)
def _next_evaluation(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """When the units must be looked at again if nobody wakes them; notes what the cycles until then count as."""
    f = s.fires
    f.runs[tile] = 0
    f.fire_stalls[tile] = 0
    blocked = f.waits_credit[tile] or f.egress_stalls[tile]
    held = f.held_count[tile] + f.held_end[tile]
    if (f.queue_count[tile] > 0 and not blocked) or (held and f.queue_count[tile] < c.egress_queue_depth):
        return cycle + 1
    if not f.valid[tile]:
        return cycle + 1 if f.issuing[tile] else NEVER
    if held:
        if f.timer[tile] > 0:
            return cycle + 1
        f.fire_stalls[tile] = 1
        return NEVER
    event, last = f.event[tile], c.fire.steps[tile] - 1
    target = c.event_step[event] if event < _vector_end(c, s, tile) else last
    f.runs[tile] = 1
    return cycle + 1 + f.timer[tile] + (target - f.step[tile]) * c.fire.step_cycles[tile]


@njit(cache=True)
def fire(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """One cycle of fire engine, encoder and egress of one tile."""
    f = s.fires
    fire_catch_up(c, s, tile, cycle - 1)
    f.counted[tile] = cycle
    held = f.held_count[tile] + f.held_end[tile]
    popped = _egress(c, s, cycle, tile)
    pushed = _encode(c, s, tile)
    _walk(c, s, cycle, tile, held == 0 or (pushed and held == 1))
    if popped:
        f.queue_head[tile] = (f.queue_head[tile] + 1) % c.egress_queue_depth
    f.queue_count[tile] += int(pushed) - int(popped)
    wake(s.wakes.fire, tile, _next_evaluation(c, s, cycle, tile))
