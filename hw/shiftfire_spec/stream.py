"""Streams: how a core reads a vector (a group), how it sends one (the output port), and what a router does with it."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout
from .packet import AXON_BITS, CHANNEL_BITS, PAYLOAD_BITS, PORTS, SLOT_BITS, TAG_BITS, UNIT_EXPONENT_BITS

STRIDE_TERMS = 3
MAX_GROUPS = 8
MAX_SLOTS = 1 << SLOT_BITS
ACC_ADDRESS_BITS = 12
WEIGHT_ADDRESS_BITS = 20
TAP_BITS = 4
SOURCE_BITS = 10  # of the ENDs that close a vector: long signals lie in many cores, or in many pieces in memory
SHORT_SOURCE_BITS = 6  # on chips without `row_windows`
TABLE_BITS = 12  # of an entry's number in an axis table
AHEAD_BITS = 6  # of a delay
MAX_RING_WORDS = 1 << 16
RECODE_ENTRIES = 2 << UNIT_EXPONENT_BITS  # of a group: every sign, and every exponent that the shift units send


class LaneMode(IntEnum):
    """Which lanes a beat uses."""

    ALL = 0  # every lane, over `channel_groups` groups: dense and convolution
    ONE = 1  # the lane of the event's own channel: depthwise, pooling, direct


ROUTE = Layout("route", Field("mask", PORTS, "output ports, bit i = port i"), doc="A router's table entry, indexed by tag.")

GROUP_CONTROL = Layout(
    "group_control",
    Field("payload_kind", 2, "how payloads are read"),
    Field("weight_format", 3, "how weights are read"),
    Field("lane_mode", 1, "ALL: all lanes and groups; ONE: the lane of the event's channel"),
    Field("spatial", 1, "use the axis tables"),
    Field("scale", 4, "left shift of every contribution"),
    Field(
        "sources",
        SOURCE_BITS,
        f"END packets that close a vector; chips without `row_windows` have its lowest {SHORT_SOURCE_BITS} bits",
    ),
    Field("transpose", 1, "ACC: `group_stride` steps through the accumulators, not through the weights"),
    Field(
        "recode", 1, "payloads are POW2 and looked up in the group's recode table; what it holds is read as SIGNED; 0 has no beats"
    ),
    Field(
        "chain", 1, "ACC: each event is taken by the next group as well, once this one has issued its beats (chips with `chains`)"
    ),
    doc="How a group's events are integrated.",
)
GROUP_CREDIT = Layout(
    "group_credit",
    Field("tag", TAG_BITS, "tag of the CREDIT packets"),
    Field("slot", SLOT_BITS, "this core's slot at the group's sources"),
    doc="How the group tells its sources that a vector is open.",
)
GROUP_DECODE = Layout(
    "group_decode",
    Field("channel_bits", 5, "bits of the axon that hold the channel"),
    Field("x_bits", 5, "bits above them that hold the column; the rest is the row"),
    doc="How an axon splits into channel, column and row.",
)
GROUP_CHANNELS = Layout(
    "group_channels",
    Field("base", CHANNEL_BITS, "first channel taken"),
    Field("count", CHANNEL_BITS, "channels taken; events outside are dropped in one cycle"),
    doc="The channels of the stream that concern this core.",
)
GROUP_WEIGHT = Layout(
    "group_weight",
    Field("base", WEIGHT_ADDRESS_BITS, "first weight group"),
    doc="Where the group's weights start, in weight groups of its format.",
)
GROUP_STRIDE = Layout(
    "group_stride",
    *(
        Field(f"{name}{i}", bits, f"stride term {i}: {doc}")
        for i in range(STRIDE_TERMS)
        for name, bits, doc in (("enable", 1, "in use"), ("negative", 1, "subtracted"), ("shift", 5, "left shift of the channel"))
    ),
    doc="Weight groups per channel (lane mode ALL) as a sum of up to three signed powers of two.",
)
GROUP_ACC = Layout(
    "group_acc",
    Field("base", ACC_ADDRESS_BITS, "first accumulator group"),
    Field("channel_groups", ACC_ADDRESS_BITS, "accumulator groups per tap (lane mode ALL)"),
    doc="Where the group's sums go.",
)
GROUP_STEP_Y = Layout(
    "group_step_y",
    Field("acc", ACC_ADDRESS_BITS + 1, "accumulator step from one tap to the next", signed=True),
    Field("weight", 19, "weight group step from one tap to the next", signed=True),
    doc="Steps between the taps of one row axis.",
)
GROUP_STEP_X = Layout("group_step_x", *GROUP_STEP_Y.fields, doc="Steps between the taps of one column axis.")
GROUP_TABLE = Layout(
    "group_table",
    Field(
        "y_base",
        TABLE_BITS,
        f"first entry of the group in the row table; with `row_windows` less the row that it belongs to, modulo {1 << TABLE_BITS}",
    ),
    Field("x_base", TABLE_BITS, "first entry of the group in the column table"),
    doc="Where the group's axis tables start.",
)
GROUP_ROWS = Layout(
    "group_rows",
    Field("first", AXON_BITS, "first row of the source that the row table has an entry for"),
    Field("more", TABLE_BITS, "rows after it that have one, too; events of other rows are dropped in one cycle"),
    doc="The rows of the stream that concern this core. Not there on chips without `row_windows`, whose row tables start at row 0.",
)
GROUP_LOAD = Layout(
    "group_load",
    Field("rows", WEIGHT_ADDRESS_BITS, "weight memory rows cleared before, from the row of `group_weight.base` on"),
    doc="LOAD: the memory that holds the group's dynamic weights.",
)
GROUP_AHEAD = Layout(
    "group_ahead",
    Field("steps", AHEAD_BITS, "steps from the present one to the one whose sums the group adds to; 0: the current bank's"),
    Field("words", 16, "their place in the ring: `steps` times the ring's words of a step"),
    doc="For which step the group's events count. Past a sample's last step they have no beats. Chips without `delay_words` read 0.",
)
RING = Layout(
    "ring",
    Field("words", ACC_ADDRESS_BITS + 1, "accumulator groups of a step"),
    Field("length", 17, "`words` times the greatest `steps` of a group; the ring starts over there"),
    doc="The memory of the sums of later steps. Not there on chips without `delay_words`.",
)
AXIS_ENTRY = Layout(
    "axis_entry",
    Field("taps", TAP_BITS, "outputs that an event at this coordinate reaches along the axis"),
    Field("acc", ACC_ADDRESS_BITS, "accumulator offset of the first of them"),
    Field("weight", 16, "weight group offset of the first of them"),
    doc="One coordinate of an axis table: stride, padding, dilation, pooling and row slicing, worked out by the compiler.",
)
RECODE = Layout(
    "recode",
    Field("payload", PAYLOAD_BITS, "SIGNED payload taken for the entry's sign and exponent"),
    doc="An entry of a recode table.",
)
GROUP_REGISTERS = (
    GROUP_CONTROL,
    GROUP_CREDIT,
    GROUP_DECODE,
    GROUP_CHANNELS,
    GROUP_WEIGHT,
    GROUP_STRIDE,
    GROUP_ACC,
    GROUP_STEP_Y,
    GROUP_STEP_X,
    GROUP_TABLE,
    GROUP_LOAD,
    GROUP_AHEAD,
    GROUP_ROWS,
)

PORT_CONTROL = Layout(
    "port_control",
    Field("tag", TAG_BITS, "tag of the core's output stream"),
    Field("axon_base", AXON_BITS, "axon of the first neuron"),
    doc="The core's output port.",
)
PORT_STRIDE_X = Layout(
    "port_stride_x",
    Field("step", AXON_BITS, "axon step from column to column"),
    doc="How positions become axons: axon = base + y*stride_y + x*stride_x + channel.",
)
PORT_STRIDE_Y = Layout("port_stride_y", Field("step", AXON_BITS, "axon step from row to row"), doc="As `port_stride_x`, for rows.")
PORT_SLOTS = Layout(
    "port_slots", Field("mask", MAX_SLOTS, "slots that must have opened before a vector is sent"), doc="Destinations."
)
