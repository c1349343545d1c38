"""Events as they come: the vectors that a network takes as timesteps, and when each value is complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .event_checks import MOST_TICKS, PICOSECONDS, Overflow, Placed, check_microseconds, ticks_of
from .event_frames import FIELDS as CAMERA
from .event_frames import Events, placed_frames
from .event_lists import FIELDS as POPULATION
from .event_lists import placed_vectors
from .graph import Input
from .values import IntArray, NetworkError


@dataclass(frozen=True, eq=False)
class RealTime:
    """Samples on one axis of time: sample s begins ``gap_ticks`` after the end of the last bin of s-1, the first one at 0. Made by `in_real_time`.

    ``values`` (samples, timesteps, channels, height, width): what the events of each bin come to. ``ticks``, of the same shape: picoseconds, from the
    sample's beginning, at which a value is complete, with the last event that counts in it; 0 where the value is. ``bin_ticks``: of a bin.
    """

    values: IntArray
    ticks: IntArray
    bin_ticks: int
    gap_ticks: int

    @property
    def samples(self) -> int:
        return len(self.values)

    def shaped(self, values: IntArray) -> RealTime:
        """The same with ``values``, which are its own in another shape."""
        return RealTime(values, self.ticks.reshape(values.shape), self.bin_ticks, self.gap_ticks)

    def first(self, number: int) -> RealTime:
        """The first ``number`` samples."""
        return RealTime(self.values[:number], self.ticks[:number], self.bin_ticks, self.gap_ticks)


def in_real_time(
    source: Input,
    events: Events | Sequence[Events],
    *,
    bin_width_us: float,
    start_us: float | None = 0,
    gap_us: float = 0,
    counts: str = Overflow.REFUSE,
    late: str = Overflow.REFUSE,
) -> RealTime:
    """Events for the input ``source`` with their times; settings are those of `events_to_frames`.

    ``events``: a recording, or a list of them, one per sample, with the fields t, x, y, p, or t, i, or t, i, v (see `events_to_vectors`). ``gap_us``:
    between the last bin of a sample and the first one of the next. Counts are limited to the input's greatest value. Raises NetworkError.
    """
    gap = check_microseconds("gap_us", gap_us, positive=False)
    if not 0 <= gap * PICOSECONDS <= MOST_TICKS:
        raise NetworkError(f"events: gap_us = {gap_us!r} is out of range: 0..{MOST_TICKS // PICOSECONDS:g} microseconds")
    names = _field_names(events)
    valued = "v" in names
    if set(CAMERA) <= names or not set(POPULATION) <= names:
        frames, placed = placed_frames(
            events,
            shape=source.shape.as_tuple(),
            timesteps=source.timesteps,
            bin_width_us=bin_width_us,
            start_us=start_us,
            largest=source.hi,
            counts=counts,
            late=late,
        )
    else:
        frames, placed = placed_vectors(
            events,
            elements=source.shape.size,
            timesteps=source.timesteps,
            bin_width_us=bin_width_us,
            start_us=start_us,
            largest=source.hi,
            counts=counts,
            late=late,
            valued=valued,
        )
    values = frames.reshape(len(frames), source.timesteps, *source.shape.as_tuple())
    ticks = np.stack([_complete(own, None if valued else source.hi, frame) for own, frame in zip(placed, values, strict=True)])
    return RealTime(values, ticks, ticks_of(bin_width_us), ticks_of(gap))


def _field_names(events: Events | Sequence[Events]) -> set[str]:
    """Of the first recording; those of a camera when it is a plain array of four columns, of a population when it has two or three."""
    first = events if isinstance(events, np.ndarray | dict) else next(iter(events), None)
    if isinstance(first, dict):
        return set(first)
    if isinstance(first, np.ndarray) and first.dtype.names is not None:
        return set(first.dtype.names)
    columns = first.shape[1] if isinstance(first, np.ndarray) and first.ndim == 2 else len(CAMERA)
    return set({len(POPULATION): POPULATION, len(POPULATION) + 1: (*POPULATION, "v")}.get(columns, CAMERA))


def _complete(placed: Placed, largest: int | None, frame: IntArray) -> IntArray:
    """When each value of ``frame`` is complete, picoseconds, in its shape: with its last event, or with the one that makes it ``largest``."""
    order = np.lexsort((placed.ticks, placed.flat))
    flat, ticks = placed.flat[order], placed.ticks[order]
    new = np.concatenate(([True], flat[1:] != flat[:-1]))[: len(flat)]
    start = np.flatnonzero(new)
    count = np.diff(start, append=len(flat))
    last = start + (count if largest is None else np.minimum(count, largest)) - 1
    complete = np.zeros(frame.size, np.int64)
    complete[flat[start]] = ticks[last]
    return np.where(frame == 0, 0, complete.reshape(frame.shape))
