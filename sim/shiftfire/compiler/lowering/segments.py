"""Segments: the channels of a position that a fire operation walks together, several times over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.chip import ChipConfig

from ...network.graph import Layer
from ...network.values import IntArray
from ..program import CoreSlice


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
    segment = layer.kind.segment_channels
    return -(-min(part.channels, segment or part.channels) // lanes)


def position_walk(layer: Layer, part: CoreSlice, chip: ChipConfig) -> Walk:
    """How the fire engine of the slice's core walks one position: steps without a channel are left out."""
    steps = -(-part.channels // chip.fire_lanes)
    return Walk(layer.kind.passes, segment_groups(layer, part, chip.lanes) * chip.steps_per_group, steps)
