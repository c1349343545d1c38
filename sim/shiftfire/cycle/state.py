"""State of the kernels: configuration decoded from the image, and the registers of every unit, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from shiftfire_spec.core_program import LOOP_COUNTERS
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.events import ENGINES, EventKind
from shiftfire_spec.packet import FLIT, PORTS

from .compiled import inlined
from .configuration import Configuration
from .records import IntArray, Records, records
from .wakes import NEVER, Wakes, first_wakes

KIND_MASK = (1 << FLIT.field("kind").bits) - 1
TAG_SHIFT, TAG_MASK = FLIT.offset("tag"), (1 << FLIT.field("tag").bits) - 1
AXON_SHIFT, AXON_MASK = FLIT.offset("axon"), (1 << FLIT.field("axon").bits) - 1
PAYLOAD_SHIFT = FLIT.offset("payload")

TRACE_ROWS = 1 << 16  # trace rows that the kernel collects before it hands them over

# Integrate states
EXEC, CLEAR, OPEN, RECEIVE, DRAIN, STEP = range(6)
# Injection states
INJECT_IDLE, INJECT_MASK, INJECT_OPEN, INJECT_SEND, INJECT_ADDRESS, INJECT_TIME_IDLE, INJECT_TIME_SEND = range(7)


class Queues(NamedTuple):
    """All queues that more than one unit touches: router inputs (tile * PORTS + port), ingress (tiles * PORTS + tile), collection (last)."""

    depth: IntArray
    flit: IntArray
    mask: IntArray
    head: IntArray
    count: IntArray
    pushed: IntArray  # queues pushed in this cycle
    popped: IntArray
    staged: IntArray  # [pushes, pops] of this cycle
    moved: IntArray  # [last cycle that pushed or popped]


class IntegrateState:
    """Registers of an integrate engine."""

    state: int
    pc: int
    group: int
    loading: int  # the open vector is stored as weights
    discarding: int  # the open vector is dropped
    ends: int
    a_valid: int
    a_end: int
    a_beats: int
    a_from: int  # first cycle in which what is in A can leave it
    a_flit: int  # kept for the next group of a chain
    opened: int  # group that the last ACC or LOAD named; `group` is another within a chain
    steps_left: int  # of the sample, after the present one
    b_left: int  # beats to issue, rows to clear, or words to move
    b_group: int  # that they are issued under
    counted: int  # last cycle that is in the counters
    activity: int  # in the cycle being evaluated
    waits_event: int  # while asleep: a vector is open and nothing is at hand
    waits_fire: int  # while asleep: a FIRE waits
    waits_from: int  # first cycle in which that FIRE waited, NEVER when none does


class FireState:
    """Registers of a fire engine, its encoder and its egress."""

    idle_at: int  # first cycle in which the engine is idle again
    issuing: int
    next_step: int
    valid: int
    step: int
    timer: int
    first: int
    hold: int
    vector: int  # vectors fired or firing
    event: int  # next event to leave F1
    held_event: int  # next event in the encoder
    held_count: int
    held_end: int
    queue_head: int
    queue_count: int
    sending: int
    opened: int
    counted: int
    waits_credit: int  # while asleep: what the skipped cycles count as
    egress_stalls: int
    fire_stalls: int
    stalled_from: int  # first cycle of a stall that has not ended, NEVER when there is none
    runs: int  # steps without events leave while asleep


class IoState:
    """Registers of the I/O tile."""

    requested: int  # words of the source being read: the injection program, or memory from address 0 on
    popped: int
    state: int
    tag: int
    mask: int
    opened: int
    second: int
    collected: int
    ended: int
    finished: int
    quiet_at: int  # first cycle with a quiet fabric after the last END, NEVER until then
    playing: int  # words are stored ones
    address: int  # of the first of them
    more: int  # their END does not close the vector
    draining: int  # between two sources: waits for the words still on their way, which are dropped
    resume: int  # the program's word after the address
    until: int  # run cycle that the injection waits for, or has waited for: until then no packet need move
    last_arrival: int  # of a requested word
    used: int  # requests of injection and collection that the memory took
    prefetched_at: int  # cycle of the last request of the configuration beside the run, -1 until then


class Trace(NamedTuple):
    """Rows (cycle, tile, event kind, flit or activity): packets, and what the engines do if asked for. The host empties it when it is full."""

    rows: IntArray
    count: IntArray
    engines: IntArray  # [1 when engine events are wanted]
    activity: IntArray  # (tiles, event kinds) what each engine did last


class State(NamedTuple):
    """Everything that changes during a run."""

    queues: Queues
    served: IntArray  # (tiles * PORTS,) router inputs: outputs already granted to the head
    last_winner: IntArray  # (tiles * PORTS,) router outputs
    integrates: Records[IntegrateState]  # (tiles,)
    loops: IntArray  # (tiles, LOOP_COUNTERS)
    fires: Records[FireState]  # (tiles,)
    egress: IntArray  # (tiles, egress_queue_depth) event numbers, -1 for END
    io: Records[IoState]  # (1,)
    arrival: IntArray  # cycles in which the I/O tile's prefetched words arrive
    wakes: Wakes
    trace: Trace
    counters: IntArray  # (tiles, COUNTERS)


def _zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.int64)


def _rows_per_cycle(tiles: int) -> int:
    """Bound on the trace rows of one cycle: packets of every core and of the I/O tile, and the engine events of a cycle and of the sleep before it, twice in the last cycle."""
    return tiles * (1 + 4 * len(ENGINES)) + len(EventKind)


def initial_state(configuration: Configuration, *, engines: bool = False) -> State:
    """State at cycle 0 of a run; ``engines``: trace engine events, not only packets."""
    c = configuration
    tiles = c.tiles
    ports = tiles * PORTS
    depth = _zeros(ports + tiles + 1)
    depth[:ports] = c.link_queue_depth
    depth[ports:] = c.ingress_queue_depth
    queues = Queues(
        depth=depth,
        flit=_zeros(len(depth), int(depth.max())),
        mask=_zeros(len(depth), int(depth.max())),
        head=_zeros(len(depth)),
        count=_zeros(len(depth)),
        pushed=_zeros(len(depth)),
        popped=_zeros(len(depth)),
        staged=_zeros(2),
        moved=_zeros(1),
    )
    return State(
        queues=queues,
        served=_zeros(ports),
        last_winner=np.full(ports, PORTS - 1, np.int64),
        integrates=records(IntegrateState, tiles, counted=-1, waits_from=NEVER),
        loops=_zeros(tiles, LOOP_COUNTERS),
        fires=records(FireState, tiles, counted=-1, event=c.first_event, stalled_from=NEVER),
        egress=_zeros(tiles, c.egress_queue_depth),
        io=records(IoState, 1, last_arrival=-1, prefetched_at=-1, quiet_at=NEVER),
        arrival=_zeros(c.inject_queue_depth + 1),
        wakes=first_wakes(tiles),
        trace=Trace(
            _zeros(TRACE_ROWS + _rows_per_cycle(tiles), 4), _zeros(1), np.full(1, int(engines)), _zeros(tiles, len(EventKind))
        ),
        counters=_zeros(tiles, COUNTERS),
    )


@inlined
def record(trace: Trace, cycle: int, tile: int, event: int, flit: int) -> None:
    """Note a packet."""
    row = trace.count[0]
    trace.rows[row, 0] = cycle
    trace.rows[row, 1] = tile
    trace.rows[row, 2] = event
    trace.rows[row, 3] = flit
    trace.count[0] = row + 1


@inlined
def record_engine(trace: Trace, cycle: int, tile: int, engine: int, activity: int) -> None:
    """Note what an engine does in ``cycle``, if that is wanted and something else than before. In order of cycles for each engine."""
    if trace.engines[0] and trace.activity[tile, engine] != activity:
        trace.activity[tile, engine] = activity
        record(trace, cycle, tile, engine, activity)
