"""Input arrays in the shapes and types that people have them in, checked and brought to one."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
from shiftfire_spec.packet import PayloadKind

from .graph import Input
from .values import IntArray, NetworkError


def input_owner(name: object) -> str:
    """How messages call the input of that name."""
    return "input" if name == "input" else f"input {name}"


def expand_inputs(source: Input, inputs: Any) -> IntArray:
    """Inputs as an int64 array (samples, timesteps, channels, height, width).

    ``inputs`` is an array, or what NumPy makes one of, of integers, booleans, or floats that are whole numbers. Its axes are those, in that order; axes of
    length 1 may be missing or be more, and a vector may be flat, channels first: (samples, 784) will do for one timestep of (1, 28, 28) or (784, 1, 1).
    Raises NetworkError when type, shape or a value is not the input's.
    """
    owner = input_owner(source.name)
    array = _shaped(owner, source, _numbers(owner, source, inputs))
    if not len(array):
        raise NetworkError(f"{owner}: there are no samples, the values have shape {np.shape(inputs)}; give at least one")
    if array.dtype.kind == "f":
        check_whole(owner, array)
    if not source.lo <= array.min() <= array.max() <= source.hi:
        worst = array.min() if array.min() < source.lo else array.max()
        shown = int(worst) if abs(float(worst)) < 1 << 63 else worst
        raise NetworkError(f"{owner}: the value {shown} is out of range; it must be within {source.lo}..{source.hi}")
    values = array.astype(np.int64, copy=False)
    if source.payload_kind is PayloadKind.POW2:
        _check_powers(owner, values)
    return values


def _numbers(owner: str, source: Input, inputs: Any) -> np.ndarray[Any, Any]:
    """``inputs`` as an array of numbers."""
    try:
        array = np.asarray(inputs)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged lists; tensors that are not in this memory
        raise NetworkError(f"{owner}: the values make no array ({error}); give one of (samples, timesteps, ...)") from None
    if array.dtype.names is not None:
        raise NetworkError(
            f"{owner}: the values are events ({', '.join(array.dtype.names)}); bin them first: events_to_frames, or --bin-width"
        )
    if array.dtype.kind not in "iubf":
        raise NetworkError(f"{owner}: the values are {array.dtype}, not numbers; quantise them to {source.lo}..{source.hi} first")
    return array


def _shaped(owner: str, source: Input, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """``array`` with all five axes."""
    whole = (source.timesteps, *source.shape.as_tuple())
    if array.ndim and _matches(array.shape[1:], source.timesteps, source.shape.as_tuple()):
        return array.reshape(len(array), *whole)
    wanted = f"give (samples, {', '.join(map(str, whole))}), or (samples, {source.timesteps}, {source.shape.size})"
    if source.timesteps > 1 and array.ndim and _matches(array.shape[1:], 1, source.shape.as_tuple()):
        wanted = (
            f"the time axis is missing, the input takes {source.timesteps} timesteps: to give the same vector in each,"
            f" np.repeat(x[:, None], {source.timesteps}, axis=1)"
        )
    if _matches(array.shape, source.timesteps, source.shape.as_tuple()):
        wanted = f"{wanted}; or, when this is one sample, x[None]"
    order = _order_that_fits(source, array.shape)
    if order is not None:
        wanted = f"the axes are in another order: x.transpose{order} has them as they must be"
    raise NetworkError(f"{owner}: the values have shape {array.shape}; {wanted}")


def _order_that_fits(source: Input, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The order of axes that makes ``shape`` the input's (channels last, say), if there is one."""
    if not 4 <= len(shape) <= 5 or source.shape.channels == 1:
        return None
    for order in permutations(range(1, len(shape))):
        tail = tuple(shape[axis] for axis in order)
        if tail[-3:] == source.shape.as_tuple() and _matches(tail, source.timesteps, source.shape.as_tuple()):
            return (0, *order)
    return None


def _matches(tail: tuple[int, ...], timesteps: int, shape: tuple[int, ...]) -> bool:
    """Whether axes ``tail`` are timesteps and those of ``shape``, or timesteps and elements, leaving out all of length 1."""
    forms = ((timesteps, *shape), (timesteps, int(np.prod(shape))))
    return _without_ones(tail) in [_without_ones(form) for form in forms]


def _without_ones(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in axes if length != 1)


def check_whole(owner: str, array: np.ndarray[Any, Any]) -> None:
    """Raise NetworkError when a value is no whole number, saying which is the first and where."""
    wrong = np.flatnonzero(~(np.isfinite(array) & (array == np.rint(array))))
    if not len(wrong):
        return
    place = tuple(int(axis) for axis in np.unravel_index(int(wrong[0]), array.shape))
    axes = " (sample, timestep, channel, row, column)" if array.ndim == 5 else ""
    raise NetworkError(f"{owner}: the value {array[place]} at {place}{axes} is not a whole number; quantise the values first")


def _check_powers(owner: str, values: IntArray) -> None:
    magnitude = np.abs(values)
    wrong = (magnitude & (magnitude - 1)) != 0
    if np.any(wrong):
        raise NetworkError(
            f"{owner}: the value {int(values[wrong][0])} is no signed power of two, which POW2 payloads are; round it"
        )
