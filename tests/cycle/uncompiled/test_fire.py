"""Fire engine, encoder and egress: one vector cycle by cycle."""

import numpy as np
import pytest
from shiftfire.cycle.configuration import Configuration, EmittedEvent
from shiftfire.cycle.fire import fire, fire_catch_up
from shiftfire.cycle.queue import end_cycle, pop
from shiftfire.cycle.records import records
from shiftfire.cycle.settings import FireSettings
from shiftfire.cycle.state import KIND_MASK, State, initial_state
from shiftfire.cycle.walk import walks_of
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import EventKind
from shiftfire_spec.packet import Kind, Port
from support.blank_configuration import blank

LOCAL = int(Port.LOCAL)


def vector(**settings: int) -> Configuration:
    """Four steps of two cycles; two events leave in step 1."""
    given = {
        "steps": 4,
        "step_cycles": 2,
        "passes": 1,
        "channel_groups": 2,
        "pass_steps": 4,
        "tail_groups": 2,
        "has_membrane": 1,
    } | settings
    events = records(EmittedEvent, 2, step=np.array([1, 1]), axon=np.array([5, 6]), payload=np.array([1, 2]))
    return blank(
        steps_per_group=2,
        fire=records(FireSettings, 1, **given),
        events=events,
        first_vector=np.array([0, 2]),
        vector_events=np.array([0, 2]),
    )


def started(c: Configuration, *, first: int = 0, hold: int = 0) -> State:
    """A FIRE was executed in cycle 0."""
    s = initial_state(c)
    s.fires[0].issuing, s.fires[0].first, s.fires[0].hold, s.fires[0].idle_at, s.fires[0].counted = 1, first, hold, 1 << 40, 0
    return s


def sends(c: Configuration, s: State, cycles: int, opens: int = 0, stuck: range = range(0)) -> list[tuple[int, int]]:
    """(cycle, kind) of what is sent. Slot 0 opens at the end of cycle ``opens``; the router takes nothing during ``stuck``."""
    s.trace.engines[0] = 0
    for cycle in range(1, cycles):
        fire(c, s, cycle, 0)
        if s.queues.count[LOCAL] and cycle not in stuck:
            pop(s.queues, LOCAL)
        end_cycle(s.queues, cycle)
        if cycle == opens:
            s.fires[0].opened |= 1
    rows = s.trace.rows[: s.trace.count[0]]
    return [(int(cycle), int(flit) & KIND_MASK) for cycle, _, kind, flit in rows if kind == EventKind.SEND]


def test_a_vector_cycle_by_cycle() -> None:
    """Issue in 1, F1 from 2 on; steps leave F4 in 6, 8, 10, 12; an event is encoded in the next cycle, at the gate in the one after, which `sending` takes."""
    c = vector()
    s = started(c)
    assert sends(c, s, 30) == [(11, Kind.SPIKE), (12, Kind.SPIKE), (14, Kind.END)]
    counted = {Counter(i): int(n) for i, n in enumerate(s.counters[0]) if n}
    assert counted == {
        Counter.FIRE_BUSY: 8 + 3, Counter.FIRE_STEPS: 4, Counter.ACC_READS: 2, Counter.ACC_WRITES: 2, Counter.MEMBRANE_READS: 4, Counter.MEMBRANE_WRITES: 4,
        Counter.EVENTS_OUT: 2, Counter.VECTORS_OUT: 1,
    }  # fmt: skip
    assert s.fires[0].idle_at == 13


def test_first_reads_no_membrane_and_hold_clears_no_sum() -> None:
    c = vector()
    s = started(c, first=1, hold=1)
    sends(c, s, 30)
    assert s.counters[0, Counter.MEMBRANE_READS] == s.counters[0, Counter.ACC_WRITES] == 0
    assert s.counters[0, Counter.MEMBRANE_WRITES] == 4


def test_waiting_for_a_slot() -> None:
    """At the gate in 10; the slot is open from 21 on."""
    c = vector(slot_mask=1)
    s = started(c)
    assert sends(c, s, 40, opens=20) == [(22, Kind.SPIKE), (23, Kind.SPIKE), (24, Kind.END)]
    assert s.counters[0, Counter.EGRESS_WAIT_CREDIT] == 11
    assert s.fires[0].opened == 0


def test_a_router_that_takes_nothing_stalls_the_engine() -> None:
    """One item in its queue, one in the egress queue, which the second event enters in 12; the gate sees it from 13 to 40."""
    c = vector()._replace(egress_queue_depth=1, link_queue_depth=1)
    s = started(c)
    assert sends(c, s, 60, stuck=range(40)) == [(11, Kind.SPIKE), (41, Kind.SPIKE), (43, Kind.END)]
    assert s.counters[0, Counter.EGRESS_STALL] == len(range(13, 41))


def two_passes() -> Configuration:
    """Two positions of two groups in two passes: steps 0 to 3 and 8 to 11 emit nothing. Events in step 7 fill the encoder during those."""
    first, walks = walks_of(np.array([2]), np.array([2]), np.array([2]))
    settings = records(
        FireSettings, 1, steps=16, step_cycles=2, passes=2, channel_groups=2, pass_steps=4, tail_groups=2, first_walk=first
    )
    events = records(EmittedEvent, 3, step=np.array([7, 7, 7]), axon=np.arange(3))
    return vector()._replace(
        fire=settings, walks=walks, events=events, vector_events=np.array([0, 3]), egress_queue_depth=1, link_queue_depth=1
    )


@pytest.mark.parametrize("c", [vector(step_cycles=5), two_passes()], ids=["one pass", "two passes"])
def test_pauses_of_evaluation_change_nothing(c: Configuration) -> None:
    """Evaluated only when it asks to be or the router takes something, or in every cycle: the same packets and counters."""
    every, asleep = started(c), started(c)
    stuck = range(50)
    sent = sends(c, every, 100, stuck=stuck)
    due = 1
    for cycle in range(1, 100):
        if cycle >= due:
            asleep.wakes.clock[0] = cycle
            asleep.wakes.count[:], asleep.wakes.soon[:], asleep.wakes.later[:], asleep.wakes.clock[1] = 0, 0, 1 << 40, 0
            fire(c, asleep, cycle, 0)
            due = cycle + 1 if asleep.wakes.soon[0, 0] else int(asleep.wakes.later[0, 0])
        if asleep.queues.count[LOCAL] and cycle not in stuck:
            pop(asleep.queues, LOCAL)
            due = cycle + 1
        end_cycle(asleep.queues, cycle)
    fire_catch_up(c, asleep, 0, 99)
    assert np.array_equal(every.counters, asleep.counters)
    assert len(sent) == asleep.trace.count[0] > 2


def test_a_fire_that_waits_for_a_stalled_engine_waits_for_what_is_downstream() -> None:
    """The engine stalls while a destination has not opened; of the next FIRE's wait only those cycles are the receiver's."""
    c = vector(slot_mask=1)._replace(egress_queue_depth=1)
    s = started(c)
    s.integrates[0].waits_from = 9
    s.counters[0, Counter.INTEGRATE_WAIT_FIRE] = 100  # as the integrate engine counts them
    sends(c, s, 60, opens=30)
    stalled = int(s.counters[0, Counter.FIRE_STALL])
    assert 10 < stalled < 30
    assert s.counters[0, Counter.INTEGRATE_WAIT_DOWNSTREAM] == stalled
    assert s.counters[0, Counter.INTEGRATE_WAIT_FIRE] == 100 - stalled
