"""What a core's fire engine is configured with: registers, parameters, the table of the shift units."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.address import FIRE_VINIT, FIRE_VMAX, FIRE_VMIN, Space, parameter_offset
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import FIRE_CHANNELS, FIRE_CONTROL, FIRE_LEAK, FIRE_RANGE, FIRE_SHAPE, Rounding
from shiftfire_spec.shift_units import FIRE_UNITS, TABLE_ARGUMENT_BITS, UnitOutput

from ...network.graph import (
    MEMBRANE_NEURONS,
    Bspn,
    Count,
    IntArray,
    Layer,
    Lif,
    Neuron,
    Ptsoftmax,
    Requant,
    ShiftLif,
    ShiftNeuron,
    Table,
)
from ..mapping.bounds import fire_bias, fire_theta
from ..program import CoreSlice
from .segments import FIRE_OPS, segment_groups
from .words import Words, run_of_words


def fire_registers(layer: Layer, part: CoreSlice, lanes: int) -> dict[Layout, dict[str, int]]:
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
            control.update(count_steps=span.bit_length(), levels=int(neuron.levels is not None))
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


def table_words(neuron: Neuron) -> Words:
    """The table of the shift units; empty when the neuron has none."""
    entries: IntArray | None = None
    if isinstance(neuron, Ptsoftmax):
        entries = neuron.counts
    elif isinstance(neuron, Bspn):
        entries = neuron.codes
    elif isinstance(neuron, Table):
        entries = neuron.values
    elif isinstance(neuron, Count):
        entries = neuron.levels
    words = np.zeros(0, np.int64) if entries is None else np.asarray(entries, dtype=np.int64)
    return run_of_words(Space.TABLE, 0, words.astype(np.uint32))


def parameter_words(layer: Layer, part: CoreSlice, lanes: int) -> Words:
    """Bias and threshold of every lane; unused lanes 0."""
    padded = np.zeros((-(-part.channels // lanes) * lanes, 2), dtype=np.int64)
    own = slice(part.channel_base, part.channel_base + part.channels)
    padded[: part.channels, 0] = fire_bias(layer)[own]
    padded[: part.channels, 1] = fire_theta(layer)[own]
    return run_of_words(Space.PARAMETER, parameter_offset(0, 0, lanes, False), padded.reshape(-1).astype(np.uint32))
