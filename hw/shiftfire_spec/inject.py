"""The I/O tile's memory formats: the injection program, and the records of collected packets."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout
from .packet import AXON_BITS, PAYLOAD_BITS, TAG_BITS, Kind

MEMORY_WORD_BITS = 32


class InjectOp(IntEnum):
    """First field of an injection word. EVENT and END are the packet kinds that they send: what is collected can be injected."""

    EVENT = int(Kind.SPIKE)
    END = int(Kind.END)
    BEGIN = 2
    PLAY = 3


INJECT_OP_DOC = {
    InjectOp.EVENT: "send SPIKE (axon, payload) on the open vector's stream",
    InjectOp.END: "send END and close the vector",
    InjectOp.BEGIN: "open a vector on stream `tag`: the next memory word is the mask of slots to wait for",
    InjectOp.PLAY: "send what is stored from the address in the next memory word on, up to and with the first END, and close the vector unless `more`"
    " follows; with `wait`: the next memory word is a run cycle, wait until then, within an open vector or between two",
}
INJECT_EVENT = Layout(
    "inject_event",
    Field("op", 2, "EVENT or END"),
    Field("axon", AXON_BITS, "axon"),
    Field("payload", PAYLOAD_BITS, "payload"),
    doc="An injected packet.",
)
INJECT_BEGIN = Layout("inject_begin", Field("op", 2, "BEGIN"), Field("tag", TAG_BITS, "stream"), doc="Start of an injected vector.")

MAX_REGIONS = 32
REGION_ADDRESS_BITS = MEMORY_WORD_BITS - 1
INJECT_PLAY = Layout(
    "inject_play",
    Field("op", 2, "PLAY"),
    Field("wait", 1, "wait for the run cycle in the next word instead; chips without timed_inputs have no such bit"),
    Field("more", 1, "the END does not close the vector: another piece of it follows"),
    doc="Injection of a vector that a round before has stored, or of a piece of one; or a wait for the time of what follows.",
)

RECORD_WORDS = 2  # of a collected packet in memory
COLLECT_CYCLE_BITS = 24
COLLECT_STAMP = Layout(
    "collect_stamp",
    Field("tag", TAG_BITS, "stream"),
    Field("cycle", COLLECT_CYCLE_BITS, "low bits of the run cycle in which the packet reached the I/O tile"),
    doc="Second word of a collected packet; the first is an `inject_event`.",
)
STORE = Layout(
    "store",
    Field("address", REGION_ADDRESS_BITS, "memory word address of the stream's next vector"),
    Field("enable", 1, "packets of the tag are stored from there on, one `inject_event` each, instead of collected"),
    doc="An entry of the I/O tile's store table, indexed by tag; tags past the table are collected. Vectors begin a `room` apart.",
)
ROOM = Layout(
    "room",
    Field("words", REGION_ADDRESS_BITS, "from the first word of a stored vector to that of the next one, its END's included"),
    doc="Room of each vector of an entry of the I/O tile's store table, indexed by tag.",
)
