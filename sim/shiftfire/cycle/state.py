"""State of the kernels: configuration decoded from the image, and the registers of every unit, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.packet import FLIT, PORTS
from shiftfire_spec.program import LOOP_COUNTERS

from .configuration import Configuration

NEVER = np.iinfo(np.int64).max

KIND_MASK = (1 << FLIT.field("kind").bits) - 1
TAG_SHIFT, TAG_MASK = FLIT.offset("tag"), (1 << FLIT.field("tag").bits) - 1
AXON_SHIFT, AXON_MASK = FLIT.offset("axon"), (1 << FLIT.field("axon").bits) - 1
PAYLOAD_SHIFT = FLIT.offset("payload")

# Integrate states
EXEC, OPEN, RECEIVE, DRAIN = range(4)
# Injection states
INJECT_IDLE, INJECT_MASK, INJECT_OPEN, INJECT_SEND = range(4)


class Queues(NamedTuple):
    """All queues that more than one unit touches: router inputs (tile * PORTS + port), ingress (tiles * PORTS + tile), collection (last)."""

    depth: np.ndarray
    flit: np.ndarray
    mask: np.ndarray
    head: np.ndarray
    count: np.ndarray
    pushed: np.ndarray  # queues pushed in this cycle
    popped: np.ndarray
    staged: np.ndarray  # [pushes, pops] of this cycle


class Routers(NamedTuple):
    """Router registers."""

    served: np.ndarray  # (tiles * PORTS,)
    last: np.ndarray  # (tiles * PORTS,) last winner of each output


class Integrates(NamedTuple):
    """Integrate engines' registers."""

    state: np.ndarray
    pc: np.ndarray
    loops: np.ndarray
    group: np.ndarray
    ends: np.ndarray
    a_valid: np.ndarray
    a_end: np.ndarray
    a_beats: np.ndarray
    b_left: np.ndarray
    counted: np.ndarray  # last cycle that is in the counters
    waits_event: np.ndarray  # while asleep: a vector is open and nothing is at hand
    waits_fire: np.ndarray  # while asleep: a FIRE waits


class Fires(NamedTuple):
    """Registers of fire engine, encoder and egress."""

    idle_at: np.ndarray  # first cycle in which the engine is idle again
    issuing: np.ndarray
    next_step: np.ndarray
    valid: np.ndarray
    step: np.ndarray
    timer: np.ndarray
    first: np.ndarray
    hold: np.ndarray
    vector: np.ndarray  # vectors fired or firing
    event: np.ndarray  # next event to leave F1
    held_event: np.ndarray  # next event in the encoder
    held_count: np.ndarray
    held_end: np.ndarray
    queue: np.ndarray  # egress queue: event number, -1 for END
    queue_head: np.ndarray
    queue_count: np.ndarray
    sending: np.ndarray
    opened: np.ndarray
    counted: np.ndarray
    waits_credit: np.ndarray  # while asleep: what the skipped cycles count as
    egress_stalls: np.ndarray
    fire_stalls: np.ndarray
    runs: np.ndarray  # steps without events leave while asleep


class Io(NamedTuple):
    """I/O tile: one-element arrays, and the arrival cycles of prefetched words."""

    requested: np.ndarray
    popped: np.ndarray
    arrival: np.ndarray
    state: np.ndarray
    tag: np.ndarray
    mask: np.ndarray
    opened: np.ndarray
    second: np.ndarray
    collected: np.ndarray
    ended: np.ndarray
    finished: np.ndarray


class Wakes(NamedTuple):
    """Cycle in which each unit is evaluated next."""

    router: np.ndarray
    integrate: np.ndarray
    fire: np.ndarray
    io: np.ndarray


class Trace(NamedTuple):
    """Packets entering the network or reaching the I/O tile: rows (cycle, tile, event kind, flit)."""

    rows: np.ndarray
    count: np.ndarray
    enabled: np.ndarray


class State(NamedTuple):
    """Everything that changes during a run."""

    queues: Queues
    routers: Routers
    integrates: Integrates
    fires: Fires
    io: Io
    wakes: Wakes
    trace: Trace
    counters: np.ndarray  # (tiles, COUNTERS)


def _zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.int64)


def initial_state(configuration: Configuration, trace_rows: int) -> State:
    """State at cycle 0 of a run; ``trace_rows`` is the room for traced packets, 0 for no trace."""
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
    integrates = Integrates(*(_zeros(tiles, LOOP_COUNTERS) if f == "loops" else _zeros(tiles) for f in Integrates._fields))
    fires = Fires(*(_zeros(tiles, c.egress_queue_depth) if f == "queue" else _zeros(tiles) for f in Fires._fields))
    integrates.counted[:] = -1
    fires.counted[:] = -1
    fires.event[:] = c.tile_events[:-1]
    wakes = Wakes(*(np.full(1 if f == "io" else tiles, NEVER, np.int64) for f in Wakes._fields))
    wakes.integrate[:] = 0
    wakes.io[:] = 0
    return State(
        queues=queues,
        routers=Routers(_zeros(ports), np.full(ports, PORTS - 1, np.int64)),
        integrates=integrates,
        fires=fires,
        io=Io(*(_zeros(c.inject_queue_depth + 1) if f == "arrival" else _zeros(1) for f in Io._fields)),
        wakes=wakes,
        trace=Trace(_zeros(max(1, trace_rows), 4), _zeros(1), np.full(1, int(trace_rows > 0), np.int64)),
        counters=_zeros(tiles, COUNTERS),
    )


@njit(cache=True, inline="always")
def wake(wakes: np.ndarray, index: int, cycle: int) -> None:
    """Evaluate a unit in ``cycle`` at the latest."""
    if cycle < wakes[index]:
        wakes[index] = cycle


@njit(cache=True)
def record(trace: Trace, cycle: int, tile: int, event: int, flit: int) -> None:
    """Note a packet, if the run is traced."""
    if trace.enabled[0]:
        row = trace.count[0]
        if row < trace.rows.shape[0]:
            trace.rows[row, 0] = cycle
            trace.rows[row, 1] = tile
            trace.rows[row, 2] = event
            trace.rows[row, 3] = flit
        trace.count[0] = row + 1
