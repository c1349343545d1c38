"""REQUANT: a sum over a power of two, rounded (``golden/requant.py``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, FireOp, Rounding

from ..check_values import check_integer, check_member
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .graded import check_dead_zone, check_range, container_range, fits_signed, range_from_container
from .kind import NeuronKind, Operations, Registers


@dataclass(frozen=True, eq=False)
class Requant(NeuronKind):
    """``y = clip(round((a + bias) / 2**shift), lo, hi)``; payload COUNT, or SIGNED when lo < 0. Values up to ``dead_zone`` in magnitude become 0."""

    bias: IntArray
    shift: int
    lo: int
    hi: int
    rounding: Rounding = Rounding.FLOOR
    dead_zone: int = 0

    op = FireOp.REQUANT
    operations_text = "2 additions, 2 comparisons"

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi)

    def check(self, owner: str, shape: Shape) -> None:
        check_integer(owner, "shift", self.shift, 0, FIRE_CONTROL.field("shift").maximum)
        check_range(owner, self.lo, self.hi)
        check_member(owner, "rounding", self.rounding, Rounding)
        check_dead_zone(owner, self.dead_zone)

    def container_fields(self) -> dict[str, Any]:
        limits = container_range(self.lo, self.hi, self.dead_zone)
        return {"shift": int(self.shift), **limits, "rounding": self.rounding.name}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        bias, rounding = tensors.take("bias"), fields.member("rounding", Rounding.__members__)
        shift, (lo, hi, dead_zone) = fields.integer("shift"), range_from_container(fields)
        return cls(bias, shift, lo, hi, rounding, dead_zone)

    def registers(self, segment_groups: int) -> Registers:
        return {
            FIRE_CONTROL: {"shift": self.shift, "rounding": self.rounding},
            FIRE_RANGE: {"lo": self.lo, "span": self.hi - self.lo, "dead_zone": self.dead_zone},
        }

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=2, compare=2)  # bias, rounding; two limits

    def recentred(self, level: int, dead_zone: int) -> Self | None:
        lo, hi = self.lo - level, self.hi - level
        if self.dead_zone or not fits_signed(lo, hi):
            return None
        if self.rounding is Rounding.HALF_EVEN and level % 2:
            return None  # an odd shift turns ties the other way
        bias = np.asarray(self.bias, np.int64) - (level << self.shift)
        return replace(self, bias=bias, lo=lo, hi=hi, dead_zone=dead_zone)
