"""BSPN: normalisation by powers of two over groups of channels (Sorbet, arXiv 2409.15298)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.fire import Rounding
from shiftfire_spec.packet import EXPONENT_BITS
from shiftfire_spec.units import BSPN_CODES, BSPN_SHIFT_BITS, CODE_BITS, GroupScale, check_unit

from ..network.graph import IntArray
from .log_round import bit_length, log_round
from .requant import rounding_shift

MAX_EXPONENT = (1 << EXPONENT_BITS) - 1


@dataclass(frozen=True)
class Bspn:
    """Parameters of a layer; arrays have one element per channel. Raises ValueError (ContractError) when one is out of range.

    The published ``w'_c = +-2**e_c`` and ``beta_c`` become, with ``f`` fraction bits of y: ``shift = f + e_c``, ``negative``, ``beta = round(beta_c 2**f)``.

    shift: left shift of the group-scaled input; -32 .. value_bits - 2 - log2(group), so that the shifted value needs no saturation.
    negative: sign of the weight.
    beta: added after the shift, signed ``value_bits``.
    group: channels per group, a power of two; a row's last group may be shorter, its sum is divided by ``group`` all the same.
    scale: the rule for the group's exponent.
    guard: fraction bits of y below exponent 0 of the power of two: POW2 exponent e stands for ``2**(e + guard - f)``.
    codes: value sent to the next layer for (exponent), (16 + exponent) negative, (32) zero. `sorbet_codes` makes one.
    value_bits: width of y, which saturates at ``+-(2**(value_bits - 1) - 1)``.
    """

    shift: IntArray
    negative: IntArray
    beta: IntArray
    codes: IntArray
    group: int = 64
    scale: GroupScale = GroupScale.EPSILON
    guard: int = 4
    value_bits: int = 24

    def __post_init__(self) -> None:
        check_unit("bspn", group=self.group, guard=self.guard, value_bits=self.value_bits)
        top = min((1 << (BSPN_SHIFT_BITS - 1)) - 1, self.value_bits - 1 - self.group.bit_length())
        _check("shift", self.shift, -(1 << (BSPN_SHIFT_BITS - 1)), top)
        _check("negative", self.negative, 0, 1)
        _check("beta", self.beta, -(1 << (self.value_bits - 1)), (1 << (self.value_bits - 1)) - 1)
        _check("codes", self.codes, -(1 << (CODE_BITS - 1)), (1 << (CODE_BITS - 1)) - 1)
        if self.codes.shape != (BSPN_CODES,) or not self.shift.shape == self.negative.shape == self.beta.shape:
            raise ValueError(
                f"bspn: codes needs {BSPN_CODES} entries, it has shape {self.codes.shape}; shift, negative and beta need one per channel: "
                f"{self.shift.shape}, {self.negative.shape}, {self.beta.shape}"
            )


@dataclass(frozen=True)
class BspnResult:
    """All (rows, channels). ``y``: before the last rounding. ``power``: signed power of two as POW2 carries it, or 0. ``code``: for the next layer."""

    y: IntArray
    power: IntArray
    code: IntArray


def _check(name: str, values: IntArray, low: int, high: int) -> None:
    if values.size and not (low <= values.min() and values.max() <= high):
        raise ValueError(
            f"bspn: {name} of {values.min()}..{values.max()} is out of range: {low}..{high} is needed; scale the layer"
        )


def group_length(parameters: Bspn, x: IntArray) -> IntArray:
    """``log2(group) + k`` per channel, for x (rows, channels) in integers: ``2**k`` is what the group is divided by. A group of zeros gives 0."""
    rows, channels = x.shape
    padding = -channels % parameters.group
    sums = np.abs(np.pad(x, ((0, 0), (0, padding)))).reshape(rows, -1, parameters.group).sum(axis=2)
    length = bit_length(sums if parameters.scale is GroupScale.EPSILON else np.maximum(sums - 1, 0))
    return np.repeat(length, parameters.group, axis=1)[:, :channels]


def bspn_values(parameters: Bspn, x: IntArray, mask: IntArray | None = None) -> IntArray:
    """y (rows, channels): group scaling, channel shift, beta; a PowerNorm of shifts without the last rounding.

    ``S = sum |x|`` over the group; ``n = floor(log2 S) + 1`` (EPSILON) or ``ceil(log2 S)`` (CEIL), 0 for S = 0; then
    ``y = sat(+-(x * 2**(shift + log2(group) - n)) + beta)``, the product by the power rounded down before the sign. So y misses the exact value
    by less than 1 (2**-f). The fraction bits of x cancel. EPSILON equals ``k = ceil(log2(mean + 1e-5))`` exactly while x has at most
    ``16 - log2(group)`` fraction bits. Masked channels (mask 0) count as zero and give 0.
    """
    inside = np.ones_like(x) if mask is None else mask.astype(np.int64)
    top = parameters.value_bits - 2
    right = top - parameters.shift - (parameters.group.bit_length() - 1) + group_length(parameters, x * inside)
    scaled = (x << top) >> np.minimum(right, 63)
    y = np.where(parameters.negative == 1, -scaled, scaled) + parameters.beta
    limit = (1 << (parameters.value_bits - 1)) - 1
    return np.clip(y, -limit, limit) * inside


def fire_bspn(parameters: Bspn, x: IntArray, mask: IntArray | None = None) -> BspnResult:
    """BSPN of x (rows, channels): y, its nearest signed power of two in the log domain, and the next layer's code of that power.

    The exponent is ``round(log2|y|) - guard``; below 0 the power is 0, above 15 it is 15. y = 0 stays 0. Masked channels give 0 everywhere.
    """
    y = bspn_values(parameters, x, mask)
    exponent = np.minimum(log_round(np.abs(y)) - parameters.guard, MAX_EXPONENT)
    zero = exponent < 0
    power = np.where(zero, 0, np.sign(y) << np.maximum(exponent, 0))
    code = parameters.codes[np.where(zero, BSPN_CODES - 1, exponent + (y < 0) * (MAX_EXPONENT + 1))]
    return BspnResult(y, power, code if mask is None else code * mask)


def fire_power_norm(parameters: Bspn, x: IntArray, *, shift: int, lo: int, hi: int, mask: IntArray | None = None) -> IntArray:
    """The variant without the last rounding: code ``clip(round_half_even(y / 2**shift), lo, hi)`` of x (rows, channels)."""
    code = np.clip(rounding_shift(bspn_values(parameters, x, mask), shift, Rounding.HALF_EVEN), lo, hi)
    return code if mask is None else code * mask


def sorbet_codes(*, fraction: int, guard: int, alpha: float, lo: int, hi: int, offset: int = 0) -> IntArray:
    """Codes of the quantiser ``clip(round_half_even(value / alpha), lo, hi) + offset``: exact for any alpha > 0, as it sees 33 values only."""
    if not alpha > 0:
        raise ValueError(f"bspn: alpha = {alpha} is not positive; it is the step of the next layer's quantiser")
    powers = [2.0 ** (exponent + guard - fraction) for exponent in range(MAX_EXPONENT + 1)]
    values = np.array([*powers, *(-p for p in powers), 0.0])
    return np.clip(np.rint(values / alpha), lo, hi).astype(np.int64) + offset
