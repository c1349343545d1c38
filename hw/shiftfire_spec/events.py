"""Event vocabulary: what an execution writes down of itself, so that two executions can be compared.

An event is a packet entering the network at a tile's core or at the I/O tile (SEND), or reaching the I/O tile (COLLECT); or one of a core's
engines (INTEGRATE, FIRE, EGRESS) doing something else from this cycle on. Golden knows the packets, and everything of them but the
cycle; simulator and RTL know all.
"""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout
from .counters import Counter

IO_TILE = -1  # the I/O tile's number in event records


class EventKind(IntEnum):
    """What happened."""

    SEND = 0
    COLLECT = 1
    INTEGRATE = 2
    FIRE = 3
    EGRESS = 4


EVENT_KIND_DOC = {
    EventKind.SEND: "the packet enters the network",
    EventKind.COLLECT: "the packet reaches the I/O tile",
    EventKind.INTEGRATE: "the integrate engine's activity changes",
    EventKind.FIRE: "the fire engine's activity changes",
    EventKind.EGRESS: "the egress's activity changes",
}
ENGINES = (EventKind.INTEGRATE, EventKind.FIRE, EventKind.EGRESS)


class Activity(IntEnum):
    """What an engine does in a cycle."""

    IDLE = 0
    BUSY = 1
    WAIT_EVENT = 2
    WAIT_FIRE = 3
    WAIT_CREDIT = 4
    STALL = 5


ACTIVITY_BITS = 3
ACTIVITY_DOC = {
    Activity.IDLE: "no counter below counts; every engine is idle before cycle 0",
    Activity.BUSY: "integrate: a beat is issued or a row cleared; fire: works on a step; egress: an event or END goes",
    Activity.WAIT_EVENT: "integrate: a vector is open and no event is at hand",
    Activity.WAIT_FIRE: "integrate: a FIRE instruction waits for the fire engine",
    Activity.WAIT_CREDIT: "egress: a vector waits for its destinations to open",
    Activity.STALL: "fire: a finished step waits for the encoder; egress: a packet waits for the router",
}

# An engine's activity is told by which counter it counts up in that cycle: so trace and counters cannot disagree.
ACTIVITY_COUNTERS: dict[EventKind, dict[Activity, tuple[Counter, ...]]] = {
    EventKind.INTEGRATE: {
        Activity.BUSY: (Counter.INTEGRATE_BUSY,),
        Activity.WAIT_EVENT: (Counter.INTEGRATE_WAIT_EVENT,),
        Activity.WAIT_FIRE: (Counter.INTEGRATE_WAIT_FIRE, Counter.INTEGRATE_WAIT_DOWNSTREAM),
    },
    EventKind.FIRE: {
        Activity.BUSY: (Counter.FIRE_BUSY,),
        Activity.STALL: (Counter.FIRE_STALL,),
    },
    EventKind.EGRESS: {
        Activity.BUSY: (Counter.EVENTS_OUT, Counter.VECTORS_OUT),
        Activity.WAIT_CREDIT: (Counter.EGRESS_WAIT_CREDIT,),
        Activity.STALL: (Counter.EGRESS_STALL,),
    },
}

ACTIVITY = Layout(
    "activity",
    *(Field(engine.name.lower(), ACTIVITY_BITS, EVENT_KIND_DOC[engine].removesuffix(" changes")) for engine in ENGINES),
    doc="What a tile's engines do in a cycle: a trace output of the RTL.",
)


# Fields of a packet event, and of an engine event.
EVENT_FIELDS = ("cycle", "tile", "event", "vector", "kind", "tag", "axon", "payload")
EVENT_FIELD_DOC = {
    "cycle": "cycle of the run",
    "tile": "tile number, -1 for the I/O tile",
    "event": "SEND or COLLECT",
    "vector": "number of the vector, from 0 in each tile (COLLECT: per tag)",
    "kind": "packet kind",
    "tag": "stream",
    "axon": "axon",
    "payload": "payload bits",
}
ENGINE_EVENT_FIELDS = ("cycle", "tile", "event", "activity")
ENGINE_EVENT_FIELD_DOC = {
    "cycle": "first cycle of the new activity",
    "tile": "tile number",
    "event": "INTEGRATE, FIRE or EGRESS",
    "activity": "what the engine does from then on",
}
