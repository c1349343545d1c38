"""Membranes that the RTL wrote, from the rows of its harness."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Shape
from amaranth.lib import data
from numpy.typing import NDArray
from shiftfire_hw.membrane_trace import membrane_trace
from shiftfire_hw.testing.chip_harness import membrane_words
from shiftfire_spec.chip import ChipConfig

from ..compiler.program import CoreSlice, Program
from ..network.graph import CURRENT, REFRACTORY
from ..network.values import IntArray
from ..system.result import NOT_STORED

WORD_BITS = 32
_PLACE_WORDS = 2  # cycle and tile of a row


def membrane_row_words(chip: ChipConfig) -> int:
    """64-bit words of a row: cycle, tile, and the words of `membrane_trace`."""
    return _PLACE_WORDS + membrane_words(chip)


def decode_membranes(program: Program, rows: NDArray[np.uint64], samples: int) -> dict[str, IntArray]:
    """What was stored by the names of `Layer.states`, int64 (samples, timesteps, channels, height, width), in the order of the writes; NOT_STORED where there was none.

    ``rows``: shape (writes, `membrane_row_words`), as the harness wrote them. A FIRE writes each membrane once, so the n-th write of an address is that of vector n.
    """
    chip, network = program.chip, program.network
    layout = membrane_trace(chip)
    tile = rows[:, 1].astype(np.int64)
    words = rows[:, _PLACE_WORDS:].astype(np.int64)
    address = _field(words, layout["address"].offset, layout["address"].width)
    states = {"": "word", CURRENT: "current", REFRACTORY: "refractory"}  # fields of the layout, by what is behind a layer's name
    lanes = {ending: _lanes(words, layout[name]) for ending, name in states.items() if name in layout.members}
    values: dict[str, IntArray] = {}
    for core in program.cores:
        layer = network.layer(core.layer)
        own = tile == core.tile
        for name in layer.states:
            if name not in values:
                values[name] = np.full((samples, layer.timesteps, *layer.shape.as_tuple()), NOT_STORED, np.int64)
            _place(values[name], core, chip, address[own], lanes[name.removeprefix(layer.name)][own])
    return values


def _place(values: IntArray, core: CoreSlice, chip: ChipConfig, address: IntArray, lanes: IntArray) -> None:
    """Put a core's writes, (writes,) addresses and (writes, fire_lanes) potentials, where their neurons are."""
    order = np.argsort(address, kind="stable")
    ordered = address[order]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(ordered) != 0))) if len(ordered) else np.zeros(0, np.int64)
    vector = np.empty_like(address)
    vector[order] = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    group, sub = np.divmod(address, chip.steps_per_group)
    position, block = np.divmod(group, -(-core.channels // chip.lanes))
    y, x = np.divmod(position, core.columns)
    sample, step = np.divmod(vector, values.shape[1])
    for lane in range(chip.fire_lanes):
        channel = block * chip.lanes + sub * chip.fire_lanes + lane
        there = (channel < core.channels) & (y < core.rows) & (sample < len(values))
        place = (sample[there], step[there], core.channel_base + channel[there], core.row_base + y[there], x[there])
        values[place] = lanes[there, lane]


def _field(words: IntArray, offset: int, width: int) -> IntArray:
    """Bits of a field of at most 32 bits in rows of 32-bit words, lowest first."""
    number, shift = divmod(offset, WORD_BITS)
    whole = words[:, number]
    if shift + width > WORD_BITS:
        whole = whole | words[:, number + 1] << WORD_BITS
    return whole >> shift & ((1 << width) - 1)


def _lanes(words: IntArray, field: data.Field) -> IntArray:
    """(writes, fire_lanes) numbers of a field with one for every lane, in rows of 32-bit words."""
    shape = field.shape
    if not isinstance(shape, data.ArrayLayout):
        raise TypeError(f"a field of {shape} does not hold a number per lane")
    element = Shape.cast(shape.elem_shape)
    values = [_field(words, field.offset + lane * element.width, element.width) for lane in range(shape.length)]
    return np.stack([_signed(value, element.width) if element.signed else value for value in values], axis=1)


def _signed(bits: IntArray, width: int) -> IntArray:
    sign = np.int64(1) << (width - 1)
    return (bits ^ sign) - sign
