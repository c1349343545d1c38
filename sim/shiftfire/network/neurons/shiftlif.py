"""SHIFTLIF: LIF whose spikes are powers of two of its threshold (``golden/shiftlif.py``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from shiftfire_spec.fire import FireOp
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.shift_units import FIRE_UNITS, SHIFTLIF_MAX_LEVEL, LevelRounding

from ..check_values import check_integer, check_member, check_tensor
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .kind import NeuronKind, Operations, Registers
from .membrane import (
    GREATEST_POTENTIAL,
    LEAST_POTENTIAL,
    Leak,
    Membrane,
    leak_from_container,
    limits_from_container,
    used_terms,
)

GREATEST_THETA_LOG2 = 30


@dataclass(frozen=True, eq=False)
class ShiftLif(NeuronKind):
    """LIF whose spikes are powers of two of its threshold ``2**theta_log2`` (``golden/shiftlif.py``).

    Emits POW2 ``2**(levels - k)`` for a spike of ``2**-k`` of the threshold, k in 0..levels: the scale ``2**-levels`` is the receiver's. The reset subtracts
    the spike. ``theta_log2`` is at least ``levels``, so that every level is an integer; other thresholds go into the scale of the weights.
    """

    theta_log2: IntArray  # per channel
    bias: IntArray  # per channel, added in every step
    levels: int
    rounding: LevelRounding
    leak: Leak = ()
    v_min: int = LEAST_POTENTIAL
    v_max: int = GREATEST_POTENTIAL
    v_init: int = 0

    op = FireOp.SHIFTLIF
    operations_text = "2 additions, 2 comparisons, leak terms + 1 subtractions"
    per_channel = ("bias", "theta_log2")

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.POW2

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, 1 << self.levels)

    @property
    def membrane(self) -> Membrane:
        return Membrane(self.leak, self.v_min, self.v_max, self.v_init)

    def check(self, owner: str, shape: Shape) -> None:
        check_integer(owner, "levels", self.levels, 1, SHIFTLIF_MAX_LEVEL)
        check_tensor(owner, "theta_log2", self.theta_log2, self.levels, GREATEST_THETA_LOG2, (shape.channels,))
        check_member(owner, "rounding", self.rounding, LevelRounding)
        self.membrane.check(owner, shape, each=self.each)

    def container_fields(self) -> dict[str, Any]:
        membrane = self.membrane
        leak, limits = membrane.container_leak(), membrane.container_limits()
        return {"rounding": self.rounding.name, **leak, "levels": int(self.levels), **limits}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(
            bias=tensors.take("bias"),
            theta_log2=tensors.take("theta_log2"),
            levels=fields.integer("levels"),
            rounding=fields.member("rounding", LevelRounding.__members__),
            leak=leak_from_container(fields, tensors),
            **limits_from_container(fields),
        )

    def registers(self, segment_groups: int) -> Registers:
        return {FIRE_UNITS: {"levels": self.levels, "level_rounding": self.rounding}, **self.membrane.registers()}

    @property
    def threshold_words(self) -> IntArray:
        """The logarithm."""
        return np.asarray(self.theta_log2, np.int64)

    @property
    def threshold(self) -> IntArray:
        """The least level; LINEAR and LOG round up to it from below."""
        return np.int64(1) << (np.asarray(self.theta_log2, np.int64) - self.levels)

    @property
    def operations(self) -> Operations:
        return Operations(
            accumulate=2, compare=2, subtract=used_terms(self.leak) + 1
        )  # as LIF; sqrt(2) or a level, the greatest level
