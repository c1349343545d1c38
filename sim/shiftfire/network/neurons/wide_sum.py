"""SUM: what a layer sums, sent whole (``golden/wide_sum.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from shiftfire_spec.fire import FireOp

from ..check_values import check_integer, word_limits
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .kind import NeuronKind, Operations, Registers, no_bias
from .membrane import GREATEST_POTENTIAL, LEAST_POTENTIAL


@dataclass(frozen=True, eq=False)
class Sum(NeuronKind):
    """``y = a + bias``, emitted as a wide value in every fire; nothing is kept, nothing is clipped.

    ``lo`` to ``hi`` is what the values stay within: the compiler proves that they do.
    """

    bias: IntArray = field(default_factory=no_bias)  # per channel or neuron
    lo: int = LEAST_POTENTIAL
    hi: int = GREATEST_POTENTIAL

    op = FireOp.SUM
    each = True
    operations_text = "1 addition"

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi)

    @property
    def sum_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi)

    def check(self, owner: str, shape: Shape) -> None:
        low, high = word_limits()
        check_integer(owner, "lo", self.lo, low, 0)
        check_integer(owner, "hi", self.hi, 0, high)

    def container_fields(self) -> dict[str, Any]:
        return {"lo": int(self.lo), "hi": int(self.hi)}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(tensors.take("bias"), fields.integer("lo"), fields.integer("hi"))

    def registers(self, segment_groups: int) -> Registers:
        return {}

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=1, compare=0)  # bias
