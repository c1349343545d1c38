"""Integer models of the multiplier references (`shiftfire_hw.baselines`), to the bit."""

from __future__ import annotations

import numpy as np
from shiftfire_hw.baselines import layer_norm, softmax

from ..network.values import IntArray


def fixed_point_softmax(a: IntArray, *, shift: int, mask: np.ndarray | None = None) -> IntArray:
    """Probabilities of scores (rows, entries) in units of ``2^-PROBABILITY_BITS``, same shape, 0 where masked.

    The scores have ``shift`` fraction bits. ``mask``: True where the entry takes part; all by default.
    """
    part = np.ones(a.shape, dtype=bool) if mask is None else mask.astype(bool)
    least = np.iinfo(np.int64).min
    below = np.where(part, np.where(part, a, least).max(axis=1, initial=least, keepdims=True) - a, 0)
    halves = (below << (softmax.INDEX_FRACTION_BITS + 1)) >> shift
    index = np.minimum((halves >> 1) + (halves & 1), (1 << softmax.TABLE_BITS) - 1)
    exponential = np.where(part, np.array(softmax.exponential_table())[index], 0)
    total = exponential.sum(axis=1, keepdims=True)
    reciprocal = (1 << softmax.NUMERATOR_LOG2) // np.maximum(total, 1)
    drop = softmax.NUMERATOR_LOG2 - softmax.PROBABILITY_BITS
    rounded = (exponential * reciprocal + (1 << (drop - 1))) >> drop
    return np.minimum(rounded, (1 << softmax.PROBABILITY_BITS) - 1)


def fixed_point_layer_norm(
    x: IntArray, *, gamma: IntArray, beta: IntArray, group: int, value_bits: int, mask: IntArray | None = None
) -> IntArray:
    """y (rows, channels) of entries x, same shape, 0 where masked. ``gamma`` (in units of y) and ``beta``: one per channel."""
    inside = np.ones_like(x) if mask is None else mask.astype(np.int64)
    rows, channels = x.shape
    groups = np.pad(x * inside, ((0, 0), (0, -channels % group))).reshape(rows, -1, group)
    totals, squares = groups.sum(axis=2), (groups * groups).sum(axis=2)
    exponent, root = _inverse_root(group, totals, squares)
    fraction = layer_norm.normal_fraction_bits(group)
    scaled = (((group * groups - totals[:, :, None]).astype(object) << fraction) >> exponent[:, :, None]).astype(np.int64)
    normal = (scaled * root[:, :, None]) >> layer_norm.ROOT_FRACTION_BITS
    normal = normal.reshape(rows, -1)[:, :channels]
    limit = (1 << (value_bits - 1)) - 1
    return np.clip(((normal * gamma) >> fraction) + beta, -limit, limit) * inside


def _inverse_root(group: int, totals: IntArray, squares: IntArray) -> tuple[IntArray, IntArray]:
    """Exponent e and table value r of every group."""
    table, mantissa_bits = layer_norm.inverse_root_table(), layer_norm.TABLE_BITS - 1
    exponents, roots = np.empty_like(totals), np.empty_like(totals)
    for place in np.ndindex(totals.shape):
        variance = group * int(squares[place]) - int(totals[place]) ** 2  # may need more than 64 bits
        above = max(variance.bit_length() - 1, 0)
        mantissa = ((variance << mantissa_bits) >> above) & ((1 << mantissa_bits) - 1)
        exponents[place], roots[place] = above >> 1, table[((above & 1) << mantissa_bits) | mantissa]
    return exponents, roots
