"""BSPN: normalisation by powers of two (``golden/bspn.py``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, FireOp, Rounding
from shiftfire_spec.packet import UNIT_EXPONENT_BITS, PayloadKind
from shiftfire_spec.shift_units import (
    BSPN_CODES,
    BSPN_GROUP,
    BSPN_GUARD_BITS,
    BSPN_PARAMETER,
    BSPN_VALUE_BITS,
    FIRE_UNITS,
    GroupScale,
    UnitOutput,
)

from ..check_values import check_codes, check_integer, check_member, check_tensor
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, NetworkError, Shape
from .graded import check_range, code_limits
from .kind import NeuronKind, Operations, Registers

DEFAULT_GUARD = (1 << BSPN_GUARD_BITS) // 2
GREATEST_EXPONENT = (1 << UNIT_EXPONENT_BITS) - 1


@dataclass(frozen=True, eq=False)
class Bspn(NeuronKind):
    """Normalisation by a power of two over every ``group`` channels of a position, a power of two as weight of each channel (``golden/bspn.py``).

    The published ``w'_c = +-2**e_c`` and ``beta_c`` become, with ``f`` fraction bits of y: ``shift = f + e_c``, ``negative``, ``beta = round(beta_c 2**f)``.
    Saturation of y: at ``+-(2**23 - 1)``. The last group of a position may be shorter; its sum is divided by ``group`` all the same.

    ``output``: POWER emits POW2 ``2**e``, which stands for ``2**(e + guard - f)``. TABLE emits ``codes``, 33 values for (exponent), (16 + exponent) negative,
    (32) zero; ``golden.bspn.sorbet_codes`` makes them. REQUANT emits ``clip(round_half_even(y / 2**requant_shift), lo, hi)``.
    """

    bias: IntArray  # per channel, added to the sum
    shift: IntArray  # per channel: left shift, -32 .. 22 - log2(group), so that the shifted value needs no saturation
    negative: IntArray  # per channel, 0 or 1
    beta: IntArray  # per channel; the chip holds accumulator_bits - 7 bits of it
    group: int = 64  # a power of two
    scale: GroupScale = GroupScale.EPSILON
    guard: int = DEFAULT_GUARD  # fraction bits of y below exponent 0 of the power of two
    output: UnitOutput = UnitOutput.POWER
    codes: IntArray | None = None  # with TABLE
    requant_shift: int = 0  # with REQUANT, as lo and hi
    lo: int = 0
    hi: int = 0

    op = FireOp.BSPN
    operations_text = "2 additions, 1 channel"
    per_channel = ("bias", "shift", "negative", "beta")

    @property
    def group_log2(self) -> int:
        return self.group.bit_length() - 1

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.POW2 if self.output is UnitOutput.POWER else super().payload_kind

    @property
    def greatest_exponent(self) -> int:
        """Of any power that can be emitted; negative when there is none."""
        limit = (1 << (BSPN_VALUE_BITS - 1)) - 1
        scaled = 1 << max(0, int(self.shift.max()) + self.group_log2)
        y = min(limit, scaled + int(abs(self.beta).max()))
        floor = y.bit_length() - 1
        return min(GREATEST_EXPONENT, floor + int(y * y >= 1 << (2 * floor + 1)) - self.guard)

    @property
    def value_limits(self) -> tuple[int, int]:
        if self.output is UnitOutput.POWER:
            greatest = 1 << self.greatest_exponent if self.greatest_exponent >= 0 else 0
            return (-greatest, greatest)
        if self.codes is not None:
            return code_limits(self.codes)
        return (self.lo, self.hi)

    def check(self, owner: str, shape: Shape) -> None:
        check_integer(owner, "group", self.group, 1, BSPN_GROUP)
        if self.group & (self.group - 1):
            raise NetworkError(f"{owner}: group = {self.group} is not a power of two; the nearest below is {1 << self.group_log2}")
        self._check_channels(owner, (shape.channels,))
        check_member(owner, "scale", self.scale, GroupScale)
        check_integer(owner, "guard", self.guard, 0, FIRE_UNITS.field("guard").maximum)
        check_member(owner, "output", self.output, UnitOutput)
        if (self.codes is not None) != (self.output is UnitOutput.TABLE):
            raise NetworkError(f"{owner}: codes go with output TABLE and with no other; its output is {self.output.name}")
        if self.codes is not None:
            check_codes(owner, "codes", self.codes, BSPN_CODES)
        self._check_requant(owner)

    def _check_channels(self, owner: str, per_channel: tuple[int, ...]) -> None:
        least, most = BSPN_PARAMETER.field("shift").minimum, BSPN_VALUE_BITS - 2 - self.group_log2
        check_tensor(owner, "shift", self.shift, least, most, per_channel)
        check_tensor(owner, "negative", self.negative, 0, 1, per_channel)
        limit = 1 << (BSPN_VALUE_BITS - 1)
        check_tensor(owner, "beta", self.beta, -limit, limit - 1, per_channel)

    def _check_requant(self, owner: str) -> None:
        check_integer(owner, "requant_shift", self.requant_shift, 0, FIRE_CONTROL.field("shift").maximum)
        if self.output is UnitOutput.REQUANT:
            check_range(owner, self.lo, self.hi)
        elif (self.requant_shift, self.lo, self.hi) != (0, 0, 0):
            raise NetworkError(
                f"{owner}: requant_shift, lo and hi go with output REQUANT; its output is {self.output.name}: make them 0"
            )

    def container_fields(self) -> dict[str, Any]:
        integers = {name: int(getattr(self, name)) for name in ("group", "guard", "requant_shift", "lo", "hi")}
        return {"scale": self.scale.name, "output": self.output.name, **integers}

    def container_tensors(self) -> dict[str, IntArray]:
        return {**super().container_tensors(), **({} if self.codes is None else {"codes": self.codes})}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        bias = tensors.take("bias")
        output = fields.member("output", UnitOutput.__members__)
        return cls(
            bias=bias,
            shift=tensors.take("shift"),
            negative=tensors.take("negative"),
            beta=tensors.take("beta"),
            group=fields.integer("group"),
            scale=fields.member("scale", GroupScale.__members__),
            guard=fields.integer("guard"),
            output=output,
            codes=tensors.take("codes") if output is UnitOutput.TABLE else None,
            requant_shift=fields.integer("requant_shift"),
            lo=fields.integer("lo"),
            hi=fields.integer("hi"),
        )

    def registers(self, segment_groups: int) -> Registers:
        units = {"segment_groups": segment_groups, "output": self.output, "scale": self.scale, "guard": self.guard}
        if self.output is not UnitOutput.REQUANT:
            return {FIRE_UNITS: units}
        return {
            FIRE_CONTROL: {"shift": self.requant_shift, "rounding": Rounding.HALF_EVEN},
            FIRE_RANGE: {"lo": self.lo, "span": self.hi - self.lo},
            FIRE_UNITS: units,
        }

    @property
    def threshold_words(self) -> IntArray:
        """``BSPN_PARAMETER`` words, as signed integers of as many bits as beta needs."""
        shift, negative, beta = (np.asarray(values, np.int64) for values in (self.shift, self.negative, self.beta))
        field = BSPN_PARAMETER.field("shift")
        low = (shift + self.group_log2) & ((1 << field.bits) - 1)
        return low | negative << BSPN_PARAMETER.offset("negative") | beta << BSPN_PARAMETER.offset("beta")

    @property
    def threshold_text(self) -> str:
        return "the channels' shift, sign and beta in one word"

    @property
    def table(self) -> IntArray | None:
        return self.codes

    @property
    def segment_channels(self) -> int:
        return self.group

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=2, compare=0, norm_channel=1)  # the bias in every pass
