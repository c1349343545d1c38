"""COUNT: how often a threshold fits into a sum (``golden/count.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, FireOp, step_cycles
from shiftfire_spec.shift_units import TABLE_ARGUMENT_BITS

from ..check_values import check_codes, check_integer, check_tensor, word_limits
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, NetworkError, Shape
from .graded import check_dead_zone, check_range, code_limits, container_range, fits_signed, range_from_container
from .kind import NeuronKind, Operations, Registers, no_bias


@dataclass(frozen=True, eq=False)
class Count(NeuronKind):
    """``n = clip(floor((a + bias) / theta), lo, hi)``; payload COUNT, or SIGNED when lo < 0. Values up to ``dead_zone`` in magnitude become 0.

    With ``levels`` it emits ``levels[n - lo]``; payload COUNT, or SIGNED when a level is negative. So a quantiser of any step sends values that are scaled already.
    """

    theta: IntArray  # per channel, >= 1
    bias: IntArray = field(default_factory=no_bias)  # per channel (offset included), added once per fire
    lo: int = 0
    hi: int = 15
    dead_zone: int = 0  # 0 with levels
    levels: IntArray | None = None  # hi - lo + 1 of them, at most 32: what the payload carries

    op = FireOp.COUNT
    operations_text = "1 addition, `count_steps` steps of division"
    per_channel = ("bias", "theta")

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi) if self.levels is None else code_limits(self.levels)

    @property
    def label(self) -> str:
        return self.op.name if self.levels is None else f"{self.op.name} with levels"

    @property
    def count_steps(self) -> int:
        """Compare-subtract steps: bits of the greatest quotient."""
        return (self.hi - self.lo).bit_length()

    def check(self, owner: str, shape: Shape) -> None:
        check_tensor(owner, "theta", self.theta, 1, word_limits()[1], (shape.channels,))
        if self.levels is None:
            check_range(owner, self.lo, self.hi)
        else:
            self._check_levels(owner, self.levels)
        check_dead_zone(owner, self.dead_zone)

    def _check_levels(self, owner: str, levels: IntArray) -> None:
        lo = FIRE_RANGE.field("lo")
        check_integer(owner, "lo", self.lo, lo.minimum, lo.maximum)
        check_integer(owner, "hi (with levels)", self.hi, self.lo, self.lo + (1 << TABLE_ARGUMENT_BITS) - 1)
        check_codes(owner, "levels", levels, self.hi - self.lo + 1)
        if self.dead_zone:
            raise NetworkError(
                f"{owner}: dead_zone = {self.dead_zone} with levels; make it 0, and 0 the levels that are not to be sent"
            )

    def container_fields(self) -> dict[str, Any]:
        return container_range(self.lo, self.hi, self.dead_zone)

    def container_tensors(self) -> dict[str, IntArray]:
        return {**super().container_tensors(), **({} if self.levels is None else {"levels": self.levels})}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        bias, theta = tensors.take("bias"), tensors.take("theta")
        return cls(theta, bias, *range_from_container(fields), levels=tensors.take_optional("levels"))

    def registers(self, segment_groups: int) -> Registers:
        return {
            FIRE_CONTROL: {"count_steps": self.count_steps, "levels": int(self.levels is not None)},
            FIRE_RANGE: {"lo": self.lo, "span": self.hi - self.lo, "dead_zone": self.dead_zone},
        }

    @property
    def bias_words(self) -> IntArray:
        """Less ``lo * theta``, so that the quotient starts at 0."""
        return np.asarray(self.bias, np.int64) - self.lo * self.threshold_words

    @property
    def threshold_words(self) -> IntArray:
        return np.asarray(self.theta, np.int64)

    @property
    def threshold(self) -> IntArray | None:
        return None if self.lo > 0 or self.levels is not None else np.asarray(self.theta, np.int64) * (self.dead_zone + 1)

    @property
    def table(self) -> IntArray | None:
        return self.levels

    @property
    def chip_features(self) -> tuple[str, ...]:
        return () if self.levels is None else ("shift_units",)

    @property
    def step_cycles(self) -> int:
        return step_cycles(self.op, self.count_steps)

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=1, compare=0, division_step=self.count_steps)

    def recentred(self, level: int, dead_zone: int) -> Self | None:
        lo, hi = self.lo - level, self.hi - level
        if self.dead_zone or self.levels is not None or not fits_signed(lo, hi):
            return None
        bias = np.asarray(self.bias, np.int64) - level * self.threshold_words
        return replace(self, bias=bias, lo=lo, hi=hi, dead_zone=dead_zone)
