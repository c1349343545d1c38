"""What a core's stream groups are configured with: registers, weights, axis and recode tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from shiftfire_spec.address import Space, group_register_offset, recode_offset, weight_offset
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.stream import (
    AXIS_ENTRY,
    GROUP_ACC,
    GROUP_AHEAD,
    GROUP_CHANNELS,
    GROUP_CONTROL,
    GROUP_CREDIT,
    GROUP_DECODE,
    GROUP_LOAD,
    GROUP_REGISTERS,
    GROUP_ROWS,
    GROUP_STEP_X,
    GROUP_STEP_Y,
    GROUP_STRIDE,
    GROUP_TABLE,
    GROUP_WEIGHT,
    RECODE,
    TABLE_BITS,
)
from shiftfire_spec.weights import WeightFormat

from ...network.graph import Network
from ...network.values import IntArray
from ..program import Connections, CoreSlice, Credit
from .axis import Axis, row_window
from .core_program import Intake, ordered_intakes
from .encode import encode_payloads, pack_array, pack_word
from .geometry import GroupGeometry, intake_geometry
from .ring import ring_words
from .strides import signed_terms
from .weights import core_weight_rows, first_weight_group, weight_groups, weight_rows, weight_slices
from .words import Words, run_of_words


@dataclass(frozen=True)
class _Cursor:
    """Where the next stream group's axis tables and weights start."""

    y: int = 0
    x: int = 0
    weight_row: int = 0


def _step(axis: Axis | None, acc: int, weight: int) -> dict[str, int]:
    """Fields of a step register; zero when no event has a second tap."""
    if axis is None or axis.taps.max() < 2:
        return {}
    return {"acc": axis.out_step * acc, "weight": axis.tap_step * weight}


def _group_registers(
    owner: str,
    group: int,
    intake: Intake,
    shape: GroupGeometry,
    payload_kind: int,
    credit: Credit | None,
    cursor: _Cursor,
    words_of_a_step: int,
    rows: slice,
) -> Words:
    """The registers of one stream group, whose row table has ``rows`` of the source; ``credit`` is None within a chain, whose first group opens the vectors."""
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
            "sources": 0 if credit is None else credit.ends,
            "transpose": int(shape.transpose),
            "recode": int(synapses.recode is not None and not intake.rows),
            "chain": int(intake.chain),
        },
        GROUP_CREDIT: {} if credit is None else {"tag": credit.tag, "slot": credit.slot},
        GROUP_DECODE: {"channel_bits": shape.axon.channel_bits, "x_bits": shape.axon.x_bits},
        GROUP_CHANNELS: {"base": shape.channel_base, "count": shape.channel_count},
        GROUP_WEIGHT: {"base": first_weight_group(fmt, cursor.weight_row)},
        GROUP_STRIDE: stride,
        GROUP_ACC: {"base": 0, "channel_groups": shape.channel_groups},
        GROUP_STEP_Y: _step(shape.y, shape.row_acc, shape.weight.row),
        GROUP_STEP_X: _step(shape.x, shape.column_acc, shape.weight.column),
        GROUP_TABLE: {"y_base": (cursor.y - rows.start) % (1 << TABLE_BITS), "x_base": cursor.x} if shape.spatial else {},
        GROUP_ROWS: {"first": rows.start, "more": rows.stop - rows.start - 1} if shape.spatial else {},
        GROUP_AHEAD: {"steps": intake.ahead, "words": intake.ahead * words_of_a_step},
        GROUP_LOAD: {"rows": weight_rows(synapses, shape.weight.total) if intake.rows else 0},
    }
    words = [pack_word(owner, layout, **values[layout]) for layout in GROUP_REGISTERS]
    return run_of_words(Space.REGISTER, group_register_offset(group, GROUP_REGISTERS[0]), words)


def _recode_table(group: int, values: IntArray) -> Words:
    """The payloads that a group takes for signed powers of two."""
    codes = encode_payloads(PayloadKind.SIGNED, values.astype(np.int64))
    return run_of_words(Space.RECODE, recode_offset(group, 0), pack_array(RECODE, payload=codes))


def _axis_table(space: Space, start: int, axis: Axis, held: slice, acc: int, weight: int) -> Words:
    """One axis table of a group: the coordinates that it holds."""
    entries = pack_array(AXIS_ENTRY, taps=axis.taps[held], acc=axis.first[held] * acc, weight=axis.tap[held] * weight)
    return run_of_words(space, start, entries)


def group_words(
    network: Network, part: CoreSlice, connections: Connections, chip: ChipConfig, *, weights_from_top: bool
) -> Iterator[Words]:
    """Registers, weights and axis tables of all stream groups of a core; ``weights_from_top``: the weights end at the memory's last row."""
    layer = network.layer(part.layer)
    cursor = _Cursor(weight_row=chip.weight_rows - core_weight_rows(network, part, chip.lanes) if weights_from_top else 0)
    credits_of = {credit.group: credit for credit in connections.credits_of(part.tile)}
    for group, intake in enumerate(ordered_intakes(network, layer)):
        synapses, source = intake.synapses, network.source(intake.source)
        owner = f"layer {layer.name}, synapses from {intake.source}"
        shape = intake_geometry(network, intake, part, chip.lanes)
        rows = slice(0, 0) if shape.y is None else row_window(shape.y, chip)
        ahead = ring_words(part, chip.lanes)
        yield _group_registers(owner, group, intake, shape, source.payload_kind, credits_of.get(group), cursor, ahead, rows)
        if synapses.recode is not None and not intake.rows:
            yield _recode_table(group, synapses.recode)
        fmt = WeightFormat(synapses.weight_format)
        words = weight_slices(fmt, weight_groups(synapses, source.shape, part, chip.lanes))
        yield run_of_words(Space.WEIGHT, weight_offset(cursor.weight_row, 0, lanes=chip.lanes), words)
        if shape.y is not None and shape.x is not None:
            yield _axis_table(Space.AXIS_Y, cursor.y, shape.y, rows, shape.row_acc, shape.weight.row)
            columns = slice(0, len(shape.x.taps))
            yield _axis_table(Space.AXIS_X, cursor.x, shape.x, columns, shape.column_acc, shape.weight.column)
        cursor = _Cursor(
            cursor.y + rows.stop - rows.start,
            cursor.x + (source.shape.width if shape.spatial else 0),
            cursor.weight_row + (0 if intake.rows else weight_rows(synapses, shape.weight.total)),  # what is loaded is what is used
        )
