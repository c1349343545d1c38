"""BSPN: normalisation by powers of two over groups of channels (Sorbet, arXiv 2409.15298)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.fire import Rounding
from shiftfire_spec.packet import UNIT_EXPONENT_BITS
from shiftfire_spec.shift_units import BSPN_CODES, BSPN_VALUE_BITS, GroupScale, UnitOutput

from ..network.neurons.bspn import Bspn
from ..network.values import IntArray
from .log_round import bit_length, log_round
from .requant import rounding_shift
from .rows import channel_rows, from_channel_rows

MAX_EXPONENT = (1 << UNIT_EXPONENT_BITS) - 1


@dataclass(frozen=True)
class BspnResult:
    """All (rows, channels). ``y``: before the last rounding. ``power``: signed power of two as POW2 carries it, or 0. ``code``: for the next layer."""

    y: IntArray
    power: IntArray
    code: IntArray


def group_length(parameters: Bspn, x: IntArray) -> IntArray:
    """``log2(group) + k`` per channel, for x (rows, channels) in integers: ``2**k`` is what the group is divided by. A group of zeros gives 0."""
    rows, channels = x.shape
    padding = -channels % parameters.group
    sums = np.abs(np.pad(x, ((0, 0), (0, padding)))).reshape(rows, -1, parameters.group).sum(axis=2)
    length = bit_length(sums if parameters.scale is GroupScale.EPSILON else np.maximum(sums - 1, 0))
    return np.repeat(length, parameters.group, axis=1)[:, :channels]


def bspn_values(parameters: Bspn, x: IntArray, mask: IntArray | None = None, *, value_bits: int = BSPN_VALUE_BITS) -> IntArray:
    """y (rows, channels) of x, which holds the bias: group scaling, channel shift, beta; a PowerNorm of shifts without the last rounding.

    ``S = sum |x|`` over the group; ``n = floor(log2 S) + 1`` (EPSILON) or ``ceil(log2 S)`` (CEIL), 0 for S = 0; then
    ``y = sat(+-(x * 2**(shift + log2(group) - n)) + beta)``, the product by the power rounded down before the sign. So y misses the exact value
    by less than 1 (2**-f). The fraction bits of x cancel. EPSILON equals ``k = ceil(log2(mean + 1e-5))`` exactly while x has at most
    ``16 - log2(group)`` fraction bits. Masked channels (mask 0) count as zero and give 0.
    """
    inside = np.ones_like(x) if mask is None else mask.astype(np.int64)
    top = value_bits - 2
    right = top - parameters.shift - parameters.group_log2 + group_length(parameters, x * inside)
    scaled = (x << top) >> np.minimum(right, 63)
    y = np.where(parameters.negative == 1, -scaled, scaled) + parameters.beta
    limit = (1 << (value_bits - 1)) - 1
    return np.clip(y, -limit, limit) * inside


def bspn_power(parameters: Bspn, x: IntArray, mask: IntArray | None = None, *, value_bits: int = BSPN_VALUE_BITS) -> BspnResult:
    """BSPN of x (rows, channels): y, its nearest signed power of two in the log domain, and the next layer's code of that power (0 without codes).

    The exponent is ``round(log2|y|) - guard``; below 0 the power is 0, above 15 it is 15. y = 0 stays 0. Masked channels give 0 everywhere.
    """
    y = bspn_values(parameters, x, mask, value_bits=value_bits)
    exponent = np.minimum(log_round(np.abs(y)) - parameters.guard, MAX_EXPONENT)
    zero = exponent < 0
    power = np.where(zero, 0, np.sign(y) << np.maximum(exponent, 0))
    codes = np.zeros(BSPN_CODES, np.int64) if parameters.codes is None else parameters.codes.astype(np.int64)
    code = codes[np.where(zero, BSPN_CODES - 1, exponent + (y < 0) * (MAX_EXPONENT + 1))]
    return BspnResult(y, power, code if mask is None else code * mask)


def power_norm(
    parameters: Bspn,
    x: IntArray,
    *,
    shift: int,
    lo: int,
    hi: int,
    mask: IntArray | None = None,
    value_bits: int = BSPN_VALUE_BITS,
) -> IntArray:
    """The variant without the last rounding: code ``clip(round_half_even(y / 2**shift), lo, hi)`` of x (rows, channels)."""
    y = bspn_values(parameters, x, mask, value_bits=value_bits)
    code = np.clip(rounding_shift(y, shift, Rounding.HALF_EVEN), lo, hi)
    return code if mask is None else code * mask


def fire_bspn(neuron: Bspn, sums: IntArray) -> IntArray:
    """Values that a layer driven by ``sums`` (..., channels, height, width) emits, same shape."""
    x = channel_rows(sums) + neuron.bias.astype(np.int64)
    if neuron.output is UnitOutput.REQUANT:
        rows = power_norm(neuron, x, shift=neuron.requant_shift, lo=neuron.lo, hi=neuron.hi)
    else:
        result = bspn_power(neuron, x)
        rows = result.power if neuron.output is UnitOutput.POWER else result.code
    return from_channel_rows(rows, sums.shape)


def sorbet_codes(*, fraction: int, guard: int, alpha: float, lo: int, hi: int, offset: int = 0) -> IntArray:
    """Codes of the quantiser ``clip(round_half_even(value / alpha), lo, hi) + offset``: exact for any alpha > 0, as it sees 33 values only."""
    if not alpha > 0:
        raise ValueError(f"bspn: alpha = {alpha} is not positive; it is the step of the next layer's quantiser")
    powers = [2.0 ** (exponent + guard - fraction) for exponent in range(MAX_EXPONENT + 1)]
    values = np.array([*powers, *(-p for p in powers), 0.0])
    return np.clip(np.rint(values / alpha), lo, hi).astype(np.int64) + offset
