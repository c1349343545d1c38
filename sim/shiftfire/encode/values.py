"""What every encoder checks of the values that it is given."""

from __future__ import annotations

from enum import StrEnum
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network.event_checks import check_frame_bytes
from ..network.values import IntArray

Reals = NDArray[np.float64]


class Off(StrEnum):
    """How changes downwards are sent."""

    SIGNED = "signed"  # as -1
    CHANNEL = "channel"  # as 1, on channels of their own before those of the changes upwards, as event cameras have it
    NONE = "none"


def real_values(encoder: str, values: Any, axes: int) -> tuple[Reals, np.dtype[Any]]:
    """Finite values of at least ``axes`` axes as float64, and the type they had. Raises InputError."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{encoder}: the values make no array ({error})") from None
    if array.dtype.kind not in "iubf" or array.ndim < axes or not array.size:
        wanted = "(samples, timesteps, ...)" if axes == 2 else "(samples, ...)"
        raise InputError(f"{encoder}: the values are {array.dtype} of shape {array.shape}; give numbers {wanted}")
    real = array.astype(np.float64)
    if not np.isfinite(real).all():
        raise InputError(f"{encoder}: the value {real[~np.isfinite(real)][0]} is no number; correct it")
    return real, array.dtype


def fractions(encoder: str, values: Any, most: float | None, *, signed: bool = False) -> Reals:
    """``values / most``, within 0..1, or -1..1 if ``signed``; ``most`` is 1 for floats and booleans, and must be given for integers. Raises InputError."""
    real, kind = real_values(encoder, values, 1)
    if most is None and kind.kind in "iu":
        raise InputError(f"{encoder}: say what the greatest value is, such as max=255 for bytes (in Python most=255)")
    greatest = 1.0 if most is None else positive(encoder, "max", most)
    low = -greatest if signed else 0.0
    if not low <= real.min() <= real.max() <= greatest:
        worst = real.min() if real.min() < low else real.max()
        raise InputError(f"{encoder}: the value {worst:g} is outside {low:g}..{greatest:g}; scale the values, or name their max")
    return real / greatest


def positive(encoder: str, name: str, value: object) -> float:
    """``value`` as a positive number. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(float(value)) or float(value) <= 0:
        raise InputError(f"{encoder}: {name} = {value!r} is not a positive number")
    return float(value)


def whole(encoder: str, name: str, value: object, least: int) -> int:
    """``value`` as an integer of at least ``least``. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least or int(value) >= 1 << 63:
        raise InputError(f"{encoder}: {name} = {value!r} is not an integer of at least {least}")
    return int(value)


def steps_of(encoder: str, timesteps: object, values: Reals) -> int:
    """``timesteps`` of what is made of ``values``, if that can be allocated. Raises InputError, NetworkError."""
    steps = whole(encoder, "T", timesteps, 1)
    check_frame_bytes(steps, *values.shape)
    return steps


def one_of(encoder: str, name: str, value: object, known: type[StrEnum]) -> Any:
    """``value`` as a member of ``known``. Raises InputError."""
    if value not in list(known):
        raise InputError(f"{encoder}: {name} = {value!r} is none of {', '.join(known)}")
    return known(value)


def with_off(up: NDArray[np.bool_], down: NDArray[np.bool_], off: Off) -> IntArray:
    """Changes upwards and downwards (samples, timesteps, channels, ...) as ``off`` says."""
    match off:
        case Off.SIGNED:
            return up.astype(np.int64) - down
        case Off.NONE:
            return up.astype(np.int64)
        case Off.CHANNEL:
            return np.concatenate([down, up], axis=2).astype(np.int64)
