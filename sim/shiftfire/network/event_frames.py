"""Events of an event camera, (t, x, y, p), counted into the frames that a network takes as timesteps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .event_checks import (
    Overflow,
    Placed,
    bins_of,
    check_frame_bytes,
    check_microseconds,
    check_positive,
    check_within,
    columns_of,
    limit_counts,
    overflow_choice,
)
from .values import IntArray, NetworkError

FIELDS = ("t", "x", "y", "p")
POLARITIES = (-1, 0, 1)  # -1 and 0 are both off

Events = NDArray[Any] | dict[str, NDArray[Any]]


def events_to_frames(
    events: Events | Sequence[Events],
    *,
    shape: tuple[int, int, int],
    timesteps: int,
    bin_width_us: float,
    start_us: float | None = 0,
    largest: int | None = None,
    counts: str = Overflow.REFUSE,
    late: str = Overflow.REFUSE,
) -> IntArray:
    """Number of events per bin and pixel, int64 (samples, timesteps, channels, height, width).

    Parameters
    ----------
    events: a recording, or a list of recordings, one per sample: a structured array with the fields t, x, y, p, a dict of these arrays, or an array
        (events, 4) of these columns.
        t in microseconds, in any order; x is the column and y the row, from 0; p is 1 (on) and 0 or -1 (off).
    shape: (channels, height, width) of the frames. Of two channels 0 takes the off events and 1 the on events; one channel takes both.
    timesteps: bins of a sample.
    bin_width_us: microseconds of a bin: bin k holds ``start_us + k * bin_width_us <= t < start_us + (k + 1) * bin_width_us``.
    start_us: where the first bin begins, in microseconds; None: with each recording's first event.
    largest: the largest count that the network takes (1 for an input of UNIT payloads); None leaves counts as they are.
    counts: "refuse" raises at a count above ``largest``, "clip" makes it that.
    late: "refuse" raises at an event after the last bin, "clip" leaves it out.

    What is clipped or left out is counted in an `EventsLeftOutWarning`.

    Raises NetworkError, which names the first event that cannot be used, and when the frames would take more than 2 GiB.
    """
    return placed_frames(
        events,
        shape=shape,
        timesteps=timesteps,
        bin_width_us=bin_width_us,
        start_us=start_us,
        largest=largest,
        counts=counts,
        late=late,
    )[0]


def placed_frames(
    events: Events | Sequence[Events],
    *,
    shape: tuple[int, int, int],
    timesteps: int,
    bin_width_us: float,
    start_us: float | None,
    largest: int | None,
    counts: str,
    late: str,
) -> tuple[IntArray, list[Placed]]:
    """The frames of `events_to_frames`, and where and when the events of every recording are in them."""
    recordings = [events] if isinstance(events, np.ndarray | dict) else list(events)
    if not recordings:
        raise NetworkError("events: no recording; give at least one")
    channels, height, width = _shape(shape)
    steps, bin_us = check_positive("timesteps", timesteps), check_microseconds("bin_width_us", bin_width_us, positive=True)
    start = None if start_us is None else check_microseconds("start_us", start_us, positive=False)
    check_frame_bytes(len(recordings), steps, channels, height, width)
    most = None if largest is None else check_positive("largest", largest)
    clip_counts, clip_late = overflow_choice("counts", counts), overflow_choice("late", late)
    frames = np.zeros((len(recordings), steps, channels, height, width), np.int64)
    placed: list[Placed] = []
    for number, recording in enumerate(recordings):
        owner = "event" if len(recordings) == 1 else f"recording {number}, event"
        t, x, y, p = columns_of(owner, recording, FIELDS)
        for name, values, low, high in (
            ("x", x, 0, width - 1),
            ("y", y, 0, height - 1),
            ("p", p, min(POLARITIES), max(POLARITIES)),
        ):
            check_within(owner, name, values, low, high)
        bins, kept, ticks = bins_of(owner, t, steps, bin_us, start, clip_late)
        channel = (p[kept] > 0).astype(np.int64) if channels == 2 else np.int64(0)
        flat = ((bins[kept] * channels + channel) * height + y[kept].astype(np.int64)) * width + x[kept].astype(np.int64)
        placed.append(Placed(flat, ticks[kept]))
        frames[number] = np.bincount(flat, minlength=frames[number].size).reshape(frames.shape[1:])
    return limit_counts("event", frames, most, clip_counts), placed


def _shape(shape: object) -> tuple[int, int, int]:
    """Channels, height and width. Raises NetworkError."""
    sizes = cast("Sequence[Any]", shape) if isinstance(shape, tuple | list) else ()
    if len(sizes) != 3 or sizes[0] not in (1, 2):
        raise NetworkError(f"events: shape = {shape!r} is not (channels, height, width) of one or two channels")
    channels, height, width = (
        check_positive(name, size) for name, size in zip(("channels", "height", "width"), sizes, strict=True)
    )
    return channels, height, width
