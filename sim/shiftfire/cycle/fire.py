"""Fire engine, encoder and egress (RTL: ``core/fire_walker.py``, ``core/fire.py``, ``core/encoder.py``, ``core/egress.py``).

Values come from golden: the kernel knows which step of which vector emits which events, and works out when.
"""

from __future__ import annotations

from shiftfire_spec.counters import Counter
from shiftfire_spec.events import Activity, EventKind
from shiftfire_spec.fire import FIRE_STAGES
from shiftfire_spec.packet import PORTS, Kind, Port

from .compiled import inlined
from .configuration import Configuration
from .queue import push, ready, wrap
from .state import AXON_SHIFT, OPEN, PAYLOAD_SHIFT, TAG_SHIFT, FireState, State, record, record_engine
from .wakes import FIRE_UNIT, INTEGRATE_UNIT, NEVER, ROUTER_UNIT, wake

_SPIKE, _END = int(Kind.SPIKE), int(Kind.END)
_LOCAL = int(Port.LOCAL)
_SEND, _FIRE, _EGRESS = int(EventKind.SEND), int(EventKind.FIRE), int(EventKind.EGRESS)
_IDLE, _WORKS, _AWAITS_CREDIT, _STALLED = (int(a) for a in (Activity.IDLE, Activity.BUSY, Activity.WAIT_CREDIT, Activity.STALL))
_WAIT_FIRE, _WAIT_DOWNSTREAM = int(Counter.INTEGRATE_WAIT_FIRE), int(Counter.INTEGRATE_WAIT_DOWNSTREAM)
_BUSY, _STALL, _STEPS = int(Counter.FIRE_BUSY), int(Counter.FIRE_STALL), int(Counter.FIRE_STEPS)
_WAIT_CREDIT, _EGRESS_STALL = int(Counter.EGRESS_WAIT_CREDIT), int(Counter.EGRESS_STALL)
_EVENTS_OUT, _VECTORS_OUT = int(Counter.EVENTS_OUT), int(Counter.VECTORS_OUT)
_ACC_READS, _ACC_WRITES = int(Counter.ACC_READS), int(Counter.ACC_WRITES)
_MEMBRANE_READS, _MEMBRANE_WRITES = int(Counter.MEMBRANE_READS), int(Counter.MEMBRANE_WRITES)
_FILL = FIRE_STAGES - 1  # cycles until the first step is in the last stage; the engine is a queue of no length from then on
END_OF_VECTOR = -1  # in the egress queue


@inlined
def _visit(c: Configuration, tile: int, place: int) -> tuple[int, int]:
    """Of step ``place`` of a position: which visit of an accumulator group it is in, counted over all passes, and how many steps of that visit are before it.

    All visits take as many steps but those of the position's last group, which is visited at the end of every pass over the last segment.
    """
    f, per = c.fire[tile], c.steps_per_group
    before = f.passes * (f.channel_groups - f.tail_groups)
    if place < before * per:
        return place // per, place % per
    turn, rest = divmod(place - before * per, f.pass_steps - (f.channel_groups - f.tail_groups) * per)
    return before + turn * f.tail_groups + rest // per, rest % per


@inlined
def _first_subs(c: Configuration, tile: int, stop: int) -> int:
    """Of the first ``stop`` steps of a FIRE, those that are the first of a visit of an accumulator group."""
    f = c.fire[tile]
    position, place = divmod(stop, f.passes * f.pass_steps)
    visit, done = _visit(c, tile, place)
    return position * f.passes * f.channel_groups + visit + (1 if done else 0)


@inlined
def _emitting_steps(c: Configuration, tile: int, steps: int) -> int:
    """Of the first ``steps`` steps of a FIRE, those in the last pass of their segment."""
    f = c.fire[tile]
    if f.passes == 1:
        return steps
    position, place = divmod(steps, f.passes * f.pass_steps)
    visit, done = _visit(c, tile, place)
    walk = c.walks[f.first_walk + visit]
    return position * f.pass_steps + walk.emitted * c.steps_per_group + (0 if walk.silent else done)


@inlined
def _emitting_groups(c: Configuration, tile: int, steps: int) -> int:
    """Of the first ``steps`` steps of a FIRE, those that are the first of a visit of an accumulator group in the last pass of its segment."""
    f = c.fire[tile]
    if f.passes == 1:
        return _first_subs(c, tile, steps)
    position, place = divmod(steps, f.passes * f.pass_steps)
    visit, done = _visit(c, tile, place)
    walk = c.walks[f.first_walk + visit]
    return position * f.channel_groups + walk.emitted + (1 if done and not walk.silent else 0)


@inlined
def _silent_steps(c: Configuration, tile: int, step: int) -> int:
    """Steps from ``step`` on until one that needs the encoder; 0 when ``step`` does. The others belong to a pass before the last."""
    f, per = c.fire[tile], c.steps_per_group
    if f.passes == 1:
        return 0
    place = step % (f.passes * f.pass_steps)
    visit, _ = _visit(c, tile, place)
    silent = c.walks[f.first_walk + visit].silent
    if not silent:
        return 0
    before = f.passes * (f.channel_groups - f.tail_groups)
    emits = visit + silent
    if emits < before:
        return emits * per - place
    turn, group = divmod(emits - before, f.tail_groups)
    return before * per + turn * (f.pass_steps - (f.channel_groups - f.tail_groups) * per) + group * per - place


@inlined
def _issue(c: Configuration, s: State, tile: int, start: int, stop: int) -> None:
    """Count the memory reads of issuing steps start..stop-1."""
    s.counters[tile, _ACC_READS] += _first_subs(c, tile, stop) - _first_subs(c, tile, start)
    if c.fire[tile].has_membrane and not s.fires[tile].first:
        s.counters[tile, _MEMBRANE_READS] += stop - start


@inlined
def _leave(c: Configuration, s: State, tile: int, start: int, stop: int) -> None:
    """Count the steps start..stop-1 leaving F1."""
    first, last = _emitting_steps(c, tile, start), _emitting_steps(c, tile, stop)
    s.counters[tile, _STEPS] += last - first
    if not s.fires[tile].hold:
        s.counters[tile, _ACC_WRITES] += _emitting_groups(c, tile, stop) - _emitting_groups(c, tile, start)
    if c.fire[tile].has_membrane:
        s.counters[tile, _MEMBRANE_WRITES] += stop - start


@inlined
def _vector_end(c: Configuration, s: State, tile: int) -> int:
    """Event number after the last event of the vector being fired."""
    return int(c.vector_events[c.first_vector[tile] + s.fires[tile].vector + 1])


@inlined
def _waiting(f: FireState) -> int:
    """What an egress that sends nothing waits for."""
    return _AWAITS_CREDIT if f.waits_credit else _STALLED if f.egress_stalls else _IDLE


@inlined
def fire_catch_up(c: Configuration, s: State, tile: int, cycle: int) -> None:
    """Count the cycles up to and including ``cycle`` in which the units slept; let steps without events leave."""
    f = s.fires[tile]
    slept = cycle - f.counted
    if slept <= 0:
        return
    first = f.counted + 1
    f.counted = cycle
    record_engine(s.trace, first, tile, _FIRE, _WORKS if f.runs else _STALLED if f.fire_stalls else _IDLE)
    record_engine(s.trace, first, tile, _EGRESS, _waiting(f))
    counters = s.counters[tile]
    counters[_WAIT_CREDIT] += slept * f.waits_credit
    counters[_EGRESS_STALL] += slept * f.egress_stalls
    counters[_STALL] += slept * f.fire_stalls
    if not f.runs:
        return
    counters[_BUSY] += slept
    if slept <= f.timer:
        f.timer -= slept
        return
    per_step = c.fire[tile].step_cycles
    beyond = slept - f.timer - 1
    step, left = f.step, 1 + beyond // per_step
    _leave(c, s, tile, step, step + left)
    _issue(c, s, tile, step + 1, step + 1 + left)
    f.step = step + left
    f.timer = per_step - 1 - beyond % per_step
    f.next_step = step + left + 1
    if f.next_step == c.fire[tile].steps:
        f.issuing = 0


@inlined
def end_stall(s: State, tile: int, cycle: int) -> None:
    """A stall, if there was one, lasted up to and including ``cycle``: a FIRE that waited meanwhile, waited for what is downstream.

    The integrate engine counts all its waits as those for the fire engine; it cannot stop waiting within a stall.
    """
    f = s.fires[tile]
    if f.stalled_from == NEVER:
        return
    both = max(0, cycle + 1 - max(f.stalled_from, s.integrates[tile].waits_from))
    f.stalled_from = NEVER
    s.counters[tile, _WAIT_FIRE] -= both
    s.counters[tile, _WAIT_DOWNSTREAM] += both


@inlined
def _egress(c: Configuration, s: State, cycle: int, tile: int) -> bool:
    """The gate between egress queue and router. Returns whether the head of the queue goes."""
    f = s.fires[tile]
    f.waits_credit = 0
    f.egress_stalls = 0
    if f.queue_count == 0:
        return False
    if not f.sending:
        mask = c.fire[tile].slot_mask
        if f.opened & mask == mask:
            f.opened &= ~mask
            f.sending = 1
        else:
            s.counters[tile, _WAIT_CREDIT] += 1
            f.waits_credit = 1
        return False
    local = tile * PORTS + _LOCAL
    if s.integrates[tile].state == OPEN or not ready(s.queues, local):
        s.counters[tile, _EGRESS_STALL] += 1
        f.egress_stalls = 1
        return False
    item = s.egress[tile, f.queue_head]
    tag = c.fire[tile].tag
    if item == END_OF_VECTOR:
        flit = _END | (tag << TAG_SHIFT)
        f.sending = 0
        s.counters[tile, _VECTORS_OUT] += 1
    else:
        flit = _SPIKE | (tag << TAG_SHIFT) | (c.events[item].axon << AXON_SHIFT) | (c.events[item].payload << PAYLOAD_SHIFT)
        s.counters[tile, _EVENTS_OUT] += 1
    push(s.queues, local, flit, c.routes[tile, tag])
    wake(s.wakes, ROUTER_UNIT, tile, cycle + 1)
    record(s.trace, cycle, tile, _SEND, flit)
    return True


@inlined
def _encode(c: Configuration, s: State, tile: int) -> bool:
    """One event from the encoder into the egress queue, if there is room. Returns whether one moved."""
    f = s.fires[tile]
    if f.held_count + f.held_end == 0 or f.queue_count == c.egress_queue_depth:
        return False
    slot = wrap(f.queue_head + f.queue_count, c.egress_queue_depth)
    if f.held_count:
        s.egress[tile, slot] = f.held_event
        f.held_event += 1
        f.held_count -= 1
    else:
        s.egress[tile, slot] = END_OF_VECTOR
        f.held_end = 0
    return True


@inlined
def _step_leaves(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """The step in F1 leaves: to the encoder, unless its pass is not the last."""
    f = s.fires[tile]
    step = f.step
    _leave(c, s, tile, step, step + 1)
    f.valid = 0
    if _silent_steps(c, tile, step):
        return
    event, end = f.event, _vector_end(c, s, tile)
    count = 0
    while event + count < end and c.events[event + count].step == step:
        count += 1
    f.held_event = event
    f.held_count = count
    f.event = event + count
    if step == c.fire[tile].steps - 1:
        f.held_end = 1
        f.idle_at = cycle + 1
        f.vector += 1
        wake(s.wakes, INTEGRATE_UNIT, tile, cycle + 1)


@inlined
def _walk(c: Configuration, s: State, cycle: int, tile: int, encoder_ready: bool) -> int:
    """Issue and F1 of the fire engine. Returns what it does in this cycle."""
    f = s.fires[tile]
    activity, leaves = _IDLE, False
    was_valid = f.valid
    if was_valid:
        activity = _WORKS
        if f.timer > 0:
            f.timer -= 1
            s.counters[tile, _BUSY] += 1
        elif encoder_ready or _silent_steps(c, tile, f.step):
            leaves = True
            s.counters[tile, _BUSY] += 1
            _step_leaves(c, s, cycle, tile)
        else:
            s.counters[tile, _STALL] += 1
            activity = _STALLED
            f.stalled_from = min(f.stalled_from, cycle)
    if activity != _STALLED:
        end_stall(s, tile, cycle - 1)
    if f.issuing and (leaves or not was_valid):
        step = f.next_step
        _issue(c, s, tile, step, step + 1)
        f.valid = 1
        f.step = step
        f.timer = c.fire[tile].step_cycles - 1 + (_FILL if step == 0 else 0)
        f.next_step = step + 1
        if step + 1 == c.fire[tile].steps:
            f.issuing = 0
    return activity


@inlined
def _next_evaluation(c: Configuration, s: State, cycle: int, tile: int) -> int:
    """When the units must be looked at again if nobody wakes them; notes what the cycles until then count as."""
    f = s.fires[tile]
    f.runs = 0
    f.fire_stalls = 0
    blocked = f.waits_credit or f.egress_stalls
    held = f.held_count + f.held_end
    if (f.queue_count > 0 and not blocked) or (held and f.queue_count < c.egress_queue_depth):
        return cycle + 1
    if not f.valid:
        return cycle + 1 if f.issuing else NEVER
    if held:
        if f.timer > 0:
            return cycle + 1
        silent = _silent_steps(c, tile, f.step)
        if silent == 0:
            f.fire_stalls = 1
            f.stalled_from = min(f.stalled_from, cycle + 1)
            return NEVER
        f.runs = 1
        return cycle + 1 + silent
    event, last = f.event, c.fire[tile].steps - 1
    target = c.events[event].step if event < _vector_end(c, s, tile) else last
    f.runs = 1
    return cycle + 1 + f.timer + (target - f.step) * c.fire[tile].step_cycles


@inlined
def fire(c: Configuration, s: State, cycle: int, tile: int) -> None:
    """One cycle of fire engine, encoder and egress of one tile."""
    f = s.fires[tile]
    fire_catch_up(c, s, tile, cycle - 1)
    f.counted = cycle
    held = f.held_count + f.held_end
    popped = _egress(c, s, cycle, tile)
    pushed = _encode(c, s, tile)
    fires = _walk(c, s, cycle, tile, held == 0 or (pushed and held == 1))
    record_engine(s.trace, cycle, tile, _FIRE, fires)
    record_engine(s.trace, cycle, tile, _EGRESS, _WORKS if popped else _waiting(f))
    if popped:
        f.queue_head = wrap(f.queue_head + 1, c.egress_queue_depth)
    f.queue_count += int(pushed) - int(popped)
    wake(s.wakes, FIRE_UNIT, tile, _next_evaluation(c, s, cycle, tile))
