"""Chip descriptions: the one parameter object that builds RTL, compiler and simulator alike."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from . import stream
from .address import CONFIG_ADDRESS, CORE_REGISTERS, GROUP_REGISTER_BASE, GROUP_REGISTER_STRIDE, IO_CONFIG_TILE, Space
from .counters import COUNTERS
from .errors import ContractError
from .fire import LEAK_TERM_BITS, LEAK_TERMS, OP_OPTIONS, FireOp
from .inject import MAX_REGIONS, MEMORY_WORD_BITS
from .packet import AXON_BITS, CHANNEL_BITS, EXPONENT_BITS, TAG_BITS, UNIT_EXPONENT_BITS
from .shift_units import TABLE_ENTRIES
from .weights import SLICES, row_words

MAX_CHIP_FILE_BYTES = 1 << 14
MAX_TILES = IO_CONFIG_TILE  # tile numbers below the I/O tile's
MAX_NAME = 64
_SHOWN_CHARACTERS = 64


@dataclass(frozen=True)
class ChipConfig:
    """A chip. Every parameter is an integer but the name, the clock and what `OPTIONS` lists.

    Raises ContractError when a parameter is out of its limits.
    """

    name: str
    width: int
    height: int
    lanes: int
    fire_lanes: int
    accumulator_bits: int
    membrane_bits: int
    leak_terms: int
    weight_rows: int
    accumulator_groups: int
    parameter_groups: int
    axis_entries: int
    program_words: int
    stream_groups: int
    delay_words: int
    requant: bool
    shift_units: bool
    dynamic_weights: bool
    multispike: bool
    currents: bool
    wide_values: bool
    resets: bool
    refractory: bool
    neuron_parameters: bool
    neuron_leaks: bool
    feedback: bool
    chains: bool
    row_windows: bool
    axon_bits: int
    tags: int
    slots: int
    regions: int
    link_queue_depth: int
    ingress_queue_depth: int
    egress_queue_depth: int
    inject_queue_depth: int
    timed_inputs: bool
    counter_bits: int
    memory_address_bits: int
    memory_latency_cycles: int
    memory_stall_period_cycles: int
    memory_stall_cycles: int
    clock_mhz: float

    def __post_init__(self) -> None:
        for name in OPTIONS:
            if not isinstance(getattr(self, name), bool):
                raise ContractError(f"chip {self.name}: {name} = {_shown(getattr(self, name))} is not true or false")
        for name, (low, high, _doc) in CHIP_LIMITS.items():
            value = getattr(self, name)
            fractions = name == "clock_mhz"
            if isinstance(value, bool) or not isinstance(value, (int, float) if fractions else int):
                kind = "a number" if fractions else "an integer"
                raise ContractError(f"chip {self.name}: {name} = {_shown(value)} is not a number of the right type; give {kind}")
            if not low <= value <= high:
                raise ContractError(f"chip {self.name}: {name} = {_shown(value)} is out of range {low}..{high}")
        if self.shift_units and not self.requant:
            raise ContractError(f"chip {self.name}: shift_units = true needs requant = true")
        if self.neuron_leaks and not self.leak_terms:
            raise ContractError(f"chip {self.name}: neuron_leaks = true with leak_terms = 0; give it some, or neuron_leaks = false")
        if self.lanes % self.fire_lanes:
            raise ContractError(f"chip {self.name}: fire_lanes = {self.fire_lanes} does not divide lanes = {self.lanes}")
        for name in ("lanes", "fire_lanes"):
            if getattr(self, name) & (getattr(self, name) - 1):
                raise ContractError(f"chip {self.name}: {name} = {getattr(self, name)} is not a power of two")
        offsets = self.config_words[Space.WEIGHT]
        if offsets > CONFIG_ADDRESS.field("offset").maximum + 1:
            raise ContractError(
                f"chip {self.name}: weight_rows = {self.weight_rows} with lanes = {self.lanes} needs {offsets} configuration"
                f" offsets, {CONFIG_ADDRESS.field('offset').maximum + 1} can be addressed"
            )
        if self.membrane_bits > self.accumulator_bits:
            raise ContractError(
                f"chip {self.name}: membrane_bits = {self.membrane_bits} exceeds accumulator_bits = {self.accumulator_bits}"
            )
        if self.memory_stall_cycles >= self.memory_stall_period_cycles:
            raise ContractError(
                f"chip {self.name}: memory_stall_cycles = {self.memory_stall_cycles} must be less than"
                f" memory_stall_period_cycles = {self.memory_stall_period_cycles}"
            )
        if self.tiles > MAX_TILES:
            raise ContractError(
                f"chip {self.name}: width x height = {self.tiles} tiles, at most {MAX_TILES} can be addressed: take 15 x 17 or fewer"
            )

    def has_op(self, op: FireOp) -> bool:
        """Whether the chip's fire engine has the operation."""
        return all(getattr(self, option) for option in OP_OPTIONS.get(op, ()))

    @property
    def op_bits(self) -> int:
        """Bits of a fire operation's number on this chip."""
        return max(op for op in FireOp if self.has_op(op)).bit_length()

    @property
    def leak_bits(self) -> int:
        """Bits of a leak on this chip."""
        return self.leak_terms * LEAK_TERM_BITS

    @property
    def exponent_bits(self) -> int:
        """Bits of a POW2 payload's exponent on this chip."""
        return EXPONENT_BITS if self.wide_values else UNIT_EXPONENT_BITS

    @property
    def source_bits(self) -> int:
        """Bits of the number of ENDs that close a vector."""
        return stream.SOURCE_BITS if self.row_windows else stream.SHORT_SOURCE_BITS

    @property
    def tiles(self) -> int:
        return self.width * self.height

    @property
    def file_name(self) -> str:
        """The name, of letters, digits, - and _ only, for files and modules: ``edge+lanes=32`` is ``edge-lanes-32``."""
        return re.sub(r"[^A-Za-z0-9_-]", "-", self.name)

    @property
    def steps_per_group(self) -> int:
        """Fire steps per accumulator group."""
        return self.lanes // self.fire_lanes

    @property
    def tag_bits(self) -> int:
        """Bits of a tag that this chip uses."""
        return (self.tags - 1).bit_length()

    @property
    def slot_bits(self) -> int:
        """Bits of a slot's number on this chip."""
        return (self.slots - 1).bit_length()

    @property
    def channel_bits(self) -> int:
        """Bits of a channel's number on this chip."""
        return min(CHANNEL_BITS, self.axon_bits)

    @property
    def weight_address_bits(self) -> int:
        """Bits that address a weight group of any format in this chip's weight memory."""
        return min(stream.WEIGHT_ADDRESS_BITS, (self.weight_rows * SLICES - 1).bit_length())

    @property
    def memory_words(self) -> int:
        """Words of main memory that the I/O tile can address."""
        return 1 << self.memory_address_bits

    @property
    def config_entries_in_flight(self) -> int:
        """Configuration entries between memory and the chain's end at most: one every two cycles over the whole way, with some room."""
        return (self.memory_latency_cycles + self.tiles + 3) // 2 + 2

    @property
    def config_words(self) -> dict[Space, int]:
        """Configuration offsets of each space: from 0 to one less."""
        parameters = 2 * self.parameter_groups * self.lanes
        return {
            Space.REGISTER: max(len(CORE_REGISTERS), GROUP_REGISTER_BASE + self.stream_groups * GROUP_REGISTER_STRIDE),
            Space.PROGRAM: self.program_words,
            Space.ROUTE: self.tags,
            Space.WEIGHT: self.weight_rows * row_words(self.lanes),
            Space.PARAMETER: parameters,
            Space.AXIS_Y: self.axis_entries,
            Space.AXIS_X: self.axis_entries,
            Space.COUNTER: COUNTERS,
            Space.TABLE: TABLE_ENTRIES,
            Space.RECODE: self.stream_groups * stream.RECODE_ENTRIES,
            Space.STORE: self.tags,
            Space.ROOM: self.tags,
            Space.LEAK: parameters,
        }

    @property
    def config_offset_bits(self) -> int:
        """Bits of a configuration offset on this chip."""
        return max((words - 1).bit_length() for words in self.config_words.values())

    def weight_bits(self) -> int:
        """Weight memory of a core in bits."""
        return self.weight_rows * SLICES * self.lanes

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


CHIP_LIMITS: dict[str, tuple[float, float, str]] = {
    "width": (1, 32, "columns of the mesh"),
    "height": (1, 32, "rows of the mesh"),
    "lanes": (2, 64, "accumulate lanes of a core; a power of two"),
    "fire_lanes": (1, 64, "neurons per fire step; a power of two that divides lanes"),
    "accumulator_bits": (8, 32, "width of an accumulator, bias and threshold"),
    "membrane_bits": (4, 32, "width of a membrane potential"),
    "leak_terms": (0, LEAK_TERMS, "shifts of the membrane potential that make up a leak"),
    "weight_rows": (2, 1 << 16, "rows of the weight memory, 8 x lanes bits each"),
    "accumulator_groups": (1, 1 << stream.ACC_ADDRESS_BITS, "groups of `lanes` accumulators per bank, and of membranes"),
    "parameter_groups": (1, 1 << stream.ACC_ADDRESS_BITS, "groups of `lanes` bias and threshold pairs"),
    "axis_entries": (1, 1 << 12, "entries of each axis table"),
    "program_words": (3, 64, "instructions of a core program"),
    "stream_groups": (1, stream.MAX_GROUPS, "vectors of different streams that a core can take"),
    "delay_words": (
        0,
        stream.MAX_RING_WORDS,
        "groups of `lanes` accumulators that a core keeps for later steps; 0: no delay but that of feedback",
    ),
    "axon_bits": (
        4,
        AXON_BITS,
        "bits of an axon that the chip carries: a vector's elements, each axis rounded up to a power of two",
    ),
    "tags": (3, 1 << TAG_BITS, "streams of the chip, credit streams included"),
    "slots": (1, stream.MAX_SLOTS, "destinations of one stream"),
    "regions": (1, MAX_REGIONS, "streams that a round can store, one per core that sends them"),
    "link_queue_depth": (1, 64, "flits in a router's input queue"),
    "ingress_queue_depth": (1, 256, "packets between router and core"),
    "egress_queue_depth": (1, 256, "events between encoder and router"),
    "inject_queue_depth": (1, 64, "words prefetched by the injection DMA"),
    "counter_bits": (0, 32, "width of a performance counter; counters wrap, those of 0 bits are not there and read 0"),
    "memory_address_bits": (8, MEMORY_WORD_BITS, "bits of a main memory address, of the DMAs' counts and of their registers"),
    "memory_latency_cycles": (1, 256, "cycles from a read request of the I/O tile to its data"),
    "memory_stall_period_cycles": (
        1,
        1 << 16,
        "period of the memory's stall pattern, from the start of each configuration and run",
    ),
    "memory_stall_cycles": (
        0,
        (1 << 16) - 1,
        "cycles at the end of each period in which the memory takes no request; 0: never stalls",
    ),
    "clock_mhz": (0.001, 10000.0, "nominal clock, used to turn cycles into time"),
}

OPTIONS: dict[str, str] = {
    "requant": "the fire engine has REQUANT; shift units need it",
    "shift_units": "the fire engine has PTSOFTMAX, BSPN, SHIFTLIF and TABLE",
    "dynamic_weights": "cores have LOAD: weights that are another layer's activations",
    "multispike": "the fire engine has MULTISPIKE",
    "currents": "the fire engine has CUBALIF, and with wide_values CUBALI",
    "wide_values": "values of any size are sent, as POW2 packets that add up; the fire engine has LI and SUM",
    "resets": "LIF and CUBALIF reset to any value, and at the start of the next step",
    "refractory": "LIF and CUBALIF that fired can be silent for some steps",
    "neuron_parameters": "layers can have a bias and a threshold per neuron instead of per channel",
    "neuron_leaks": "layers can have leaks per channel, with neuron_parameters per neuron",
    "feedback": "synapses with delay: ACC can discard a vector, and a run can wait until the fabric is quiet",
    "chains": "an event is taken by several stream groups in turn: synapses that share a source, weights of 16 bits",
    "row_windows": "a row table holds the rows of its source that the core sees, wherever they lie: sources longer than `axis_entries`",
    "timed_inputs": "the injection can wait for a run cycle: inputs in real time",
}

_FABRIC_OPTIONS = ("timed_inputs",)  # the others are of the cores

PRESETS = ("nano", "ulx3s", "edge", "server")
SECTION_KEYS: dict[str, tuple[str, ...]] = {  # where the presets keep them; "" is the top
    "": ("name", "clock_mhz"),
    "mesh": ("width", "height"),
    "core": (
        *("lanes", "fire_lanes", "accumulator_bits", "membrane_bits", "leak_terms", "weight_rows", "accumulator_groups"),
        *("parameter_groups", "axis_entries", "program_words", "stream_groups", "delay_words"),
        *(name for name in OPTIONS if name not in _FABRIC_OPTIONS),
    ),
    "fabric": (
        *("axon_bits", "tags", "slots", "regions", "link_queue_depth", "ingress_queue_depth", "egress_queue_depth"),
        *("inject_queue_depth", *_FABRIC_OPTIONS),
    ),
    "system": (
        *("counter_bits", "memory_address_bits", "memory_latency_cycles", "memory_stall_period_cycles"),
        "memory_stall_cycles",
    ),
}
SECTIONS = tuple(section for section in SECTION_KEYS if section)


def _shown(value: object) -> str:
    """A value for a message: short, whatever its size."""
    if isinstance(value, int) and value.bit_length() > _SHOWN_CHARACTERS:
        return f"an integer of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def parse_chip(text: str, origin: str) -> ChipConfig:
    """Chip of a TOML text; ``origin`` names it in messages.

    Parameters stand at the top or in one of `SECTIONS`. Raises ContractError for unknown, missing and repeated keys and values out of limits.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, absurdly long numbers, absurdly deep nesting
        raise ContractError(f"chip description {origin} is not TOML: {error}") from None
    known = {f.name for f in fields(ChipConfig)}
    flat: dict[str, Any] = {}
    for key, value in data.items():
        entries = value.items() if isinstance(value, dict) else [(key, value)]
        for name, item in entries:
            if name not in known:
                raise ContractError(f"chip description {origin}: unknown key {_shown(name)}; known: {', '.join(sorted(known))}")
            if name in flat:
                raise ContractError(f"chip description {origin}: {name!r} appears twice")
            flat[name] = item
    for key, value in data.items():
        if isinstance(value, dict) and key not in SECTIONS:
            raise ContractError(f"chip description {origin}: unknown section {_shown(key)}; known: {', '.join(SECTIONS)}")
    missing = sorted(known - set(flat))
    if missing:
        raise ContractError(
            f"chip description {origin}: missing key {missing[0]!r}; copy a preset ({', '.join(PRESETS)}) and edit it"
        )
    check_chip_name(f"chip description {origin}", flat["name"])
    return ChipConfig(**flat)


def check_chip_name(owner: str, name: object) -> None:
    """Raise ContractError, which starts with ``owner``, unless ``name`` is a word."""
    if not isinstance(name, str) or len(name) > MAX_NAME or not name.replace("_", "").replace("-", "").isalnum():
        raise ContractError(f"{owner}: name = {_shown(name)} is not a word of up to {MAX_NAME} letters, digits, - and _")


def load_chip(name_or_path: str) -> ChipConfig:
    """A preset by name, or a TOML file by path."""
    if name_or_path in PRESETS:
        return parse_chip((resources.files("shiftfire_spec") / "presets" / f"{name_or_path}.toml").read_text(), name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise ContractError(f"no chip {name_or_path!r}: presets are {', '.join(PRESETS)}; anything else is the path of a TOML file")
    if path.stat().st_size > MAX_CHIP_FILE_BYTES:
        raise ContractError(f"chip description {path} has {path.stat().st_size} bytes, more than {MAX_CHIP_FILE_BYTES}")
    try:
        return parse_chip(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise ContractError(f"chip description {path} is not text") from None
