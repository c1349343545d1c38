"""Checks of single values, shared by the network's checks."""

from __future__ import annotations

from enum import Enum
from numbers import Integral
from typing import cast

import numpy as np
from shiftfire_spec.address import FIRE_VMIN
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind

from .values import IntArray, NetworkError, Shape


def word_limits() -> tuple[int, int]:
    """Least and greatest value of a bias, threshold or membrane bound: the configuration chain's data word."""
    value = FIRE_VMIN.field("value")
    return (value.minimum, value.maximum)


def check_integer(owner: str, name: str, value: object, low: int, high: int) -> None:
    """Raise NetworkError unless ``value`` is an integer (not a bool) within ``low..high``."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise NetworkError(f"{owner}: {name} = {value!r} is not an integer; give one within {low}..{high}")
    if not low <= int(value) <= high:
        raise NetworkError(f"{owner}: {name} = {int(value)} is out of range; it must be within {low}..{high}")


def _array(value: object) -> IntArray | None:
    """The array, not yet known to be of integers; None for anything else."""
    return cast("IntArray", value) if isinstance(value, np.ndarray) else None


def check_tensor(owner: str, name: str, value: object, low: int, high: int, shape: tuple[int, ...] | None = None) -> None:
    """Raise NetworkError unless ``value`` is an integer array of ``shape`` (any when None) with elements within ``low..high``."""
    array = _array(value)
    if array is None or array.dtype.kind not in "iu":
        kind = type(value).__name__ if array is None else array.dtype
        raise NetworkError(f"{owner}: {name} is {kind}, not an integer array; round it and convert with .astype(np.int64)")
    if shape is not None and array.shape != shape:
        raise NetworkError(f"{owner}: {name} has shape {array.shape}; it must be {shape}")
    if array.size and not low <= int(array.min()) <= int(array.max()) <= high:
        worst = int(array.min()) if int(array.min()) < low else int(array.max())
        raise NetworkError(f"{owner}: {name} holds {worst}, which is out of range; values must be within {low}..{high}")


def check_parameter(owner: str, name: str, value: object, low: int, high: int, shape: Shape, *, each: bool) -> None:
    """Raise NetworkError unless ``value`` holds integers within ``low..high`` per channel of a layer of ``shape``, or with ``each`` per neuron."""
    array = _array(value)
    if each and array is not None and array.ndim == len(shape.as_tuple()):
        check_tensor(owner, name, value, low, high, shape.as_tuple())
    else:
        check_tensor(owner, name, value, low, high, (shape.channels,))


def check_payload_range(owner: str, kind: PayloadKind, lo: object, hi: object) -> None:
    """Raise NetworkError unless ``lo..hi`` is a range that payloads of ``kind`` can carry (0 is never sent)."""
    low, high = PAYLOAD_LIMITS[kind]
    low = min(low, 0)
    for name, value in (("lo", lo), ("hi", hi)):
        try:
            check_integer(owner, name, value, low, high)
        except NetworkError as error:
            raise NetworkError(f"{error} ({kind.name} payloads)") from None
    if lo > hi:  # type: ignore[operator]
        raise NetworkError(f"{owner}: lo = {lo} exceeds hi = {hi}; swap them")


def check_codes(owner: str, name: str, codes: IntArray, entries: int) -> None:
    """Raise NetworkError unless ``codes`` are ``entries`` values that one payload kind carries: SIGNED when one is negative, else COUNT."""
    counts, signed = PAYLOAD_LIMITS[PayloadKind.COUNT], PAYLOAD_LIMITS[PayloadKind.SIGNED]
    check_tensor(owner, name, codes, signed[0], counts[1], (entries,))
    if codes.min() < 0 and codes.max() > signed[1]:
        raise NetworkError(
            f"{owner}: {name} reach {codes.min()}..{codes.max()}; no payload holds both: SIGNED {signed[0]}..{signed[1]},"
            f" COUNT {counts[0]}..{counts[1]}; scale them down"
        )


def check_member(owner: str, name: str, value: object, kind: type[Enum]) -> None:
    """Raise NetworkError unless ``value`` is a member of the enumeration ``kind``."""
    if not isinstance(value, kind):
        members = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
        raise NetworkError(f"{owner}: {name} = {value!r} is not one of {members}")


def check_bool(owner: str, name: str, value: object) -> None:
    """Raise NetworkError unless ``value`` is a bool."""
    if not isinstance(value, bool):
        raise NetworkError(f"{owner}: {name} = {value!r} is not True or False")
