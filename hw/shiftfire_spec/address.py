"""Addresses: the configuration chain's map of a tile, and the I/O tile's registers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from . import fire, stream
from . import shift_units as units
from .bitfield import Field, Layout
from .weights import SLICE_WORD_BITS, row_words, slice_words, slices_per_word

CONFIG_DATA_BITS = 32
CONFIG_ENTRY_WORDS = 2  # of an entry of the configuration image in memory: address, data
IO_CONFIG_TILE = 255  # of the I/O tile on the configuration chain, past every tile that a chip can have

CONFIG_ADDRESS = Layout(
    "config_address",
    Field("offset", 19, "word within the space"),
    Field("space", 4, "configuration space"),
    Field("tile", 8, "tile number, y * width + x"),
    Field("read", 1, "read instead of write"),
    doc="Address word of the configuration chain.",
)


class Space(IntEnum):
    """Configuration spaces of a tile."""

    REGISTER = 0
    PROGRAM = 1
    ROUTE = 2
    WEIGHT = 3
    PARAMETER = 4
    AXIS_Y = 5
    AXIS_X = 6
    COUNTER = 7
    TABLE = 8
    RECODE = 9
    STORE = 10
    ROOM = 11
    LEAK = 12


SPACE_DOC = {
    Space.REGISTER: "core registers, below",
    Space.PROGRAM: "`instruction` words",
    Space.ROUTE: "`route` words, indexed by tag",
    Space.WEIGHT: "weight slices, one bit per lane: offset = (row * 8 + slice) * words + word, where a slice has ceil(lanes / 32) words;"
    " with up to 4 lanes a row is one word: offset = row, bit = slice * lanes + lane",
    Space.PARAMETER: "fire parameters: offset = ((group * lanes) + lane) * 2 + (0 bias, 1 threshold), two's complement;"
    " the group is that of a position's channels, with `neuron_parameters` the accumulator group",
    Space.AXIS_Y: "`axis_entry` words of rows",
    Space.AXIS_X: "`axis_entry` words of columns",
    Space.COUNTER: "counters, read only; a write to any clears all of the tile's",
    Space.TABLE: "the fire engine's table of the shift units: offset = index, two's complement; chips without shift units have none",
    Space.RECODE: f"recode tables of the groups: offset = group * {stream.RECODE_ENTRIES} + {stream.RECODE_ENTRIES // 2} * (negative) + exponent; chips without shift units have none",
    Space.STORE: f"`store` words of the I/O tile, indexed by tag; tile = {IO_CONFIG_TILE}, write only",
    Space.ROOM: f"`room` words of the I/O tile, indexed by tag; tile = {IO_CONFIG_TILE}, write only",
    Space.LEAK: "leaks of channels or neurons, beside the parameters and numbered as they are: offset = ((group * lanes) + lane) * 2 + (0 of the membrane,"
    " 1 of the current), a word of `fire_leak`; chips without `neuron_leaks` have none, those without `currents` no odd ones",
}

_SIGNED_WORD = (Field("value", CONFIG_DATA_BITS, "membrane potential", signed=True),)
_CURRENT_WORD = (Field("value", CONFIG_DATA_BITS, "synaptic current", signed=True),)
_WITH_CURRENTS = "Not there on chips without `currents`."
FIRE_VMIN = Layout("fire_v_min", *_SIGNED_WORD, doc="Operations with a membrane: its least potential.")
FIRE_VMAX = Layout("fire_v_max", *_SIGNED_WORD, doc="Operations with a membrane: its greatest potential.")
FIRE_VINIT = Layout("fire_v_init", *_SIGNED_WORD, doc="Operations with a membrane: its potential before a sample's first step.")
FIRE_IMIN = Layout("fire_i_min", *_CURRENT_WORD, doc=f"CUBALIF, CUBALI: least synaptic current. {_WITH_CURRENTS}")
FIRE_IMAX = Layout("fire_i_max", *_CURRENT_WORD, doc=f"CUBALIF, CUBALI: greatest synaptic current. {_WITH_CURRENTS}")
FIRE_VRESET = Layout(
    "fire_v_reset",
    *_SIGNED_WORD,
    doc="LIF, CUBALIF: membrane potential after a reset ZERO. Not there on chips without `resets`: 0.",
)

CORE_REGISTERS = (
    stream.PORT_CONTROL,
    stream.PORT_STRIDE_X,
    stream.PORT_STRIDE_Y,
    stream.PORT_SLOTS,
    fire.FIRE_CONTROL,
    fire.FIRE_RANGE,
    fire.FIRE_LEAK,
    fire.FIRE_SHAPE,
    fire.FIRE_CHANNELS,
    FIRE_VMIN,
    FIRE_VMAX,
    FIRE_VINIT,
    units.FIRE_UNITS,
    fire.FIRE_CURRENT_LEAK,
    FIRE_IMIN,
    FIRE_IMAX,
    FIRE_VRESET,
    stream.RING,
)
GROUP_REGISTER_BASE = 32
GROUP_REGISTER_STRIDE = 16


def core_register_offset(layout: Layout) -> int:
    """Offset of a core register in Space.REGISTER."""
    return CORE_REGISTERS.index(layout)


def group_register_offset(group: int, layout: Layout) -> int:
    """Offset of a group's register in Space.REGISTER."""
    return GROUP_REGISTER_BASE + group * GROUP_REGISTER_STRIDE + stream.GROUP_REGISTERS.index(layout)


def weight_offset(row: int, slice_: int, *, lanes: int, word: int = 0) -> int:
    """Offset of one word of a weight slice in Space.WEIGHT; lane ``32 * word + i`` is bit i, further up where slices share a word."""
    return row * row_words(lanes) + slice_ // slices_per_word(lanes) * slice_words(lanes) + word


def weight_bit(slice_: int, lane: int, *, lanes: int) -> int:
    """Bit of a lane in its word of a weight slice."""
    return slice_ % slices_per_word(lanes) * lanes + lane % SLICE_WORD_BITS


def parameter_offset(group: int, lane: int, lanes: int, threshold: bool) -> int:
    """Offset of one neuron channel's bias or threshold in Space.PARAMETER."""
    return ((group * lanes) + lane) * 2 + int(threshold)


def leak_offset(group: int, lane: int, lanes: int, current: bool) -> int:
    """Offset of one channel's or neuron's leak in Space.LEAK: that of its membrane, or of its current."""
    return ((group * lanes) + lane) * 2 + int(current)


def recode_offset(group: int, entry: int) -> int:
    """Offset of an entry of a group's table in Space.RECODE."""
    return group * stream.RECODE_ENTRIES + entry


@dataclass(frozen=True)
class IoRegister:
    """A register of the I/O tile: word ``index`` of its bus window."""

    name: str
    index: int
    access: str
    doc: str


IO_REGISTERS = tuple(
    IoRegister(name, index, access, doc)
    for index, (name, access, doc) in enumerate(
        (
            ("FINGERPRINT", "ro", "contract fingerprint: check it first"),
            ("CHIP", "ro", "mesh width in bits 7..0, height in bits 15..8"),
            (
                "CONTROL",
                "wo",
                "bit 0 configure, bit 1 run, bit 2 clear the interrupt, bit 3 drain; configure and run together: the configuration goes on"
                " beside the run; drain with run: the run ends when the fabric is quiet as well (chips with feedback; others ignore the bit)",
            ),
            ("STATUS", "ro", "bit 0 configuring, bit 1 running, bit 2 interrupt pending, bit 3 collection overflow"),
            ("CONFIG_BASE", "rw", "memory word address of the configuration image"),
            ("CONFIG_COUNT", "rw", "entries of the image, two words each (address, data)"),
            ("READ_BASE", "rw", "memory word address where values read by the image go"),
            ("INJECT_BASE", "rw", "memory word address of the injection program"),
            ("INJECT_COUNT", "rw", "words of the injection program"),
            ("COLLECT_BASE", "rw", "memory word address where collected packets go"),
            ("COLLECT_LIMIT", "rw", "room for so many packets; more are counted, not stored, and raise the overflow flag"),
            ("COLLECT_ENDS", "rw", "END packets that end the run; with drain it ends later, when the fabric is quiet"),
            ("COLLECT_COUNT", "ro", "packets collected"),
            ("CYCLES", "ro", "cycles of the last run"),
            ("CONFIG_CYCLES", "ro", "cycles of the last configuration, whether beside a run or not"),
        )
    )
)
IO_REGISTER_INDEX = {r.name: r.index for r in IO_REGISTERS}
CONTROL_CONFIGURE, CONTROL_RUN, CONTROL_CLEAR, CONTROL_DRAIN = 0, 1, 2, 3
STATUS_CONFIGURING, STATUS_RUNNING, STATUS_INTERRUPT, STATUS_OVERFLOW = 0, 1, 2, 3
