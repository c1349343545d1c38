"""TABLE: any function of five bits (``golden/activation_table.py``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, FireOp, Rounding
from shiftfire_spec.shift_units import TABLE_ARGUMENT_BITS

from ..check_values import check_codes, check_integer
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .graded import code_limits
from .kind import NeuronKind, Operations, Registers


@dataclass(frozen=True, eq=False)
class Table(NeuronKind):
    """Any function of a 5-bit argument: ``values[clip(round_half_even((a + bias) / 2**shift), 0, 31)]``; COUNT, or SIGNED when a value is negative."""

    bias: IntArray  # per channel
    shift: int
    values: IntArray  # 32, what the payload carries

    op = FireOp.TABLE
    operations_text = "2 additions, 2 comparisons"

    @property
    def value_limits(self) -> tuple[int, int]:
        return code_limits(self.values)

    def check(self, owner: str, shape: Shape) -> None:
        check_integer(owner, "shift", self.shift, 0, FIRE_CONTROL.field("shift").maximum)
        check_codes(owner, "values", self.values, 1 << TABLE_ARGUMENT_BITS)

    def container_fields(self) -> dict[str, Any]:
        return {"shift": int(self.shift)}

    def container_tensors(self) -> dict[str, IntArray]:
        return {**super().container_tensors(), "values": self.values}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(bias=tensors.take("bias"), shift=fields.integer("shift"), values=tensors.take("values"))

    def registers(self, segment_groups: int) -> Registers:
        return {
            FIRE_CONTROL: {"shift": self.shift, "rounding": Rounding.HALF_EVEN},
            FIRE_RANGE: {"lo": 0, "span": (1 << TABLE_ARGUMENT_BITS) - 1},
        }

    @property
    def table(self) -> IntArray:
        return self.values

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=2, compare=2)  # to its index as REQUANT
