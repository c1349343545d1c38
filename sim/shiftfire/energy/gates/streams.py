"""Values packed for bit-parallel simulation: 64 streams to a word."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]

_WORD = 64


def pack(values: ArrayLike, bits: int) -> Words:
    """Words (..., bits, words) of integers (..., streams), two's complement in ``bits`` bits; stream s is bit ``s % 64`` of word ``s // 64``. Missing streams are 0.

    Ports of more than 64 bits take Python's integers (dtype object).
    """
    numbers = np.asarray(values)
    places = (numbers[..., None, :] >> np.arange(bits)[:, None]) & 1
    padding = [(0, 0)] * (places.ndim - 1) + [(0, -numbers.shape[-1] % _WORD)]
    octets = np.packbits(np.pad(places.astype(np.uint8), padding), axis=-1, bitorder="little")
    return np.ascontiguousarray(octets).view("<u8").astype(np.uint64)


def unpack(words: Words, streams: int) -> NDArray[np.int64]:
    """Unsigned integers (..., streams) of words (..., bits, words)."""
    octets = np.ascontiguousarray(words.astype("<u8")).view(np.uint8)
    places = np.unpackbits(octets, axis=-1, bitorder="little")[..., :streams].astype(np.int64)
    return (places << np.arange(words.shape[-2])[:, None]).sum(axis=-2)


def transitions(values: ArrayLike) -> NDArray[np.int64]:
    """Two cycles (2, streams) of the values (operations, ...) that units without registers see one after the other: before and after every change."""
    numbers = np.asarray(values, np.int64)
    return np.stack([numbers[:-1].reshape(-1), numbers[1:].reshape(-1)])
