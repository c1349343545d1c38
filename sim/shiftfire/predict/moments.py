"""Moments of a timeline, each with what it waited for last: the longest chain through it is a walk backwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """What passes between two moments of a chain."""

    INTEGRATE = "integrate"  # beats, and packets without beats
    CLEAR = "clear"  # rows of dynamic weights cleared, sums of the ring moved
    FIRE = "fire"  # fire steps
    ENCODE = "encode"  # packets of one step, one per cycle: what a fire takes longer than its steps
    SEND = "send"  # packets of a vector, one per cycle
    CREDIT = "credit"  # a credit on its way to a sender, until the first packet goes
    TRAVEL = "travel"  # packets on their way
    CONTROL = "control"  # instructions, and emptying of the pipeline


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """``time`` in cycles, on ``tile``; ``cause`` passes since ``back``, which it waited for last. None: the start of the run."""

    time: float
    cause: Cause
    tile: int
    back: Moment | None


def chain(moment: Moment) -> Iterator[Moment]:
    """The moments that lead to ``moment``, last first."""
    at: Moment | None = moment
    while at is not None:
        yield at
        at = at.back
