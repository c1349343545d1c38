"""Event vocabulary: what an execution writes down of itself, so that two executions can be compared.

An event is a packet entering the network at a tile's core or at the I/O tile (SEND), or reaching the I/O tile (COLLECT).
Golden knows everything but the cycle; simulator and RTL know all fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

IO_TILE = -1  # the I/O tile's number in event records


class EventKind(IntEnum):
    """What happened to the packet."""

    SEND = 0
    COLLECT = 1


@dataclass(frozen=True, order=True)
class Event:
    """One packet at one place: ``cycle`` counts from the start of the run, ``vector`` from 0 per tile and event kind."""

    cycle: int
    tile: int
    event: int
    vector: int
    kind: int
    tag: int
    axon: int
    payload: int


EVENT_FIELDS = ("cycle", "tile", "event", "vector", "kind", "tag", "axon", "payload")
EVENT_FIELD_DOC = {
    "cycle": "cycle of the run",
    "tile": "tile number, -1 for the I/O tile",
    "event": "SEND: the packet enters the network; COLLECT: it reaches the I/O tile",
    "vector": "number of the vector, from 0 in each tile (COLLECT: per tag)",
    "kind": "packet kind",
    "tag": "stream",
    "axon": "axon",
    "payload": "payload bits",
}
