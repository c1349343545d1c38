"""What the kernels know of a chip: its parameters, and the configuration image decoded into arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from shiftfire_spec.address import (
    CONFIG_ADDRESS,
    CORE_REGISTERS,
    GROUP_REGISTER_BASE,
    GROUP_REGISTER_STRIDE,
    Space,
    core_register_offset,
)
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.fire import MEMBRANE_OPS, FireOp, step_cycles
from shiftfire_spec.packet import AXON_BITS, OPPOSITE, PORTS, PayloadKind, Port
from shiftfire_spec.shift_units import FIRE_PASSES
from shiftfire_spec.stream import AXIS_ENTRY, GROUP_CONTROL, GROUP_REGISTERS, RECODE_ENTRIES, RING, LaneMode
from shiftfire_spec.weights import FORMATS, WeightFormat, is_serial

from ..compiler.lowering.events import CoreEvents
from ..compiler.program import Program
from .patience import patience_of
from .records import IntArray, Records, records
from .settings import FireSettings, GroupSettings
from .walk import WalkGroup, walks_of

NOWHERE = -1


class EmittedEvent:
    """An event that a core emits."""

    step: int
    axon: int
    payload: int


class Configuration(NamedTuple):
    """Chip parameters, decoded image, and the events that golden says the cores emit. Constant during a run."""

    tiles: int
    width: int
    height: int
    link_queue_depth: int
    ingress_queue_depth: int
    egress_queue_depth: int
    inject_queue_depth: int
    timed: int  # 1: the injection can wait for a run cycle
    memory_latency: int
    memory_period: int
    memory_open: int  # first cycles of each period in which the memory takes requests
    steps_per_group: int
    behind: IntArray  # (tiles * PORTS,) queue behind each router output, NOWHERE at the chip's edge
    routes: IntArray  # (tiles, tags)
    program: IntArray  # (tiles, program_words, fields of INSTRUCTION)
    taps_y: IntArray  # (tiles, axis_entries)
    taps_x: IntArray
    groups: Records[GroupSettings]  # (tiles, stream_groups)
    ring_words: IntArray  # (tiles,) accumulator groups of a step
    recode: IntArray  # (tiles, stream_groups * RECODE_ENTRIES)
    fire: Records[FireSettings]  # (tiles,)
    walks: Records[WalkGroup]  # per tile of several passes, passes * channel_groups entries
    first_vector: IntArray  # (tiles + 1,) first entry of each tile in vector_events
    vector_events: IntArray  # per tile vectors + 1 entries: first event of each vector
    first_event: IntArray  # (tiles,) first event of the tile
    events: Records[EmittedEvent]  # by tile, in order of emission
    inject_words: IntArray
    stores: IntArray  # (tags,) 1: packets of the tag that reach the I/O tile are stored for a later round
    stored_words: IntArray  # memory from address 0 on, as far as it is played
    prefetch_words: int  # memory words that the configuration beside the run reads
    collect_limit: int
    collect_ends: int
    drains: int  # the run ends when the fabric is quiet as well
    patience: int  # cycles in which some packet moves, or none ever will


def _unpack(layout: Layout, words: IntArray) -> dict[str, IntArray]:
    return {field.name: layout.read(field.name, words) for field in layout}


def _space(image: Mapping[str, np.ndarray], data: np.ndarray, space: Space, tiles: int, words: int) -> np.ndarray:
    """Content of one space of every tile after the image was written, (tiles, words)."""
    content = np.zeros((tiles, words), np.int64)
    chosen = (image["space"] == space) & (image["read"] == 0)
    content[image["tile"][chosen], image["offset"][chosen]] = data[chosen]
    return content


def queues_behind(width: int, height: int) -> IntArray:
    """Queue behind each router output: a neighbour's input, the tile's ingress, the collection queue west of tile 0, or NOWHERE."""
    tiles = width * height
    behind = np.full((tiles, PORTS), NOWHERE, np.int64)
    steps = {Port.NORTH: (0, -1), Port.EAST: (1, 0), Port.SOUTH: (0, 1), Port.WEST: (-1, 0)}
    for tile in range(tiles):
        behind[tile, Port.LOCAL] = tiles * PORTS + tile
        for port, (dx, dy) in steps.items():
            x, y = tile % width + dx, tile // width + dy
            if 0 <= x < width and 0 <= y < height:
                behind[tile, port] = (y * width + x) * PORTS + OPPOSITE[port]
    behind[0, Port.WEST] = tiles * (PORTS + 1)
    return behind.ravel()


def _groups(program: Program, registers: np.ndarray) -> Records[GroupSettings]:
    chip = program.chip
    fields: dict[str, dict[str, np.ndarray]] = {}
    for index, layout in enumerate(GROUP_REGISTERS):
        columns = GROUP_REGISTER_BASE + GROUP_REGISTER_STRIDE * np.arange(chip.stream_groups) + index
        fields[layout.name] = _unpack(layout, registers[:, columns])
    control = fields["group_control"]
    control["payload_kind"] = np.where(control["recode"], PayloadKind.SIGNED, control["payload_kind"])
    codes = range(GROUP_CONTROL.field("weight_format").maximum + 1)
    formats = [WeightFormat(code) if code in FORMATS else WeightFormat.ONE for code in codes]
    serial = np.array([[is_serial(fmt, kind) for kind in PayloadKind] for fmt in formats], np.int64)
    lane_one = control["lane_mode"] == LaneMode.ONE
    rows, windows = fields["group_rows"], int(chip.row_windows)
    return records(
        GroupSettings,
        *lane_one.shape,
        payload_kind=control["payload_kind"],
        serial=serial[control["weight_format"], control["payload_kind"]],
        lane_one=lane_one.astype(np.int64),
        spatial=control["spatial"],
        sources=control["sources"],
        credit_tag=fields["group_credit"]["tag"],
        credit_slot=fields["group_credit"]["slot"],
        channel_bits=fields["group_decode"]["channel_bits"],
        x_bits=fields["group_decode"]["x_bits"],
        channel_base=fields["group_channels"]["base"],
        channel_count=fields["group_channels"]["count"],
        channel_groups=fields["group_acc"]["channel_groups"],
        y_base=fields["group_table"]["y_base"],
        x_base=fields["group_table"]["x_base"],
        first_row=rows["first"] * windows,
        last_row=np.where(windows, rows["first"] + rows["more"], 1 << AXON_BITS),
        lane_adds=np.where(lane_one, 1, chip.lanes).astype(np.int64),
        weight_slices=np.array([FORMATS[fmt].bits for fmt in formats], np.int64)[control["weight_format"]],
        load_rows=fields["group_load"]["rows"],
        recode=control["recode"],
        chain=control["chain"] * (np.arange(chip.stream_groups) < chip.stream_groups - 1) * int(chip.chains),
        ahead=fields["group_ahead"]["steps"] * int(chip.delay_words > 0),
    )


def _fire(program: Program, registers: np.ndarray) -> tuple[Records[FireSettings], Records[WalkGroup]]:
    fields = {layout.name: _unpack(layout, registers[:, i]) for i, layout in enumerate(CORE_REGISTERS)}
    control, shape = fields["fire_control"], fields["fire_shape"]
    passes = np.ones_like(control["op"])
    for op, count in FIRE_PASSES.items():
        passes[control["op"] == op] = count
    groups, per_group = shape["channel_groups"], program.chip.steps_per_group
    last_steps = -(-fields["fire_channels"]["channels"] // program.chip.fire_lanes) - (groups - 1) * per_group
    pass_steps = (groups - 1) * per_group + np.clip(last_steps, 1, per_group)
    steps = shape["width"] * shape["height"] * pass_steps * passes
    segments = np.where(passes > 1, np.maximum(fields["fire_units"]["segment_groups"], 1), np.maximum(groups, 1))
    first_walk, walks = walks_of(passes, segments, groups)
    settings = records(
        FireSettings,
        *steps.shape,
        tag=fields["port_control"]["tag"],
        slot_mask=fields["port_slots"]["mask"] & ((1 << program.chip.slots) - 1),
        has_membrane=np.isin(control["op"], list(MEMBRANE_OPS)).astype(np.int64),
        step_cycles=np.array(
            [step_cycles(FireOp(op), n) for op, n in zip(control["op"].tolist(), control["count_steps"].tolist(), strict=True)]
        ),
        steps=steps,
        passes=passes,
        channel_groups=groups,
        pass_steps=pass_steps,
        tail_groups=groups - (groups - 1) // segments * segments,
        first_walk=first_walk,
    )
    return settings, walks


def _stores(program: Program) -> np.ndarray:
    """(tags,) whether the I/O tile stores a tag's packets."""
    stores = np.zeros(program.chip.tags, np.int64)
    stores[[program.stream_of(core.tile).tag for core in program.stored_cores()]] = 1
    return stores


def configure(
    program: Program,
    events: tuple[CoreEvents, ...],
    inject_words: np.ndarray,
    *,
    stored_words: np.ndarray,
    prefetch_words: int,
    collect_limit: int,
    collect_ends: int,
    drains: bool,
) -> Configuration:
    """Decode ``program.image`` as the chip's registers and memories would hold it."""
    chip = program.chip
    address = _unpack(CONFIG_ADDRESS, program.image[:, 0].astype(np.int64))
    data = program.image[:, 1].astype(np.int64)

    def space(which: Space, words: int) -> np.ndarray:
        return _space(address, data, which, chip.tiles, words)

    registers = space(Space.REGISTER, GROUP_REGISTER_BASE + GROUP_REGISTER_STRIDE * chip.stream_groups)
    instructions = _unpack(INSTRUCTION, space(Space.PROGRAM, chip.program_words))
    by_tile = {e.core.tile: e for e in events}
    vectors, tile_vectors, tile_events = [], [0], [0]
    for tile in range(chip.tiles):
        emitted = by_tile.get(tile)
        first = tile_events[-1]
        starts = np.zeros(1, np.int64) if emitted is None else emitted.event_start[:: emitted.steps]
        vectors.append(first + starts)
        tile_vectors.append(tile_vectors[-1] + len(starts))
        tile_events.append(first + (0 if emitted is None else len(emitted.axon)))
    ordered = [by_tile[t] for t in range(chip.tiles) if t in by_tile]

    def joined(parts: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)

    groups = _groups(program, registers)
    taps = [AXIS_ENTRY.read("taps", space(axis, chip.axis_entries)) for axis in (Space.AXIS_Y, Space.AXIS_X)]
    ring_words = RING.read("words", registers[:, core_register_offset(RING)])
    fire, walks = _fire(program, registers)
    return Configuration(
        tiles=chip.tiles,
        width=chip.width,
        height=chip.height,
        link_queue_depth=chip.link_queue_depth,
        ingress_queue_depth=chip.ingress_queue_depth,
        egress_queue_depth=chip.egress_queue_depth,
        inject_queue_depth=chip.inject_queue_depth,
        timed=int(chip.timed_inputs),
        memory_latency=chip.memory_latency_cycles,
        memory_period=chip.memory_stall_period_cycles,
        memory_open=chip.memory_stall_period_cycles - chip.memory_stall_cycles,
        steps_per_group=chip.steps_per_group,
        behind=queues_behind(chip.width, chip.height),
        routes=space(Space.ROUTE, chip.tags),
        program=np.stack([instructions[f.name] for f in INSTRUCTION], axis=-1),
        taps_y=taps[0],
        taps_x=taps[1],
        groups=groups,
        ring_words=ring_words,
        recode=space(Space.RECODE, chip.stream_groups * RECODE_ENTRIES),
        fire=fire,
        walks=walks,
        first_vector=np.array(tile_vectors, np.int64),
        vector_events=np.concatenate(vectors).astype(np.int64),
        first_event=np.array(tile_events[:-1], np.int64),
        events=records(
            EmittedEvent,
            tile_events[-1],
            step=joined([np.repeat(np.arange(e.vectors * e.steps) % e.steps, np.diff(e.event_start)) for e in ordered]),
            axon=joined([e.axon for e in ordered]),
            payload=joined([e.payload for e in ordered]),
        ),
        inject_words=inject_words.astype(np.int64),
        stores=_stores(program),
        stored_words=stored_words.astype(np.int64),
        prefetch_words=prefetch_words,
        collect_limit=collect_limit,
        collect_ends=collect_ends,
        drains=int(drains),
        patience=patience_of(chip, fire, groups, taps, ring_words),
    )
