"""Neurons that need the chip's shift units: PTSOFTMAX, BSPN, SHIFTLIF and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.shift_units import (
    BSPN_GUARD_BITS,
    BSPN_VALUE_BITS,
    PTSOFTMAX_EXPONENT_BITS,
    PTSOFTMAX_ONE_EXPONENT,
    DenominatorRule,
    GroupScale,
    LevelRounding,
    UnitOutput,
)

if TYPE_CHECKING:
    from .graph import IntArray, LeakTerm

DEFAULT_GUARD = (1 << BSPN_GUARD_BITS) // 2
GREATEST_EXPONENT = (1 << PTSOFTMAX_EXPONENT_BITS) - 1


def code_limits(codes: IntArray) -> tuple[int, int]:
    """Least and greatest value of an activation that is one of ``codes``, or none."""
    return (min(0, int(codes.min())), max(0, int(codes.max())))


@dataclass(frozen=True, eq=False)
class Ptsoftmax:
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

    @property
    def output(self) -> UnitOutput:
        return UnitOutput.POWER if self.counts is None else UnitOutput.TABLE

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.POW2 if self.counts is None else PayloadKind.COUNT

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, 1 << PTSOFTMAX_ONE_EXPONENT if self.counts is None else int(self.counts.max()))


@dataclass(frozen=True, eq=False)
class Bspn:
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

    @property
    def group_log2(self) -> int:
        return self.group.bit_length() - 1

    @property
    def payload_kind(self) -> PayloadKind:
        if self.output is UnitOutput.POWER:
            return PayloadKind.POW2
        return PayloadKind.SIGNED if self.value_limits[0] < 0 else PayloadKind.COUNT

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


@dataclass(frozen=True, eq=False)
class ShiftLif:
    """LIF whose spikes are powers of two of its threshold ``2**theta_log2`` (``golden/shiftlif.py``).

    Emits POW2 ``2**(levels - k)`` for a spike of ``2**-k`` of the threshold, k in 0..levels: the scale ``2**-levels`` is the receiver's. The reset subtracts
    the spike. ``theta_log2`` is at least ``levels``, so that every level is an integer; other thresholds go into the scale of the weights.
    """

    theta_log2: IntArray  # per channel
    bias: IntArray  # per channel, added in every step
    levels: int
    rounding: LevelRounding
    leak: tuple[LeakTerm, ...] = ()
    v_min: int = -(1 << 15)
    v_max: int = (1 << 15) - 1
    v_init: int = 0

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.POW2

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, 1 << self.levels)


@dataclass(frozen=True, eq=False)
class Table:
    """Any function of a 5-bit argument: ``values[clip(round_half_even((a + bias) / 2**shift), 0, 31)]``; COUNT, or SIGNED when a value is negative."""

    bias: IntArray  # per channel
    shift: int
    values: IntArray  # 32, what the payload carries

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.SIGNED if self.value_limits[0] < 0 else PayloadKind.COUNT

    @property
    def value_limits(self) -> tuple[int, int]:
        return code_limits(self.values)


ShiftNeuron = Ptsoftmax | Bspn | ShiftLif | Table


def segment_channels(neuron: object) -> int | None:
    """Channels that such neurons share a sum over, or None when every channel is on its own."""
    if isinstance(neuron, Ptsoftmax):
        return neuron.entries
    return neuron.group if isinstance(neuron, Bspn) else None
