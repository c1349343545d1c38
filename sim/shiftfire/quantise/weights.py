"""Integer weights: rounded to the nearest, and the unit near a proposed one that loses least, weighted by what the sources send."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..frontends.float_graph.neurons import FloatArray
from ..network.values import IntArray
from ..network.wide_weights import WIDE_BITS, WIDE_LIMITS

FACTORS = {
    0: (1.0,),
    1: tuple(np.linspace(0.6, 1.6, 21)),
    2: tuple(np.linspace(0.3, 1.1, 33)),
    4: tuple(np.linspace(0.5, 1.1, 25)),
    8: tuple(np.linspace(0.85, 1.05, 11)),
    WIDE_BITS: (1.0,),
}
"""Multiples of the unit that are tried, by bits: below 1 the greatest weights are clipped."""


def most_of(bits: int) -> int:
    """Greatest weight of symmetric ``bits``; 1 of one bit (-1 and 1) and of none (1 only); of 16 what two signed digits of 8 reach."""
    if bits == WIDE_BITS:
        return WIDE_LIMITS[1]
    return 1 if bits <= 1 else (1 << (bits - 1)) - 1


def rounded(rows: FloatArray, unit: FloatArray, bits: int) -> IntArray:
    """``rows`` (channels, weights) in units of ``unit`` (channels,), rounded to ``bits``."""
    if bits == 0:
        return np.ones(rows.shape, np.int64)
    if bits == 1:
        return np.where(rows < 0, -1, 1).astype(np.int64)
    return np.clip(np.rint(rows / unit[:, None]), -most_of(bits), most_of(bits)).astype(np.int64)


def best_unit(
    rows: list[FloatArray],
    activity: list[FloatArray],
    bits: list[int],
    scales: tuple[int, ...],
    unit: FloatArray,
    least: FloatArray,
    settled: NDArray[np.bool_],
) -> FloatArray:
    """(channels,) units near ``unit``, at least ``least``, with the smallest squared error of the weights, each weighted by its ``activity``.

    One entry of ``rows`` (channels, weights), ``activity`` (weights,), ``bits`` and ``scales`` per synapse; ``settled`` channels keep their unit.
    """
    best, best_error = unit.copy(), np.full(len(unit), np.inf)
    for factor in (1.0, *FACTORS[min(bits, default=8)]):
        tried = np.where(settled, unit, np.maximum(unit * factor, least))
        error = np.sum([_error(r, a, b, tried * 2.0**s) for r, a, b, s in zip(rows, activity, bits, scales, strict=True)], axis=0)
        better = error < best_error
        best, best_error = np.where(better, tried, best), np.where(better, error, best_error)
    return best


def _error(rows: FloatArray, activity: FloatArray, bits: int, unit: FloatArray) -> FloatArray:
    return np.square(rows - rounded(rows, unit, bits) * unit[:, None]) @ activity
