"""Words in bulk: packed layouts and payloads as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.errors import ContractError
from shiftfire_spec.packet import PAYLOAD_LIMITS, SIGN_BIT, PayloadKind

from ...network.values import IntArray
from ..program import CompileError


def pack_word(owner: str, layout: Layout, **values: int) -> int:
    """One word of ``layout``. Raises CompileError that names ``owner`` (a layer, say) when a value does not fit its field."""
    try:
        return layout.pack(**values)
    except ContractError as error:
        raise CompileError(f"{owner}: {error}; make the layer smaller") from None


def pack_array(layout: Layout, **values: IntArray | int) -> NDArray[np.uint32]:
    """Words of ``layout`` from arrays of one shape (or scalars), all within their fields."""
    word = np.zeros((), dtype=np.int64)
    for name, value in values.items():
        field = layout.field(name)
        array = np.asarray(value, dtype=np.int64)
        if array.size and not field.minimum <= array.min() <= array.max() <= field.maximum:
            raise CompileError(
                f"{layout.name}.{name} reaches {array.min()}..{array.max()}, the limits are {field.minimum}..{field.maximum}"
            )
        word = word | (array & ((1 << field.bits) - 1)) << layout.offset(name)
    return np.asarray(word).astype(np.uint32)


def digit_masks(values: IntArray) -> tuple[IntArray, IntArray]:
    """The non-adjacent form of each value: bits of its digits +1, and of its digits -1. Values of up to 32 bits, two's complement, have digits 0..31."""
    half = values >> 1
    sum_ = values + half  # 3/2 of the value: where it and the half differ, there is a digit
    digits = sum_ ^ half
    return sum_ & digits, half & digits


def packets_of(kind: PayloadKind, values: IntArray) -> tuple[IntArray, IntArray]:
    """(index, payload) of the packets of non-zero ``values``, value by value: one each, of POW2 one per digit of the non-adjacent form, lowest first.

    ``index`` says which value a packet is of. Raises CompileError when ``kind`` cannot carry a value.
    """
    values = np.asarray(values, dtype=np.int64)
    if kind is not PayloadKind.POW2:
        return np.arange(len(values), dtype=np.int64), encode_payloads(kind, values)
    _check_range(kind, values)
    plus, minus = digit_masks(values)
    digits = plus | minus
    exponents = np.arange(int(digits.max(initial=0)).bit_length(), dtype=np.int64)
    index, digit = np.nonzero(digits[:, None] >> exponents & 1)
    return index, digit | np.where(minus[index] >> digit & 1, SIGN_BIT, 0)


def most_packets(limits: tuple[int, int]) -> int:
    """Packets that a wide value within ``limits`` takes at most: of its digits, every other one."""
    digits = max((3 * abs(limit) // 2).bit_length() for limit in limits)
    return (digits + 1) // 2


def _check_range(kind: PayloadKind, values: IntArray) -> None:
    low, high = PAYLOAD_LIMITS[kind]
    if values.size and not low <= values.min() <= values.max() <= high:
        raise CompileError(f"payloads reach {values.min()}..{values.max()}: {kind.name} holds {low}..{high}; clip the values")


def encode_payloads(kind: PayloadKind, values: IntArray) -> IntArray:
    """Payload bits of non-zero values: the array form of the contract's ``encode_payload``.

    Raises CompileError when ``kind`` cannot carry a value.
    """
    values = np.asarray(values, dtype=np.int64)
    _check_range(kind, values)
    if kind in (PayloadKind.UNIT, PayloadKind.COUNT):
        return values
    magnitude = np.abs(values)
    if kind is PayloadKind.POW2:
        wrong = magnitude & (magnitude - 1) != 0
        if wrong.any():
            raise CompileError(f"payload {values[wrong][0]} is not a signed power of two, which POW2 needs; round the values")
        magnitude = np.log2(np.maximum(magnitude, 1)).astype(np.int64)
    return (magnitude | np.where(values < 0, SIGN_BIT, 0)).astype(np.int64)
