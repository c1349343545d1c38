"""Events of a population, (t, i) or (t, i, v), counted or summed into the vectors that a network takes as timesteps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

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
    refuse_first,
)
from .event_frames import Events
from .values import IntArray, NetworkError

FIELDS = ("t", "i")
VALUED = (*FIELDS, "v")


def events_to_vectors(
    events: Events | Sequence[Events],
    *,
    elements: int,
    timesteps: int,
    bin_width_us: float,
    start_us: float | None = 0,
    largest: int | None = None,
    counts: str = Overflow.REFUSE,
    late: str = Overflow.REFUSE,
    valued: bool = False,
) -> IntArray:
    """Number of events per bin and element, int64 (samples, timesteps, elements).

    ``events``: a recording, or a list of recordings, one per sample: a structured array with the fields t (microseconds) and i (index of the element, in
    (channel, row, column) order), a dict of these arrays, or an array (events, 2). The other settings are those of `events_to_frames`.
    With ``valued`` there is a field v as well, a whole number that the element has in that timestep; two events of one element in one bin are refused.
    Raises NetworkError, which names the first event that cannot be used.
    """
    return placed_vectors(
        events,
        elements=elements,
        timesteps=timesteps,
        bin_width_us=bin_width_us,
        start_us=start_us,
        largest=largest,
        counts=counts,
        late=late,
        valued=valued,
    )[0]


def placed_vectors(
    events: Events | Sequence[Events],
    *,
    elements: int,
    timesteps: int,
    bin_width_us: float,
    start_us: float | None,
    largest: int | None,
    counts: str,
    late: str,
    valued: bool,
) -> tuple[IntArray, list[Placed]]:
    """The vectors of `events_to_vectors`, and where and when the events of every recording are in them."""
    recordings = [events] if isinstance(events, np.ndarray | dict) else list(events)
    if not recordings:
        raise NetworkError("events: no recording; give at least one")
    size, steps = check_positive("elements", elements), check_positive("timesteps", timesteps)
    bin_us = check_microseconds("bin_width_us", bin_width_us, positive=True)
    start = None if start_us is None else check_microseconds("start_us", start_us, positive=False)
    check_frame_bytes(len(recordings), steps, size)
    most = None if largest is None else check_positive("largest", largest)
    clip_counts, clip_late = overflow_choice("counts", counts), overflow_choice("late", late)
    frames = np.zeros((len(recordings), steps, size), np.int64)
    placed: list[Placed] = []
    for number, recording in enumerate(recordings):
        owner = "event" if len(recordings) == 1 else f"recording {number}, event"
        t, index, *rest = columns_of(owner, recording, VALUED if valued else FIELDS)
        check_within(owner, "i", index, 0, size - 1)
        bins, kept, ticks = bins_of(owner, t, steps, bin_us, start, clip_late)
        flat = bins[kept] * size + index[kept].astype(np.int64)
        placed.append(Placed(flat, ticks[kept]))
        frames[number] = np.bincount(flat, minlength=steps * size).reshape(steps, size)
        if rest:
            _values(owner, frames[number], flat, rest[0], kept)
    return (frames if valued else limit_counts("event", frames, most, clip_counts)), placed


def _values(owner: str, frame: IntArray, flat: IntArray, values: Any, kept: Any) -> None:
    """Replace the counts of ``frame`` (timesteps, elements) by the values of the events at ``flat``."""
    refuse_first(
        owner, "v", values, ~(np.isfinite(values) & (values == np.rint(values))), "is not a whole number; quantise the values first"
    )
    check_within(owner, "v", values, -(1 << 53), 1 << 53)
    if frame.max(initial=0) > 1:
        step, element = (int(axis) for axis in np.argwhere(frame > 1)[0])
        raise NetworkError(
            f"{owner}s: element {element} has {frame[step, element]} values in bin {step}; make bin_width_us smaller, or merge them"
        )
    frame.reshape(-1)[flat] = values[kept].astype(np.int64)
