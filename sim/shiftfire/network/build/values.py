"""Values as people write them, brought to the ones that networks hold."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from numbers import Integral
from typing import Any, TypeVar, cast

import numpy as np
from shiftfire_spec.weights import FORMATS, WeightFormat

from ..synapses import Block
from ..values import IntArray, NetworkError, Shape

Member = TypeVar("Member", bound=Enum)
_SHOWN = 60


def whole(owner: str, name: str, value: Any) -> IntArray:
    """``value``, an array or what NumPy makes one of, as int64. Raises NetworkError unless it holds whole numbers."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise NetworkError(f"{owner}: {name} makes no array ({error}); give whole numbers") from None
    if array.dtype.kind not in "iubf":
        raise NetworkError(f"{owner}: {name} is {array.dtype}, not numbers; give whole numbers")
    if array.dtype.kind == "f":
        wrong = np.flatnonzero(~(np.isfinite(array) & (array == np.rint(array))))
        if len(wrong):
            place = tuple(int(axis) for axis in np.unravel_index(int(wrong[0]), array.shape))
            raise NetworkError(f"{owner}: {name} holds {array[place]} at {place}, which is not a whole number; quantise it first")
    if array.size and not -(1 << 63) <= int(array.min()) <= int(array.max()) < 1 << 63:
        raise NetworkError(f"{owner}: {name} holds values of more than 64 bits; make them smaller")
    return array.astype(np.int64)


def integers(value: Any) -> list[int] | None:
    """The integers of a tuple or list, or a single one; None when it is neither."""
    if isinstance(value, Integral):
        return [int(value)]
    if not isinstance(value, tuple | list):
        return None
    entries: list[Any] = list(cast("Iterable[Any]", value))
    return [int(each) for each in entries] if all(isinstance(each, Integral) for each in entries) else None


def pair(owner: str, name: str, value: Any) -> tuple[int, int]:
    """(rows, columns), from one number for both or a pair."""
    values = integers(value)
    values = None if values is None else 2 * values if isinstance(value, Integral) else values
    if values is None or len(values) != 2:
        raise NetworkError(f"{owner}: {name} = {shown(value)} is neither a whole number nor a pair (rows, columns)")
    return (values[0], values[1])


def block_of(owner: str, value: Any) -> Block:
    """The block of (first channel, channels), or of (first channel, channels, first row, rows)."""
    values = [] if isinstance(value, Integral) else integers(value) or []
    if len(values) not in (2, 4):
        raise NetworkError(
            f"{owner}: block = {shown(value)} is neither (first channel, channels) nor (first channel, channels, first row, rows)"
        )
    return Block(*values)


def shape_of(owner: str, value: Any) -> Shape:
    """The shape of a number of elements, or of (channels, height, width)."""
    values = integers(value)
    if values is None or not 1 <= len(values) <= 3:
        raise NetworkError(f"{owner}: shape = {shown(value)} is neither a number of elements nor (channels, height, width)")
    return Shape(*values)


def member(owner: str, name: str, value: Any, kind: type[Member]) -> Member:
    """A member of ``kind``: itself, or its name in any case."""
    if isinstance(value, kind):
        return value
    if isinstance(value, str) and value.upper() in kind.__members__:
        return kind[value.upper()]
    names = [each.lower() for each in kind.__members__]
    raise NetworkError(f"{owner}: {name} = {shown(value)} is not one of {', '.join(names)}")


def least_format(owner: str, weights: IntArray) -> WeightFormat:
    """The format of fewest bits that holds ``weights``; of two the first. Raises NetworkError when none does."""
    values = np.unique(weights)
    low, high = (int(values[0]), int(values[-1])) if len(values) else (0, 0)
    for name, info in sorted(FORMATS.items(), key=lambda entry: entry[1].bits):
        holds_zero = name is not WeightFormat.PM1
        if name is not WeightFormat.ONE and info.minimum <= low and high <= info.maximum and (holds_zero or np.all(values)):
            return name
    widest = max(FORMATS.values(), key=lambda info: info.bits)
    raise NetworkError(
        f"{owner}: weights reach {low}..{high}; at most {widest.minimum}..{widest.maximum} are stored: scale them down, or take"
        ' weight_format="int16" (chips with chains)'
    )


def range_format(owner: str, limits: tuple[int, int]) -> WeightFormat:
    """The format of fewest bits that stores the values of another layer, which are within ``limits``."""
    return least_format(owner, np.array([min(0, limits[0]), max(0, limits[1])]))


def nearest(name: object, known: Iterable[str]) -> str:
    """Which names were perhaps meant, or all there are."""
    names = list(known)
    found = get_close_matches(str(name), names, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(found)}?" if found else f"there are {', '.join(names)}"


def shown(value: object) -> str:
    """A value for a message: short, whatever its size."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
