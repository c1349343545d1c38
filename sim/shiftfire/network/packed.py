"""Weights of -1 and 1 as bits: eight to a byte, which is what a container holds of them."""

from __future__ import annotations

import math

import numpy as np

from .values import IntArray, NetworkError

MAX_SIGNS = 1 << 28
"""Most weights of one synapse that are unpacked: a byte each in memory, and more than BERT-base has in all."""


def pack_signs(weights: IntArray) -> IntArray:
    """Bytes of weights of -1 and 1 in C order, the first weight in the highest bit; 1 is a set bit. The last byte is filled up with zeros."""
    return np.packbits(weights.reshape(-1) > 0)  # type: ignore[return-value]


def unpack_signs(packed: IntArray, shape: tuple[int, ...], owner: str) -> IntArray:
    """The weights, as int8 of ``shape``. Raises NetworkError, naming ``owner``, unless ``packed`` is as many bytes as they take, filled up with zeros, and they are at most `MAX_SIGNS`."""
    count = math.prod(shape)
    if count > MAX_SIGNS:
        raise NetworkError(f"{owner}: {shape} are {count} weights, at most {MAX_SIGNS} are read; cut the layer")
    if (
        min(shape) < 1
        or packed.ndim != 1
        or packed.size != (count + 7) // 8
        or not 0 <= int(packed.min()) <= int(packed.max()) < 256
    ):
        raise NetworkError(
            f"{owner}: its weights are {packed.size} values of shape {packed.shape}, not the bytes that {shape} signs take; pack them again"
        )
    bits = np.unpackbits(packed.astype(np.uint8, copy=False))
    if bits[count:].any():
        raise NetworkError(f"{owner}: bits behind the last of its {count} weights are set; make them 0")
    signs = bits[:count].view(np.int8)
    signs *= 2
    signs -= 1
    return signs.reshape(shape)  # type: ignore[return-value]
