"""Integer tensors in safetensors files, read from untrusted bytes and written in the smallest integer type."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError, deserialize  # pyright: ignore[reportUnknownVariableType]
from safetensors.numpy import save

from .fields import shown
from .values import IntArray, NetworkError

DTYPES = {"I8": np.int8, "U8": np.uint8, "I16": np.int16, "U16": np.uint16, "I32": np.int32}
MAX_TENSORS = 1 << 12
MAX_AXES = 5


def encode_tensors(tensors: dict[str, IntArray]) -> bytes:
    """A safetensors file; each tensor in the first of uint8, int8, int16, int32 that holds its values.

    Raises NetworkError when a value needs more than 32 bits.
    """
    return save(
        {name: np.ascontiguousarray(values.astype(smallest_type(name, values))) for name, values in sorted(tensors.items())}
    )


def smallest_type(name: str, values: IntArray) -> type[np.integer]:
    """The first of uint8, int8, int16, int32 that holds the values; ``name`` is of the tensor. Raises NetworkError when there is none."""
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    for dtype in (np.uint8, np.int8, np.int16, np.int32):
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max:
            return dtype
    raise NetworkError(f"tensor {name} holds {low}..{high}; values must fit 32 bits")


def decode_tensors(data: bytes, origin: str) -> dict[str, IntArray]:
    """Tensors of a safetensors file, by name, in the types they are stored in: at most as large as the file. ``origin`` names the file in messages.

    Raises NetworkError for anything but up to 4096 integer tensors of up to 5 axes.
    """
    try:
        entries = cast("list[tuple[str, dict[str, Any]]]", deserialize(data))
    except (SafetensorError, ValueError, TypeError, OverflowError) as error:
        raise NetworkError(f"{origin} is not a safetensors file ({error}); write the container again") from None
    if len(entries) > MAX_TENSORS:
        raise NetworkError(f"{origin} holds {len(entries)} tensors; at most {MAX_TENSORS} are read")
    return {name: _decode(name, entry["dtype"], entry["shape"], entry["data"], origin) for name, entry in entries}


def _decode(name: str, dtype: str, shape: list[int], data: bytes, origin: str) -> IntArray:
    if dtype not in DTYPES:
        raise NetworkError(f"{origin}: tensor {shown(name)} has type {dtype}; it must be one of {', '.join(DTYPES)}")
    if not 1 <= len(shape) <= MAX_AXES or min(shape) < 1:
        raise NetworkError(
            f"{origin}: tensor {shown(name)} has shape {tuple(shape)}; it must have 1 to {MAX_AXES} axes, none empty"
        )
    values = np.frombuffer(data, np.dtype(DTYPES[dtype]).newbyteorder("<"))
    if values.size != math.prod(shape):
        raise NetworkError(
            f"{origin}: tensor {shown(name)} holds {values.size} values, its shape {tuple(shape)} needs another number"
        )
    return values.reshape(shape)  # type: ignore[return-value]
