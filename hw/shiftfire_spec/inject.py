"""The I/O tile's memory formats: the injection program, and the records of collected packets."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout
from .packet import AXON_BITS, PAYLOAD_BITS, TAG_BITS

MEMORY_WORD_BITS = 32


class InjectOp(IntEnum):
    """First field of an injection word."""

    EVENT = 0
    END = 1
    BEGIN = 2


INJECT_OP_DOC = {
    InjectOp.EVENT: "send SPIKE (axon, payload) on the open vector's stream",
    InjectOp.END: "send END and close the vector",
    InjectOp.BEGIN: "open a vector on stream `tag`: the next memory word is the mask of slots to wait for",
}
INJECT_EVENT = Layout(
    "inject_event",
    Field("op", 2, "EVENT or END"),
    Field("axon", AXON_BITS, "axon"),
    Field("payload", PAYLOAD_BITS, "payload"),
    doc="An injected packet.",
)
INJECT_BEGIN = Layout("inject_begin", Field("op", 2, "BEGIN"), Field("tag", TAG_BITS, "stream"), doc="Start of an injected vector.")

COLLECT_CYCLE_BITS = 30
COLLECT_PACKET = Layout(
    "collect_packet",
    Field("axon", AXON_BITS, "axon"),
    Field("payload", PAYLOAD_BITS, "payload"),
    Field("tag", TAG_BITS, "stream"),
    doc="First word of a collected packet.",
)
COLLECT_STAMP = Layout(
    "collect_stamp",
    Field("kind", 2, "packet kind"),
    Field("cycle", COLLECT_CYCLE_BITS, "run cycle in which the packet reached the I/O tile"),
    doc="Second word of a collected packet.",
)
