"""PTSOFTMAX: softmax whose probabilities are powers of two (``golden/ptsoftmax.py``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from shiftfire_spec.fire import FIRE_CONTROL, FireOp
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind
from shiftfire_spec.shift_units import (
    FIRE_UNITS,
    PTSOFTMAX_ONE_EXPONENT,
    PTSOFTMAX_ROW_ENTRIES,
    PTSOFTMAX_TABLE_BITS,
    DenominatorRule,
    UnitOutput,
)

from ..check_values import check_integer, check_member, check_tensor
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, NetworkError, Shape
from .kind import NeuronKind, Operations, Registers


@dataclass(frozen=True, eq=False)
class Ptsoftmax(NeuronKind):
    """Softmax of every ``entries`` channels of a position, all probabilities powers of two 2^-e (``golden/ptsoftmax.py``).

    With ``a = sum + bias`` and ``c = ceil(a / 2**shift)``. Emits POW2 ``2**(14 - e)``, nothing where e >= 15: the scale 2^-14 is the receiver's.
    With ``counts`` (32 entries, 0..255) it emits COUNT ``counts[min(e, 31)]``. To mask an entry, make its score very negative;
    rule CEIL still counts it as a trace above the sum of the others.
    """

    bias: IntArray  # per channel
    shift: int
    entries: int  # channels is a multiple of it
    rule: DenominatorRule = DenominatorRule.NEAREST_UP
    counts: IntArray | None = None

    op = FireOp.PTSOFTMAX
    operations_text = "3 additions, 1 entry"

    @property
    def output(self) -> UnitOutput:
        return UnitOutput.POWER if self.counts is None else UnitOutput.TABLE

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.POW2 if self.counts is None else PayloadKind.COUNT

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, 1 << PTSOFTMAX_ONE_EXPONENT if self.counts is None else int(self.counts.max()))

    def check(self, owner: str, shape: Shape) -> None:
        check_integer(owner, "shift", self.shift, 0, FIRE_CONTROL.field("shift").maximum)
        check_integer(owner, "entries", self.entries, 1, PTSOFTMAX_ROW_ENTRIES)
        if shape.channels % self.entries:
            raise NetworkError(f"{owner}: entries = {self.entries} does not divide its {shape.channels} channels; a row is whole")
        check_member(owner, "rule", self.rule, DenominatorRule)
        if self.counts is not None:
            low, high = PAYLOAD_LIMITS[PayloadKind.COUNT]
            check_tensor(owner, "counts", self.counts, low, high, (1 << PTSOFTMAX_TABLE_BITS,))

    def container_fields(self) -> dict[str, Any]:
        integers = {"shift": int(self.shift), "entries": int(self.entries)}
        return {**integers, "rule": self.rule.name, "output": self.output.name}

    def container_tensors(self) -> dict[str, IntArray]:
        return {**super().container_tensors(), **({} if self.counts is None else {"counts": self.counts})}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        bias = tensors.take("bias")
        output = fields.member("output", {o.name: o for o in (UnitOutput.POWER, UnitOutput.TABLE)})
        return cls(
            bias=bias,
            shift=fields.integer("shift"),
            entries=fields.integer("entries"),
            rule=fields.member("rule", DenominatorRule.__members__),
            counts=tensors.take("counts") if output is UnitOutput.TABLE else None,
        )

    def registers(self, segment_groups: int) -> Registers:
        return {
            FIRE_CONTROL: {"shift": self.shift},
            FIRE_UNITS: {"segment_groups": segment_groups, "output": self.output, "rule": self.rule},
        }

    @property
    def table(self) -> IntArray | None:
        return self.counts

    @property
    def segment_channels(self) -> int:
        return self.entries

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=3, compare=0, softmax_entry=1)  # the bias in every pass
