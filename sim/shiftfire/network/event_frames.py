"""Events of an event camera, (t, x, y, p), counted into the frames that a network takes as timesteps."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from numbers import Integral, Real
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .values import IntArray, NetworkError

FIELDS = ("t", "x", "y", "p")
MAX_FRAME_BYTES = 1 << 31  # of all frames of a call
POLARITIES = (-1, 0, 1)  # -1 and 0 are both off

Events = NDArray[Any]


class Overflow(StrEnum):
    """What becomes of counts above the largest one, and of events after the last bin."""

    REFUSE = "refuse"
    CLIP = "clip"


def events_to_frames(
    events: Events | Sequence[Events],
    *,
    shape: tuple[int, int, int],
    timesteps: int,
    bin_width_us: float,
    start_us: float = 0,
    largest: int | None = None,
    counts: str = Overflow.REFUSE,
    late: str = Overflow.REFUSE,
) -> IntArray:
    """Number of events per bin and pixel, int64 (samples, timesteps, channels, height, width).

    Parameters
    ----------
    events: a recording, or a list of recordings, one per sample: a structured array with the fields t, x, y, p, or an array (events, 4) of these columns.
        t in microseconds, in any order; x is the column and y the row, from 0; p is 1 (on) and 0 or -1 (off).
    shape: (channels, height, width) of the frames. Of two channels 0 takes the off events and 1 the on events; one channel takes both.
    timesteps: bins of a sample.
    bin_width_us: microseconds of a bin: bin k holds ``start_us + k * bin_width_us <= t < start_us + (k + 1) * bin_width_us``.
    start_us: where the first bin begins, in microseconds.
    largest: the largest count that the network takes (1 for an input of UNIT payloads); None leaves counts as they are.
    counts: "refuse" raises at a count above ``largest``, "clip" makes it that.
    late: "refuse" raises at an event after the last bin, "clip" leaves it out.

    Raises NetworkError, which names the first event that cannot be used, and when the frames would take more than 2 GiB.
    """
    recordings = [events] if isinstance(events, np.ndarray) else list(events)
    if not recordings:
        raise NetworkError("events: no recording; give at least one")
    _check_frames(len(recordings), shape, timesteps, bin_width_us, start_us)
    if largest is not None and (isinstance(largest, bool) or not isinstance(largest, Integral) or largest < 1):
        raise NetworkError(f"events: largest = {largest!r} is not a positive integer")
    choices = [_choice("counts", counts), _choice("late", late)]
    frames = np.zeros((len(recordings), timesteps, *shape), np.int64)
    for number, recording in enumerate(recordings):
        owner = "event" if len(recordings) == 1 else f"recording {number}, event"
        flat = _flat_bins(owner, recording, shape, timesteps, float(bin_width_us), float(start_us), choices[1])
        frames[number] = np.bincount(flat, minlength=frames[number].size).reshape(frames.shape[1:])
    if largest is None:
        return frames
    if choices[0] is Overflow.REFUSE and frames.max(initial=0) > largest:
        place = tuple(int(axis) for axis in np.argwhere(frames > largest)[0])
        raise NetworkError(
            f"events: {int(frames[place])} events fall into one bin at {place} (sample, timestep, channel, row, column), the largest count is"
            f" {largest}; make bin_width_us smaller, or clip the counts"
        )
    return np.minimum(frames, largest, out=frames)


def _choice(name: str, value: str) -> Overflow:
    if value not in list(Overflow):
        raise NetworkError(f"events: {name} = {value!r} is neither 'refuse' nor 'clip'")
    return Overflow(value)


def _check_frames(samples: int, shape: object, timesteps: object, bin_width_us: object, start_us: object) -> None:
    """Raise NetworkError unless the frames are ones that can be allocated."""
    sizes = cast("Sequence[Any]", shape) if isinstance(shape, tuple | list) else ()
    if len(sizes) != 3 or sizes[0] not in (1, 2):
        raise NetworkError(f"events: shape = {shape!r} is not (channels, height, width) of one or two channels")
    for name, value in (("channels", sizes[0]), ("height", sizes[1]), ("width", sizes[2]), ("timesteps", timesteps)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise NetworkError(f"events: {name} = {value!r} is not a positive integer")
    for name, value, low in (("bin_width_us", bin_width_us, True), ("start_us", start_us, False)):
        if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(float(value)) or (low and value <= 0):
            raise NetworkError(f"events: {name} = {value!r} is not a {'positive ' if low else ''}number of microseconds")
    need = samples * int(timesteps) * int(sizes[0]) * int(sizes[1]) * int(sizes[2]) * 8  # type: ignore[call-overload]
    if need > MAX_FRAME_BYTES:
        raise NetworkError(
            f"events: the frames would take {need:,} bytes, more than {MAX_FRAME_BYTES:,}; take fewer recordings at once"
        )


def _columns(owner: str, recording: Any) -> tuple[NDArray[Any], ...]:
    """t, x, y and p of a recording."""
    array = np.asarray(recording)
    if array.dtype.names is not None:
        if not set(FIELDS) <= set(array.dtype.names) or array.ndim != 1:
            raise NetworkError(f"{owner}s have the fields {', '.join(array.dtype.names)}; rename them to t, x, y, p, in one axis")
        columns = tuple(array[name] for name in FIELDS)
    elif array.ndim == 2 and array.shape[1] == len(FIELDS):
        columns = tuple(array[:, number] for number in range(len(FIELDS)))
    else:
        raise NetworkError(
            f"{owner}s have shape {array.shape}; give (events, 4), columns t, x, y, p, or a structured array of these"
        )
    for name, column in zip(FIELDS, columns, strict=True):
        if column.dtype.kind not in "iubf" or column.ndim != 1:
            raise NetworkError(f"{owner}s: {name} is {column.dtype}; give numbers")
    return columns


def _flat_bins(
    owner: str, recording: Any, shape: tuple[int, int, int], timesteps: int, width_us: float, start_us: float, late: Overflow
) -> IntArray:
    """Index of every event in flattened frames (timesteps, channels, height, width)."""
    t, x, y, p = _columns(owner, recording)
    channels, height, columns = shape
    for name, values, low, high in (("x", x, 0, columns - 1), ("y", y, 0, height - 1), ("p", p, min(POLARITIES), max(POLARITIES))):
        _check_each(owner, name, values, low, high)
    _refuse(owner, "t", t, ~np.isfinite(t) | (t < start_us), f"is before start_us = {start_us:g}, or no number; correct it")
    number = np.floor((t - start_us) / width_us)
    past = number >= timesteps
    if late is Overflow.REFUSE:
        end = start_us + timesteps * width_us
        _refuse(
            owner,
            "t",
            t,
            past,
            f"us is past the last bin ({timesteps} bins of {width_us:g} us end at {end:g}); make bin_width_us larger, or clip late events",
        )
    kept = ~past
    channel = (p[kept] > 0).astype(np.int64) if channels == 2 else np.int64(0)
    return ((number[kept].astype(np.int64) * channels + channel) * height + y[kept].astype(np.int64)) * columns + x[kept].astype(
        np.int64
    )


def _check_each(owner: str, name: str, values: NDArray[Any], low: int, high: int) -> None:
    _refuse(owner, name, values, ~((values >= low) & (values <= high)), f"is outside {low}..{high}; correct or drop it")
    if values.dtype.kind == "f":
        _refuse(owner, name, values, values != np.rint(values), "is not a whole number; correct it")


def _refuse(owner: str, name: str, values: NDArray[Any], wrong: NDArray[np.bool_], why: str) -> None:
    """Raise NetworkError that names the first event with a wrong value."""
    if wrong.any():
        first = int(np.argmax(wrong))
        raise NetworkError(f"{owner} {first}: {name} = {values[first]} {why}")
