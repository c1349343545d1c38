"""State of the kernels: configuration decoded from the image, and the registers of every unit, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from shiftfire_spec.core_program import LOOP_COUNTERS
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.events import ENGINES, EventKind
from shiftfire_spec.packet import FLIT, PORTS

from .configuration import Array, Configuration
from .wakes import Wakes, first_wakes

KIND_MASK = (1 << FLIT.field("kind").bits) - 1
TAG_SHIFT, TAG_MASK = FLIT.offset("tag"), (1 << FLIT.field("tag").bits) - 1
AXON_SHIFT, AXON_MASK = FLIT.offset("axon"), (1 << FLIT.field("axon").bits) - 1
PAYLOAD_SHIFT = FLIT.offset("payload")

TRACE_ROWS = 1 << 16  # trace rows that the kernel collects before it hands them over

# Integrate states
EXEC, CLEAR, OPEN, RECEIVE, DRAIN = range(5)
# Injection states
INJECT_IDLE, INJECT_MASK, INJECT_OPEN, INJECT_SEND = range(4)


class Queues(NamedTuple):
    """All queues that more than one unit touches: router inputs (tile * PORTS + port), ingress (tiles * PORTS + tile), collection (last)."""

    depth: Array
    flit: Array
    mask: Array
    head: Array
    count: Array
    pushed: Array  # queues pushed in this cycle
    popped: Array
    staged: Array  # [pushes, pops] of this cycle


def _record(*names: str) -> np.dtype:
    """Record of 64-bit registers: numba passes an array of records as one argument, whatever it holds."""
    return np.dtype([(name, np.int64) for name in names])


INTEGRATE = _record(
    "state",
    "pc",
    "group",
    "loading",  # the open vector is stored as weights
    "ends",
    "a_valid",
    "a_end",
    "a_beats",
    "b_left",  # beats to issue, or rows to clear
    "counted",  # last cycle that is in the counters
    "activity",  # in the cycle being evaluated
    "waits_event",  # while asleep: a vector is open and nothing is at hand
    "waits_fire",  # while asleep: a FIRE waits
)
FIRE = _record(
    "idle_at",  # first cycle in which the engine is idle again
    "issuing",
    "next_step",
    "valid",
    "step",
    "timer",
    "first",
    "hold",
    "vector",  # vectors fired or firing
    "event",  # next event to leave F1
    "held_event",  # next event in the encoder
    "held_count",
    "held_end",
    "queue_head",
    "queue_count",
    "sending",
    "opened",
    "counted",
    "waits_credit",  # while asleep: what the skipped cycles count as
    "egress_stalls",
    "fire_stalls",
    "runs",  # steps without events leave while asleep
)
IO = _record(
    "requested",  # words of the source being read: the injection program, or a region
    "popped",
    "state",
    "tag",
    "mask",
    "opened",
    "second",
    "collected",
    "ended",
    "finished",
    "playing",  # words come from a region
    "region",
    "draining",  # between two sources: waits for the words still on their way, which are dropped
    "resume",  # the program's word after the PLAY
    "last_arrival",  # of a requested word
    "used",  # requests of injection and collection that the memory took
    "prefetched_at",  # cycle of the last request of the configuration beside the run, -1 until then
)


class Trace(NamedTuple):
    """Rows (cycle, tile, event kind, flit or activity): packets, and what the engines do if asked for. The host empties it when it is full."""

    rows: Array
    count: Array
    engines: Array  # [1 when engine events are wanted]
    activity: Array  # (tiles, event kinds) what each engine did last


class State(NamedTuple):
    """Everything that changes during a run."""

    queues: Queues
    served: Array  # (tiles * PORTS,) router inputs: outputs already granted to the head
    last_winner: Array  # (tiles * PORTS,) router outputs
    integrates: Array  # (tiles,) INTEGRATE
    loops: Array  # (tiles, LOOP_COUNTERS)
    fires: Array  # (tiles,) FIRE: fire engine, encoder, egress
    egress: Array  # (tiles, egress_queue_depth) event numbers, -1 for END
    io: Array  # (1,) IO
    arrival: Array  # cycles in which the I/O tile's prefetched words arrive
    play: Array  # (regions,) next word of each region
    wakes: Wakes
    trace: Trace
    counters: Array  # (tiles, COUNTERS)


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
    )
    integrates, fires = np.zeros(tiles, INTEGRATE), np.zeros(tiles, FIRE)
    integrates["counted"] = -1
    fires["counted"] = -1
    fires["event"] = c.first_event
    io = np.zeros(1, IO)
    io["last_arrival"] = io["prefetched_at"] = -1
    return State(
        queues=queues,
        served=_zeros(ports),
        last_winner=np.full(ports, PORTS - 1, np.int64),
        integrates=integrates,
        loops=_zeros(tiles, LOOP_COUNTERS),
        fires=fires,
        egress=_zeros(tiles, c.egress_queue_depth),
        io=io,
        arrival=_zeros(c.inject_queue_depth + 1),
        play=c.play_start[:-1].copy(),
        wakes=first_wakes(tiles),
        trace=Trace(
            _zeros(TRACE_ROWS + _rows_per_cycle(tiles), 4), _zeros(1), np.full(1, int(engines)), _zeros(tiles, len(EventKind))
        ),
        counters=_zeros(tiles, COUNTERS),
    )


@njit(inline="always")
def record(trace: Trace, cycle: int, tile: int, event: int, flit: int) -> None:
    """Note a packet."""
    row = trace.count[0]
    trace.rows[row, 0] = cycle
    trace.rows[row, 1] = tile
    trace.rows[row, 2] = event
    trace.rows[row, 3] = flit
    trace.count[0] = row + 1


@njit(inline="always")
def record_engine(trace: Trace, cycle: int, tile: int, engine: int, activity: int) -> None:
    """Note what an engine does in ``cycle``, if that is wanted and something else than before. In order of cycles for each engine."""
    if trace.engines[0] and trace.activity[tile, engine] != activity:
        trace.activity[tile, engine] = activity
        record(trace, cycle, tile, engine, activity)
