"""What every list of events is checked for, and what is said of events that did not come into the frames."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from numbers import Integral, Real
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from .values import IntArray, NetworkError

MAX_FRAME_BYTES = 1 << 31  # of all frames of a call
PICOSECONDS = 1_000_000  # of a microsecond: times are compared as whole ones, so that a bin's end is no matter of float rounding
MOST_TICKS = 1 << 62  # picoseconds, 53 days


class Overflow(StrEnum):
    """What becomes of counts above the largest one, and of events after the last bin."""

    REFUSE = "refuse"
    CLIP = "clip"


@dataclass(frozen=True, eq=False)
class Placed:
    """Events of a recording that came into its frame: ``flat``, the place in it, and ``ticks``, picoseconds since its first bin began; (events,)."""

    flat: IntArray
    ticks: IntArray


class EventsLeftOutWarning(UserWarning):
    """Events of a recording that did not come into its frames, as was asked for; the message says how many of how many."""


def overflow_choice(name: str, value: str) -> Overflow:
    """``value`` as an `Overflow`. Raises NetworkError, which names the setting."""
    if value not in list(Overflow):
        raise NetworkError(f"events: {name} = {value!r} is neither 'refuse' nor 'clip'")
    return Overflow(value)


def check_positive(name: str, value: object) -> int:
    """``value`` as a positive integer. Raises NetworkError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise NetworkError(f"events: {name} = {value!r} is not a positive integer")
    return int(value)


def check_microseconds(name: str, value: object, *, positive: bool) -> float:
    """``value`` as a number of microseconds. Raises NetworkError."""
    kind = "positive " if positive else ""
    if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(float(value)) or (positive and value <= 0):
        raise NetworkError(f"events: {name} = {value!r} is not a {kind}number of microseconds")
    if positive and not 1 <= float(value) * PICOSECONDS <= MOST_TICKS:
        raise NetworkError(f"events: {name} = {value!r} is out of range: 1e-6..{MOST_TICKS // PICOSECONDS:g} microseconds")
    return float(value)


def ticks_of(microseconds: float) -> int:
    """Whole picoseconds."""
    return round(microseconds * PICOSECONDS)


def check_frame_bytes(*axes: int) -> None:
    """Raise NetworkError when int64 frames of these axes are more than can be allocated."""
    need = 8
    for length in axes:
        need *= length
    if need > MAX_FRAME_BYTES:
        raise NetworkError(
            f"events: the frames would take {need:,} bytes, more than {MAX_FRAME_BYTES:,}; take fewer recordings at once"
        )


def columns_of(owner: str, recording: Any, fields: Sequence[str]) -> tuple[NDArray[Any], ...]:
    """The columns ``fields`` of a recording: a structured array, a mapping of arrays, or an array (events, columns). Raises NetworkError."""
    wanted = ", ".join(fields)
    if isinstance(recording, dict):
        named = cast("dict[str, Any]", recording)
        lacking = [name for name in fields if name not in named]
        if lacking:
            raise NetworkError(f"{owner}s have no array {lacking[0]!r}; give {wanted}")
        columns = tuple(np.asarray(named[name]) for name in fields)
        if len({column.shape for column in columns}) > 1:
            raise NetworkError(f"{owner}s: {wanted} have shapes {[column.shape for column in columns]}; give one of each per event")
    else:
        array = np.asarray(recording)
        if array.dtype.names is not None:
            if not set(fields) <= set(array.dtype.names) or array.ndim != 1:
                raise NetworkError(f"{owner}s have the fields {', '.join(array.dtype.names)}; rename them to {wanted}, in one axis")
            columns = tuple(array[name] for name in fields)
        elif array.ndim == 2 and array.shape[1] == len(fields):
            columns = tuple(array[:, number] for number in range(len(fields)))
        else:
            raise NetworkError(
                f"{owner}s have shape {array.shape}; give (events, {len(fields)}), columns {wanted}, or a structured array of these"
            )
    for name, column in zip(fields, columns, strict=True):
        if column.dtype.kind not in "iubf" or column.ndim != 1:
            raise NetworkError(f"{owner}s: {name} is {column.dtype}; give numbers")
    return columns


def bins_of(
    owner: str, t: NDArray[Any], timesteps: int, width_us: float, start_us: float | None, late: Overflow
) -> tuple[IntArray, NDArray[np.bool_], IntArray]:
    """Bin of every event, which events have one, and picoseconds since the first bin began; ``start_us`` None: the first bin begins with the first event.

    Raises NetworkError for a time that is no number, before the first bin, or, unless ``late`` is CLIP, after the last one.
    """
    refuse_first(owner, "t", t, ~np.isfinite(t), "is no number; correct it")
    start = (float(t.min()) if len(t) else 0.0) if start_us is None else start_us
    text = f"is before start_us = {start:g}; correct it, or begin the bins with the first event"
    refuse_first(owner, "t", t, t < start, text)
    since = (t - np.asarray(start, t.dtype) if t.dtype.kind == "f" else t.astype(np.int64) - start).astype(np.float64)
    ticks = np.rint(np.minimum(since, MOST_TICKS // PICOSECONDS) * PICOSECONDS).astype(np.int64)
    number = ticks // ticks_of(width_us)
    past = number >= timesteps
    if late is Overflow.REFUSE:
        end = start + timesteps * width_us
        why = f"us is past the last bin ({timesteps} bins of {width_us:g} us end at {end:g}); make bin_width_us larger"
        refuse_first(owner, "t", t, past, f"{why}, or clip late events")
    elif past.any():
        left_out(owner, int(past.sum()), len(t), f"come after the last bin ({timesteps} of {width_us:g} us)")
    return number, ~past, ticks


def limit_counts(owner: str, frames: IntArray, largest: int | None, counts: Overflow) -> IntArray:
    """``frames`` with counts up to ``largest``, what is above refused or, with a warning, made that. Axes: sample, timestep and others."""
    if largest is None or frames.max(initial=0) <= largest:
        return frames
    if counts is Overflow.REFUSE:
        place = tuple(int(axis) for axis in np.argwhere(frames > largest)[0])
        raise NetworkError(
            f"{owner}: {int(frames[place])} events fall into one bin at {place} (sample, timestep, channel, row, column), the largest count is"
            f" {largest}; make bin_width_us smaller, or clip the counts"
        )
    left_out(
        owner,
        int(np.maximum(frames - largest, 0).sum()),
        int(frames.sum()),
        f"are above the largest count, {largest}, of their bin",
    )
    return np.minimum(frames, largest, out=frames)


def refuse_first(owner: str, name: str, values: NDArray[Any], wrong: NDArray[np.bool_], why: str) -> None:
    """Raise NetworkError that names the first event with a wrong value."""
    if wrong.any():
        first = int(np.argmax(wrong))
        _raise(f"{owner} {first}: {name} = {values[first]} {why}")


def check_within(owner: str, name: str, values: NDArray[Any], low: int, high: int) -> None:
    """Raise NetworkError that names the first event whose value is outside ``low..high`` or no whole number."""
    refuse_first(owner, name, values, ~((values >= low) & (values <= high)), f"is outside {low}..{high}; correct or drop it")
    if values.dtype.kind == "f":
        refuse_first(owner, name, values, values != np.rint(values), "is not a whole number; correct it")


def left_out(owner: str, number: int, whole: int, why: str) -> None:
    """Warn that ``number`` of ``whole`` events were left out."""
    warnings.warn(EventsLeftOutWarning(f"{owner}s: {number:,} of {whole:,} {why}, and were left out"), stacklevel=5)


def _raise(message: str) -> NoReturn:
    raise NetworkError(message)
