"""The configuration image: every word that a compiled network writes into the chip, tile after tile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import (
    CONFIG_ADDRESS,
    CORE_REGISTERS,
    FIRE_VINIT,
    FIRE_VMAX,
    FIRE_VMIN,
    Space,
    core_register_offset,
    group_register_offset,
    parameter_offset,
    recode_offset,
    weight_offset,
)
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_CHANNELS, FIRE_CONTROL, FIRE_LEAK, FIRE_RANGE, FIRE_SHAPE, Rounding
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.program import Opcode
from shiftfire_spec.stream import (
    AXIS_ENTRY,
    GROUP_ACC,
    GROUP_CHANNELS,
    GROUP_CONTROL,
    GROUP_CREDIT,
    GROUP_DECODE,
    GROUP_LOAD,
    GROUP_REGISTERS,
    GROUP_STEP_X,
    GROUP_STEP_Y,
    GROUP_STRIDE,
    GROUP_TABLE,
    GROUP_WEIGHT,
    PORT_CONTROL,
    PORT_SLOTS,
    PORT_STRIDE,
    RECODE,
    ROUTE,
)
from shiftfire_spec.units import FIRE_UNITS, TABLE_ARGUMENT_BITS, UnitOutput
from shiftfire_spec.weights import WeightFormat

from ..network.graph import (
    MEMBRANE_NEURONS,
    Bspn,
    Count,
    IntArray,
    Layer,
    Lif,
    Network,
    Neuron,
    Ptsoftmax,
    Requant,
    ShiftLif,
    ShiftNeuron,
    Table,
)
from .axis import Axis
from .bounds import fire_bias, fire_theta
from .encode import encode_payloads, pack_array, pack_word
from .geometry import GroupGeometry, intake_geometry
from .program import CoreSlice, Stream
from .programs import Intake, core_program, ordered_intakes
from .routing import multicast_routes
from .segments import FIRE_OPS, segment_groups
from .streams import Connections, Credit
from .strides import signed_terms
from .weights import first_weight_group, weight_groups, weight_rows, weight_slices

Words = tuple[Space, IntArray, NDArray[np.uint32]]  # space, offsets, data


@dataclass(frozen=True)
class _Cursor:
    """Where the next stream group's axis tables and weights start."""

    y: int = 0
    x: int = 0
    weight_row: int = 0


def _run(space: Space, start: int, words: Sequence[int] | NDArray[np.uint32]) -> Words:
    """Words at consecutive offsets."""
    return space, start + np.arange(len(words), dtype=np.int64), np.asarray(words, dtype=np.uint32)


def _fire_registers(layer: Layer, part: CoreSlice, lanes: int) -> dict[Layout, dict[str, int]]:
    """Values of the fire engine's registers by layout."""
    neuron = layer.neuron
    values: dict[Layout, dict[str, int]] = {
        FIRE_CONTROL: {"op": FIRE_OPS[type(neuron)], "payload_kind": layer.payload_kind},
        FIRE_SHAPE: {"width": part.columns, "height": part.rows, "channel_groups": -(-part.channels // lanes)},
        FIRE_CHANNELS: {"channels": part.channels},
    }
    control = values[FIRE_CONTROL]
    if isinstance(neuron, ShiftNeuron):
        _unit_registers(neuron, segment_groups(layer, part, lanes), values)
    if isinstance(neuron, Lif):
        control.update(strict=int(neuron.strict), reset=neuron.reset)
    if isinstance(neuron, MEMBRANE_NEURONS):
        for i, term in enumerate(neuron.leak):
            fields = {f"enable{i}": 1, f"negative{i}": int(term.negative), f"shift{i}": term.shift}
            values.setdefault(FIRE_LEAK, {}).update(fields)
        for register, value in ((FIRE_VMIN, neuron.v_min), (FIRE_VMAX, neuron.v_max), (FIRE_VINIT, neuron.v_init)):
            values[register] = {"value": value}
    elif isinstance(neuron, Count | Requant):
        span = neuron.hi - neuron.lo
        values[FIRE_RANGE] = {"lo": neuron.lo, "span": span, "dead_zone": neuron.dead_zone}
        if isinstance(neuron, Count):
            control.update(count_steps=span.bit_length())
        else:
            control.update(shift=neuron.shift, rounding=neuron.rounding)
    return values


def _unit_registers(neuron: ShiftNeuron, groups: int, values: dict[Layout, dict[str, int]]) -> None:
    """Values of the shift units' registers, into ``values``; ``groups``: accumulator groups of a segment."""
    control = values[FIRE_CONTROL]
    if isinstance(neuron, Ptsoftmax):
        control.update(shift=neuron.shift)
        values[FIRE_UNITS] = {"segment_groups": groups, "output": neuron.output, "rule": neuron.rule}
    elif isinstance(neuron, Bspn):
        values[FIRE_UNITS] = {"segment_groups": groups, "output": neuron.output, "scale": neuron.scale, "guard": neuron.guard}
        if neuron.output is UnitOutput.REQUANT:
            control.update(shift=neuron.requant_shift, rounding=Rounding.HALF_EVEN)
            values[FIRE_RANGE] = {"lo": neuron.lo, "span": neuron.hi - neuron.lo}
    elif isinstance(neuron, ShiftLif):
        values[FIRE_UNITS] = {"levels": neuron.levels, "level_rounding": neuron.rounding}
    else:
        control.update(shift=neuron.shift, rounding=Rounding.HALF_EVEN)
        values[FIRE_RANGE] = {"lo": 0, "span": (1 << TABLE_ARGUMENT_BITS) - 1}


def _table(neuron: Neuron) -> Words:
    """The table of the shift units; empty when the neuron has none."""
    entries: IntArray | None = None
    if isinstance(neuron, Ptsoftmax):
        entries = neuron.counts
    elif isinstance(neuron, Bspn):
        entries = neuron.codes
    elif isinstance(neuron, Table):
        entries = neuron.values
    words = np.zeros(0, np.int64) if entries is None else np.asarray(entries, dtype=np.int64)
    return _run(Space.TABLE, 0, words.astype(np.uint32))


def _core_registers(layer: Layer, part: CoreSlice, stream: Stream, lanes: int) -> Words:
    """All registers of a core but those of its groups."""
    values = _fire_registers(layer, part, lanes)
    values[PORT_CONTROL] = {"tag": stream.tag, "axon_base": stream.axon_base}
    values[PORT_STRIDE] = {"x": stream.stride_x, "y": stream.stride_y}
    values[PORT_SLOTS] = {"mask": stream.slot_mask}
    owner = f"layer {layer.name}"
    words = [pack_word(owner, layout, **values.get(layout, {})) for layout in CORE_REGISTERS]
    return _run(Space.REGISTER, core_register_offset(CORE_REGISTERS[0]), words)


def _step(axis: Axis | None, acc: int, weight: int) -> dict[str, int]:
    """Fields of a step register; zero when no event has a second tap."""
    if axis is None or axis.taps.max() < 2:
        return {}
    return {"acc": acc, "weight": axis.tap_step * weight}


def _group_registers(owner: str, intake: Intake, shape: GroupGeometry, payload_kind: int, credit: Credit, cursor: _Cursor) -> Words:
    """The registers of one stream group."""
    synapses = intake.synapses
    fmt = WeightFormat(synapses.weight_format)
    terms = signed_terms(shape.stride)
    stride = {
        f"{field}{i}": value
        for i, term in enumerate(terms)
        for field, value in (("enable", 1), ("negative", int(term.negative)), ("shift", term.shift))
    }
    values: dict[Layout, dict[str, int]] = {
        GROUP_CONTROL: {
            "payload_kind": payload_kind,
            "weight_format": fmt,
            "lane_mode": shape.lane_mode,
            "spatial": int(shape.spatial),
            "scale": 0 if intake.rows else synapses.scale,
            "sources": len(credit.sources),
            "transpose": int(shape.transpose),
            "recode": int(synapses.recode is not None and not intake.rows),
        },
        GROUP_CREDIT: {"tag": credit.tag, "slot": credit.slot},
        GROUP_DECODE: {"channel_bits": shape.axon.channel_bits, "x_bits": shape.axon.x_bits},
        GROUP_CHANNELS: {"base": shape.channel_base, "count": shape.channel_count},
        GROUP_WEIGHT: {"base": first_weight_group(fmt, cursor.weight_row)},
        GROUP_STRIDE: stride,
        GROUP_ACC: {"base": 0, "channel_groups": shape.channel_groups},
        GROUP_STEP_Y: _step(shape.y, shape.row_acc, shape.weight.row),
        GROUP_STEP_X: _step(shape.x, shape.column_acc, shape.weight.column),
        GROUP_TABLE: {"y_base": cursor.y, "x_base": cursor.x} if shape.spatial else {},
        GROUP_LOAD: {"rows": weight_rows(synapses, shape.weight.total) if intake.rows else 0},
    }
    words = [pack_word(owner, layout, **values[layout]) for layout in GROUP_REGISTERS]
    return _run(Space.REGISTER, group_register_offset(credit.group, GROUP_REGISTERS[0]), words)


def _recode_table(group: int, values: IntArray) -> Words:
    """The payloads that a group takes for signed powers of two."""
    codes = encode_payloads(PayloadKind.SIGNED, values.astype(np.int64))
    return _run(Space.RECODE, recode_offset(group, 0), pack_array(RECODE, payload=codes))


def _axis_table(space: Space, start: int, axis: Axis, acc: int, weight: int) -> Words:
    """One axis table of a group."""
    return _run(space, start, pack_array(AXIS_ENTRY, taps=axis.taps, acc=axis.first * acc, weight=axis.tap * weight))


def _groups(network: Network, part: CoreSlice, connections: Connections, chip: ChipConfig) -> Iterator[Words]:
    """Registers, weights and axis tables of all stream groups of a core."""
    layer = network.layer(part.layer)
    cursor = _Cursor()
    for intake, credit in zip(ordered_intakes(network, layer), connections.credits_of(part.tile), strict=True):
        synapses, source = intake.synapses, network.source(intake.source)
        owner = f"layer {layer.name}, synapses from {intake.source}"
        shape = intake_geometry(network, intake, part, chip.lanes)
        yield _group_registers(owner, intake, shape, source.payload_kind, credit, cursor)
        if synapses.recode is not None and not intake.rows:
            yield _recode_table(credit.group, synapses.recode)
        fmt = WeightFormat(synapses.weight_format)
        words = weight_slices(fmt, weight_groups(synapses, source.shape, part, chip.lanes))
        yield _run(Space.WEIGHT, weight_offset(cursor.weight_row, 0, lanes=chip.lanes), words)
        if shape.y is not None and shape.x is not None:
            yield _axis_table(Space.AXIS_Y, cursor.y, shape.y, shape.row_acc, shape.weight.row)
            yield _axis_table(Space.AXIS_X, cursor.x, shape.x, shape.column_acc, shape.weight.column)
        cursor = _Cursor(
            cursor.y + (source.shape.height if shape.spatial else 0),
            cursor.x + (source.shape.width if shape.spatial else 0),
            cursor.weight_row + (0 if intake.rows else weight_rows(synapses, shape.weight.total)),  # what is loaded is what is used
        )


def _parameters(layer: Layer, part: CoreSlice, lanes: int) -> Words:
    """Bias and threshold of every lane; unused lanes 0."""
    padded = np.zeros((-(-part.channels // lanes) * lanes, 2), dtype=np.int64)
    own = slice(part.channel_base, part.channel_base + part.channels)
    padded[: part.channels, 0] = fire_bias(layer)[own]
    padded[: part.channels, 1] = fire_theta(layer)[own]
    return _run(Space.PARAMETER, parameter_offset(0, 0, lanes, False), padded.reshape(-1).astype(np.uint32))


def _routes(connections: Connections, chip: ChipConfig) -> Mapping[int, dict[int, int]]:
    """Route masks of all streams: tile -> tag -> mask."""
    routes: dict[int, dict[int, int]] = {tile: {} for tile in range(chip.tiles)}
    trees = [(s.tag, s.tile, s.destinations) for s in connections.streams]
    trees += [(c.tag, c.tile, c.sources) for c in connections.credits]
    for tag, source, destinations in trees:
        for tile, mask in multicast_routes(source, destinations, chip).items():
            routes[tile][tag] = mask
    return routes


def _tile(
    network: Network, part: CoreSlice | None, routes: dict[int, int], connections: Connections, chip: ChipConfig
) -> Iterator[Words]:
    """All words of one tile."""
    tags = sorted(routes)
    yield Space.ROUTE, np.array(tags, dtype=np.int64), pack_array(ROUTE, mask=np.array([routes[t] for t in tags], dtype=np.int64))
    if part is None:
        yield _run(Space.PROGRAM, 0, [Opcode.HALT])
        return
    layer = network.layer(part.layer)
    stream = next(s for s in connections.streams if s.tile == part.tile)
    yield _run(Space.PROGRAM, 0, [i.word() for i in core_program(network, layer)])
    yield _core_registers(layer, part, stream, chip.lanes)
    yield from _groups(network, part, connections, chip)
    yield _parameters(layer, part, chip.lanes)
    yield _table(layer.neuron)


def configuration_image(
    network: Network, cores: Sequence[CoreSlice], connections: Connections, chip: ChipConfig
) -> NDArray[np.uint32]:
    """The image, shape (entries, 2): address word, data word; tiles in increasing order.

    Raises CompileError when a number does not fit its field.
    """
    routes = _routes(connections, chip)
    parts = {c.tile: c for c in cores}
    blocks = [np.zeros((0, 2), dtype=np.uint32)]
    for tile in range(chip.tiles):
        for space, offsets, data in _tile(network, parts.get(tile), routes[tile], connections, chip):
            owner = "configuration image" if tile not in parts else f"layer {parts[tile].layer}"
            first = pack_word(owner, CONFIG_ADDRESS, space=space, tile=tile)
            if len(offsets):
                pack_word(owner, CONFIG_ADDRESS, offset=int(offsets.max()))
            address = first | offsets << CONFIG_ADDRESS.offset("offset")
            blocks.append(np.stack([address.astype(np.uint32), data], axis=1))
    return np.concatenate(blocks)
