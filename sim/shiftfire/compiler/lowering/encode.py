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


def encode_payloads(kind: PayloadKind, values: IntArray) -> IntArray:
    """Payload bits of non-zero values: the array form of the contract's ``encode_payload``.

    Raises CompileError when ``kind`` cannot carry a value.
    """
    values = np.asarray(values, dtype=np.int64)
    low, high = PAYLOAD_LIMITS[kind]
    if values.size and not low <= values.min() <= values.max() <= high:
        raise CompileError(f"payloads reach {values.min()}..{values.max()}: {kind.name} holds {low}..{high}; clip the values")
    if kind in (PayloadKind.UNIT, PayloadKind.COUNT):
        return values
    magnitude = np.abs(values)
    if kind is PayloadKind.POW2:
        wrong = magnitude & (magnitude - 1) != 0
        if wrong.any():
            raise CompileError(f"payload {values[wrong][0]} is not a signed power of two, which POW2 needs; round the values")
        magnitude = np.log2(np.maximum(magnitude, 1)).astype(np.int64)
    return (magnitude | np.where(values < 0, SIGN_BIT, 0)).astype(np.int64)
