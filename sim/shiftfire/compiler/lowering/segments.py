"""Segments: the channels of a position that a fire operation walks together, several times over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FireOp
from shiftfire_spec.shift_units import FIRE_PASSES

from ...network.graph import Argmax, Bspn, Count, IntArray, Layer, Lif, Neuron, Ptsoftmax, Requant, ShiftLif, Table
from ...network.shift_neurons import segment_channels
from ..program import CoreSlice

FIRE_OPS: dict[type[Neuron], FireOp] = {
    Lif: FireOp.LIF,
    Count: FireOp.COUNT,
    Requant: FireOp.REQUANT,
    Argmax: FireOp.ARGMAX,
    Ptsoftmax: FireOp.PTSOFTMAX,
    Bspn: FireOp.BSPN,
    ShiftLif: FireOp.SHIFTLIF,
    Table: FireOp.TABLE,
}


def fire_passes(neuron: Neuron) -> int:
    """Times that a FIRE walks each segment."""
    return FIRE_PASSES.get(FIRE_OPS[type(neuron)], 1)


@dataclass(frozen=True)
class Walk:
    """The fire steps of one position of a core: ``passes`` over each segment of ``segment`` steps, the last may be shorter, ``steps`` in each pass in all."""

    passes: int
    segment: int
    steps: int

    @property
    def total(self) -> int:
        return self.passes * self.steps

    def emitting(self, step: IntArray) -> IntArray:
        """Place in the walk of the last pass's step number ``step``."""
        start = step // self.segment * self.segment
        size = np.minimum(self.segment, self.steps - start)
        return self.passes * start + (self.passes - 1) * size + step - start


def segment_groups(layer: Layer, part: CoreSlice, lanes: int) -> int:
    """Accumulator groups of a segment of the slice."""
    segment = segment_channels(layer.neuron)
    return -(-min(part.channels, segment or part.channels) // lanes)


def position_walk(layer: Layer, part: CoreSlice, chip: ChipConfig) -> Walk:
    """How the fire engine of the slice's core walks one position."""
    per_group = chip.steps_per_group
    groups = -(-part.channels // chip.lanes)
    return Walk(fire_passes(layer.neuron), segment_groups(layer, part, chip.lanes) * per_group, groups * per_group)
