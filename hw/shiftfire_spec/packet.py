"""Packets: one flit each. What travels on a link, and how a payload is read."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout
from .errors import ContractError

TAG_BITS = 8
AXON_BITS = 20
CHANNEL_BITS = 16  # of the part of an axon that counts channels
PAYLOAD_BITS = 8
SLOT_BITS = 5


class Kind(IntEnum):
    """Packet kinds."""

    SPIKE = 0  # one non-zero element of a vector
    END = 1  # closes the vector of its source
    CREDIT = 2  # opens a vector at its sources; the payload is the slot


KIND_DOC = {
    Kind.SPIKE: "one non-zero element of a vector",
    Kind.END: "closes the sender's part of the vector",
    Kind.CREDIT: "a destination has opened its next vector; payload = its slot at the sources",
}

FLIT = Layout(
    "flit",
    Field("kind", 2, "packet kind"),
    Field("tag", TAG_BITS, "stream the packet belongs to: the routers' table index"),
    Field("axon", AXON_BITS, "index of the element within the vector"),
    Field("payload", PAYLOAD_BITS, "graded value, read as the receiving group is configured"),
    doc="A packet is one flit: what one link carries in one cycle.",
)


class PayloadKind(IntEnum):
    """How the receiver reads an eight-bit payload."""

    UNIT = 0  # binary spike: the value is 1 whatever the bits
    COUNT = 1  # 0..255: n spikes of a train in one packet
    SIGNED = 2  # sign-magnitude: bit 7 sign, bits 6..0 magnitude
    POW2 = 3  # bit 7 sign, bits 4..0 exponent: +-2^exponent; an element's packets add up


PAYLOAD_DOC = {
    PayloadKind.UNIT: "binary spike; value 1, payload bits ignored (sent as 1)",
    PayloadKind.COUNT: "unsigned count 0..255",
    PayloadKind.SIGNED: "sign-magnitude -127..127: bit 7 sign, bits 6..0 magnitude",
    PayloadKind.POW2: "sign in bit 7, exponent 0..31 in bits 4..0: value +-2^exponent; a value that is no power of two is sent as its non-adjacent form,"
    " a packet per signed digit, lowest first, which add up (chips with `wide_values`; others read the exponent's bits 3..0 only)",
}

PAYLOAD_LIMITS = {
    PayloadKind.UNIT: (1, 1),
    PayloadKind.COUNT: (0, (1 << PAYLOAD_BITS) - 1),
    PayloadKind.SIGNED: (-(1 << (PAYLOAD_BITS - 1)) + 1, (1 << (PAYLOAD_BITS - 1)) - 1),
    PayloadKind.POW2: (-(1 << 31), 1 << 31),
}
GRADED_KINDS = (PayloadKind.COUNT, PayloadKind.SIGNED)
"""Kinds whose magnitude may have several bits set."""
SIGN_BIT = 1 << (PAYLOAD_BITS - 1)
MAGNITUDE_MASK = SIGN_BIT - 1
EXPONENT_BITS = 5
UNIT_EXPONENT_BITS = (
    4  # of an exponent that the shift units send and recode tables have an entry for; all of it on chips without `wide_values`
)


def encode_payload(kind: PayloadKind, value: int) -> int:
    """Payload bits of a non-zero value. Raises ContractError when ``kind`` cannot carry it."""
    low, high = PAYLOAD_LIMITS[kind]
    if not low <= value <= high:
        raise ContractError(f"payload {value} is out of range: {kind.name} holds {low}..{high}")
    if kind is PayloadKind.SIGNED:
        return abs(value) | (SIGN_BIT if value < 0 else 0)
    if kind is PayloadKind.POW2:
        magnitude = abs(value)
        if magnitude == 0 or magnitude & (magnitude - 1):
            raise ContractError(f"payload {value} is out of range: POW2 holds signed powers of two")
        return (magnitude.bit_length() - 1) | (SIGN_BIT if value < 0 else 0)
    return value


def decode_payload(kind: PayloadKind, payload: int) -> int:
    """Value of payload bits."""
    payload = FLIT.field("payload").check(payload, "flit")
    if kind is PayloadKind.UNIT:
        return 1
    if kind is PayloadKind.COUNT:
        return payload
    magnitude = payload & MAGNITUDE_MASK if kind is PayloadKind.SIGNED else 1 << (payload & ((1 << EXPONENT_BITS) - 1))
    return -magnitude if payload & SIGN_BIT else magnitude


class Port(IntEnum):
    """Router ports, in the order of the route mask's bits and of round-robin arbitration."""

    NORTH = 0  # towards y - 1
    EAST = 1  # towards x + 1
    SOUTH = 2  # towards y + 1
    WEST = 3  # towards x - 1; tile (0, 0)'s west port is the I/O tile
    LOCAL = 4  # the tile's core


PORTS = len(Port)
OPPOSITE = {Port.NORTH: Port.SOUTH, Port.SOUTH: Port.NORTH, Port.EAST: Port.WEST, Port.WEST: Port.EAST}
