"""PTSOFTMAX: softmax whose every probability is a power of two (Sorbet, arXiv 2409.15298).

With ``s`` the shift and F the fractional bits, over the entries of a row that take part::

    c_i = ceil(a_i / 2^s)    m = max c_i    d_i = m - c_i
    P   = sum over d_i <= F of 2^-d_i       k = exponent of the power of two that stands for P    e_i = d_i + k

NEAREST_UP: 2^k is nearest to P in linear distance, the midpoint 1.5 * 2^L up. CEIL: k = ceil(log2 P), where dropped entries count as
"a little above". The probability is 2^-e_i.

The published definition sums all entries. Both agree on every row of up to F + 1 entries, and on every row whose d_i do not exceed F. On longer rows they
agree unless the dropped entries, together less than N * 2^-(F + 1), carry P over a threshold; then k, and with it every e, is one too small (F >= 9).
"""

from __future__ import annotations

import numpy as np
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind
from shiftfire_spec.shift_units import (
    PTSOFTMAX_COUNT_BITS,
    PTSOFTMAX_EXPONENT_BITS,
    PTSOFTMAX_FRACTION_BITS,
    PTSOFTMAX_ONE_EXPONENT,
    PTSOFTMAX_ROW_ENTRIES,
    PTSOFTMAX_SHIFT_BITS,
    PTSOFTMAX_TABLE_BITS,
    DenominatorRule,
    check_unit,
)

from ..network.neurons.ptsoftmax import Ptsoftmax
from ..network.values import IntArray
from .rows import channel_rows, from_channel_rows

MASKED = -1


def ptsoftmax(
    a: IntArray,
    *,
    shift: int,
    rule: DenominatorRule = DenominatorRule.NEAREST_UP,
    mask: np.ndarray | None = None,
    fraction_bits: int = PTSOFTMAX_FRACTION_BITS,
) -> IntArray:
    """Exponents ``e`` of scores (rows, entries), same shape: the probability is ``2^-e``, or 0 where e is `MASKED`.

    ``mask`` (rows, entries): True where the entry takes part; all by default. ValueError for a value out of range.
    """
    _check(a, mask, shift, fraction_bits)
    rule = DenominatorRule(rule)
    part = np.ones(a.shape, dtype=bool) if mask is None else mask.astype(bool)
    c = -((-a.astype(np.int64)) >> shift)
    d = np.where(part, c, np.iinfo(np.int64).min).max(axis=1, initial=np.iinfo(np.int64).min, keepdims=True) - c
    kept = part & (d <= fraction_bits)
    total = np.where(kept, np.int64(1) << (fraction_bits - np.where(kept, d, 0)), 0).sum(axis=1)
    k = _exponent(total, (part & ~kept).any(axis=1), rule, fraction_bits)
    return np.where(part, d + k[:, None], MASKED)


def pow2_codes(e: IntArray) -> IntArray:
    """POW2 output: e itself, or the greatest code, which stands for zero, where e reaches it or the entry is masked."""
    zero = (1 << PTSOFTMAX_EXPONENT_BITS) - 1
    return np.where(e == MASKED, zero, np.minimum(e, zero))


def counts(e: IntArray, table: IntArray) -> IntArray:
    """COUNT output: ``table[min(e, last)]``, 0 where masked. ``table``: `count_table`, or any counts of that many entries."""
    entries, greatest = 1 << PTSOFTMAX_TABLE_BITS, PAYLOAD_LIMITS[PayloadKind.COUNT][1]
    if table.shape != (entries,) or table.min() < 0 or table.max() > greatest:
        raise ValueError(f"ptsoftmax: the count table of shape {table.shape} must hold {entries} counts of 0..{greatest}")
    return np.where(e == MASKED, 0, table[np.clip(e, 0, entries - 1)])


def count_table(alpha_exponent: int) -> IntArray:
    """Counts by exponent e for an activation step of ``2^-alpha_exponent``: ``min(round_half_even(2^(alpha_exponent - e)), greatest)``.

    Being powers of two they are the greatest count, 2^(alpha_exponent - e), or 0; a half rounds to 0.
    """
    entries = 1 << PTSOFTMAX_TABLE_BITS
    if isinstance(alpha_exponent, bool) or not isinstance(alpha_exponent, int) or not 0 <= alpha_exponent < entries:
        raise ValueError(
            f"ptsoftmax: alpha_exponent = {alpha_exponent!r} is out of range: an integer of 0..{entries - 1} is needed"
        )
    exponents = alpha_exponent - np.arange(entries)
    powers = np.where(exponents < 0, 0, np.int64(1) << np.clip(exponents, 0, PTSOFTMAX_COUNT_BITS))
    return np.minimum(powers, (1 << PTSOFTMAX_COUNT_BITS) - 1)


def fire_ptsoftmax(neuron: Ptsoftmax, sums: IntArray) -> IntArray:
    """Values that a layer driven by ``sums`` (..., channels, height, width) emits, same shape: powers ``2**(14 - e)``, or counts."""
    a = (channel_rows(sums) + neuron.bias.astype(np.int64)).reshape(-1, neuron.entries)
    e = ptsoftmax(a, shift=neuron.shift, rule=neuron.rule)
    if neuron.counts is None:
        rows = np.where(e <= PTSOFTMAX_ONE_EXPONENT, np.int64(1) << np.maximum(PTSOFTMAX_ONE_EXPONENT - e, 0), 0)
    else:
        rows = counts(e, neuron.counts.astype(np.int64))
    return from_channel_rows(rows, sums.shape)


def _exponent(total: IntArray, dropped: np.ndarray, rule: DenominatorRule, fraction_bits: int) -> IntArray:
    """``k`` of sums in units of 2^-F; 0 for an empty row."""
    above = sum((total >> (fraction_bits + j)) > 0 for j in range(1, PTSOFTMAX_ROW_ENTRIES.bit_length()))
    floor = np.asarray(above, dtype=np.int64)
    rest = total - (np.int64(1) << (fraction_bits + floor))
    half = np.int64(1) << (fraction_bits + floor - 1)
    up = rest >= half if rule is DenominatorRule.NEAREST_UP else (rest > 0) | dropped
    return np.where(total > 0, floor + up, 0)


def _check(a: IntArray, mask: np.ndarray | None, shift: int, fraction_bits: int) -> None:
    if a.ndim != 2 or not np.issubdtype(a.dtype, np.integer):
        raise ValueError(f"ptsoftmax: scores of shape {a.shape} and type {a.dtype} must be integers (rows, entries)")
    if mask is not None and mask.shape != a.shape:
        raise ValueError(f"ptsoftmax: the mask of shape {mask.shape} must have the scores' shape {a.shape}")
    if isinstance(shift, bool) or not 0 <= shift < 1 << PTSOFTMAX_SHIFT_BITS:
        raise ValueError(f"ptsoftmax: shift = {shift!r} is out of range: 0..{(1 << PTSOFTMAX_SHIFT_BITS) - 1} is needed")
    check_unit("ptsoftmax", row_entries=a.shape[1], fraction_bits=fraction_bits)
