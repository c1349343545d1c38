"""Weights of 16 bits as two synapses of 8 bits from one source: w = 256 h + l, both in -128..127."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire_spec.stream import GROUP_CONTROL
from shiftfire_spec.weights import FORMATS, WeightFormat

from .synapses import Synapses
from .values import IntArray, NetworkError

WIDE_BITS = 16
HIGH_SHIFT = FORMATS[WeightFormat.INT8].bits
_LOW, _HIGH = FORMATS[WeightFormat.INT8].minimum, FORMATS[WeightFormat.INT8].maximum
WIDE_LIMITS = ((_LOW << HIGH_SHIFT) + _LOW, (_HIGH << HIGH_SHIFT) + _HIGH)
MOST_WIDE_SCALE = GROUP_CONTROL.field("scale").maximum - HIGH_SHIFT


def wide_digits(owner: str, weights: IntArray, scale: int) -> tuple[tuple[IntArray, int], tuple[IntArray, int]]:
    """Weights and scale of two synapses of 8 bits, high and low digits, that add up to ``weights`` times ``2**scale``.

    Raises NetworkError, beginning with ``owner``, when weights or scale are too large.
    """
    if scale > MOST_WIDE_SCALE:
        raise NetworkError(
            f"{owner}: scale = {scale} with weights of {WIDE_BITS} bits, whose high digits are shifted {HIGH_SHIFT} further; use {MOST_WIDE_SCALE} at most"
        )
    high, low = split_weights(owner, weights)
    return (high, scale + HIGH_SHIFT), (low, scale)


def split_weights(owner: str, weights: IntArray) -> tuple[IntArray, IntArray]:
    """(high, low) signed digits of ``weights``, of their shape. Raises NetworkError, beginning with ``owner``, for weights beyond `WIDE_LIMITS`."""
    if weights.size and not WIDE_LIMITS[0] <= int(weights.min()) <= int(weights.max()) <= WIDE_LIMITS[1]:
        raise NetworkError(
            f"{owner}: weights reach {int(weights.min())}..{int(weights.max())}; two synapses of 8 bits hold"
            f" {WIDE_LIMITS[0]}..{WIDE_LIMITS[1]}: scale them down"
        )
    whole = weights.astype(np.int64)
    low = ((whole - _LOW) & ((1 << HIGH_SHIFT) - 1)) + _LOW
    return (whole - low) >> HIGH_SHIFT, low


def wide_synapses(synapses: Synapses) -> tuple[Synapses, ...]:
    """``synapses``, whose weights may have 16 bits, as two of INT8 that add up to the same sum. Raises NetworkError when weights or scale are too large."""
    owner = f"synapses from {synapses.source}"
    if synapses.weights is None:
        raise NetworkError(f"{owner}: {synapses.op} stores no weights, so none of {WIDE_BITS} bits")
    one = replace(synapses, weight_format=WeightFormat.INT8)
    return tuple(replace(one, weights=w, scale=s) for w, s in wide_digits(owner, np.asarray(synapses.weights), synapses.scale))
