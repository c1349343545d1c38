"""Inputs in real time: the run cycles that their times come to, and how late the chip sent what, and answered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import UserError
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.packet import Kind

from ..compiler.lowering.inject import Injection, timed_injection
from ..compiler.schedule import Schedule
from ..network.event_checks import PICOSECONDS
from ..network.real_time import RealTime
from ..network.values import IntArray

LAST_CYCLE = (1 << MEMORY_WORD_BITS) - 1


class RealTimeError(UserError, RuntimeError):
    """Inputs in real time that a chip, or a network on it, cannot take; the message says why."""


@dataclass(frozen=True, eq=False)
class RealTimeCycles:
    """Per sample, in run cycles: how late its packets went, ENDs with them, when its last bin's last event came, and when that bin ended.

    ``latest`` and ``mean_late`` (samples,): cycle of sending less cycle demanded. ``last_event``: the cycle demanded; of a bin without events its end.
    """

    latest: IntArray
    mean_late: NDArray[np.float64]
    last_event: IntArray
    last_end: IntArray


def check_real_time(schedule: Schedule) -> None:
    """Raise RealTimeError when a compiled network cannot take its inputs in real time."""
    network, chip = schedule.network, schedule.chip
    if not chip.timed_inputs:
        raise RealTimeError(f"real time: chip {chip.name} has timed_inputs = false; take a chip that has it, such as edge")
    if not schedule.resident:
        raise RealTimeError(
            f"real time: network {network.name} runs in {len(schedule.rounds)} rounds on chip {chip.name}, which take all samples one round"
            " after the other; take a chip that holds the network at once"
        )
    if network.feeds:
        names = ", ".join(source.name for source in network.inputs)
        raise RealTimeError(
            f"real time: network {network.name} has several inputs ({names}), whose vectors are sent one after the other; give it one input"
        )


def real_time_injection(schedule: Schedule, timed: RealTime) -> Injection:
    """Injection program of the one round: an event goes no earlier than the first cycle that begins at its time or later, a bin's END likewise at the bin's end.

    Raises RealTimeError when the samples last longer than run cycles can be counted.
    """
    chip = schedule.chip
    samples, steps = timed.values.shape[:2]
    sample = np.arange(samples, dtype=object) * (steps * timed.bin_ticks + timed.gap_ticks)
    last = cycles_of(sample[-1:] + steps * timed.bin_ticks, chip)
    if int(last[0]) > LAST_CYCLE:
        raise RealTimeError(
            f"real time: {samples} samples last until cycle {int(last[0]):,} of chip {chip.name}, waits go up to {LAST_CYCLE:,}; take fewer samples"
        )
    ends = cycles_of(sample[:, None] + np.arange(1, steps + 1, dtype=object) * timed.bin_ticks, chip)
    sent = timed.values != 0
    due = np.zeros(timed.values.shape, np.int64)
    due[sent] = cycles_of(sample[np.nonzero(sent)[0]] + timed.ticks[sent].astype(object), chip)
    return timed_injection(schedule.rounds[0].program, timed.values, due, ends.astype(np.int64))


def cycles_of(ticks: NDArray[Any], chip: ChipConfig) -> NDArray[Any]:
    """First cycles that begin at ``ticks`` (whole picoseconds, Python's integers) or later, at the chip's nominal clock; exact."""
    per_tick = Fraction(str(chip.clock_mhz)) / PICOSECONDS
    return -(-ticks * per_tick.numerator // per_tick.denominator)


def real_time_cycles(injection: Injection, events: NDArray[np.void]) -> RealTimeCycles | None:
    """What a run's events say of its packets' times. None when inputs were not in real time, or packets are missing: that takes faulty hardware."""
    times = injection.times
    if times is None:
        return None
    sent = events[(events["tile"] == IO_TILE) & (events["event"] == EventKind.SEND) & (events["kind"] != Kind.CREDIT)]
    if len(sent) != len(times.due):
        return None
    late = sent["cycle"] - times.due
    first, after = times.sample_start[:-1], times.sample_start[1:]
    has_event = (after - 2 >= first) & (sent["kind"][after - 2] == Kind.SPIKE)
    return RealTimeCycles(
        latest=np.maximum.reduceat(late, first),
        mean_late=np.add.reduceat(late, first) / (after - first),
        last_event=times.due[np.where(has_event, after - 2, after - 1)],
        last_end=times.due[after - 1],
    )
