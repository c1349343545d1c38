"""Performance counters: one set in every tile, counted while a run is under way."""

from __future__ import annotations

from enum import IntEnum


class Counter(IntEnum):
    """Index of a counter in its tile's counter space."""

    INTEGRATE_BUSY = 0
    INTEGRATE_WAIT_EVENT = 1
    INTEGRATE_WAIT_FIRE = 2
    FIRE_BUSY = 3
    FIRE_STALL = 4
    EGRESS_WAIT_CREDIT = 5
    EGRESS_STALL = 6
    EVENTS_IN = 7
    VECTORS_IN = 8
    EVENTS_OUT = 9
    VECTORS_OUT = 10
    BEATS = 11
    LANE_ADDS = 12
    WEIGHT_SLICES = 13
    ACC_READS = 14
    ACC_WRITES = 15
    MEMBRANE_READS = 16
    MEMBRANE_WRITES = 17
    FIRE_STEPS = 18
    FLITS_NORTH = 19
    FLITS_EAST = 20
    FLITS_SOUTH = 21
    FLITS_WEST = 22
    FLITS_LOCAL = 23
    WEIGHT_WRITES = 24
    INTEGRATE_WAIT_DOWNSTREAM = 25


COUNTER_DOC: dict[Counter, tuple[str, str]] = {
    Counter.INTEGRATE_BUSY: ("cycles", "a beat is issued, or a row of dynamic weights cleared"),
    Counter.INTEGRATE_WAIT_EVENT: ("cycles", "a vector is open, no beat is issued and no event is at hand"),
    Counter.INTEGRATE_WAIT_FIRE: ("cycles", "a FIRE instruction waits for the fire engine, which works"),
    Counter.FIRE_BUSY: ("cycles", "the fire engine works on a step"),
    Counter.FIRE_STALL: ("cycles", "a finished fire step waits for the encoder"),
    Counter.EGRESS_WAIT_CREDIT: ("cycles", "a vector waits for its destinations to open"),
    Counter.EGRESS_STALL: ("cycles", "a packet of an open vector waits for the router"),
    Counter.EVENTS_IN: ("events", "SPIKE packets taken by the integrate engine"),
    Counter.VECTORS_IN: ("vectors", "END packets taken by the integrate engine"),
    Counter.EVENTS_OUT: ("events", "SPIKE packets sent"),
    Counter.VECTORS_OUT: ("vectors", "END packets sent"),
    Counter.BEATS: ("beats", "lane array activations (the beats of ACC)"),
    Counter.LANE_ADDS: ("additions", "lanes that added in those beats (synaptic operations)"),
    Counter.WEIGHT_SLICES: ("slices", "weight memory slices read, `lanes` bits each"),
    Counter.ACC_READS: ("words", "accumulator words read, `lanes x accumulator_bits` bits each"),
    Counter.ACC_WRITES: ("words", "accumulator words written, `lanes x accumulator_bits` bits each"),
    Counter.MEMBRANE_READS: ("words", "membrane words read, `fire_lanes x membrane_bits` bits each"),
    Counter.MEMBRANE_WRITES: ("words", "membrane words written, `fire_lanes x membrane_bits` bits each"),
    Counter.FIRE_STEPS: ("steps", "fire steps finished, `fire_lanes` neurons each; of several passes only the last counts"),
    Counter.FLITS_NORTH: ("flits", "flits sent north"),
    Counter.FLITS_EAST: ("flits", "flits sent east"),
    Counter.FLITS_SOUTH: ("flits", "flits sent south"),
    Counter.FLITS_WEST: ("flits", "flits sent west"),
    Counter.FLITS_LOCAL: ("flits", "flits delivered to the core"),
    Counter.WEIGHT_WRITES: ("slices", "weight memory slices written by LOAD, `lanes` bits each"),
    Counter.INTEGRATE_WAIT_DOWNSTREAM: (
        "cycles",
        "a FIRE instruction waits for the fire engine, which is stalled by the encoder: egress, router or receivers are slower",
    ),
}
COUNTERS = len(Counter)
