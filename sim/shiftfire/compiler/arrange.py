"""Rounds in another order, and weights at the other end of their memories, so that more of what the chip holds is used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache

import numpy as np

from .compile import program_of
from .program import Program
from .schedule import Schedule

LOOKED_AT = 8  # of the rounds that may come next


class Order(StrEnum):
    """Which round comes next, and where its weights lie.

    LAYERS: in order of layers, weights at the two ends of the memories in turn. ENDS: in order of layers, at the end where more of the words are those of the round
    before, and at the other one on a tie. HELD: likewise, next the one of those that need nothing of later rounds that finds most of its words.
    """

    LAYERS = "layers"
    ENDS = "ends"
    HELD = "held"


def arranged(schedule: Schedule, order: Order) -> Schedule:
    """A schedule in order of layers, in the given order."""
    match order:
        case Order.LAYERS:
            return schedule
        case Order.ENDS:
            return _arranged(schedule, 1)
        case Order.HELD:
            return _arranged(schedule, LOOKED_AT)


def _arranged(schedule: Schedule, looked_at: int) -> Schedule:
    """Each round finds as many words as possible that the round before has written; of the first ``looked_at``, in order of layers, that may come next."""
    rounds = schedule.rounds
    needed = [_needed(number, [part.program for part in rounds]) for number in range(len(rounds))]

    @cache
    def lowered(number: int, top: bool) -> Program:
        return at_end(rounds[number].program, top=top)

    order, top, left = [0], [False], list(range(1, len(rounds)))
    while left:
        last = lowered(order[-1], top[-1])
        ready = [number for number in left if not needed[number] & set(left)][:looked_at]
        choices = [(number, end) for number in ready for end in (not top[-1], top[-1])]
        number, end = max(choices, key=lambda choice: _shared(last, lowered(*choice)))  # the first of those that share as much
        order.append(number)
        top.append(end)
        left.remove(number)
    programs = [lowered(number, end) for number, end in zip(order, top, strict=True)]
    optimised = tuple(schedule.optimised[number] for number in order) if schedule.optimised else ()
    parts = tuple(replace(rounds[number], program=program) for number, program in zip(order, programs, strict=True))
    return replace(schedule, rounds=parts, optimised=optimised)


def at_end(program: Program, *, top: bool) -> Program:
    """The program of the same cores with its weights in the last rows of their memories, or in the first."""
    made = program_of(program.network, program.cores, program.chip, spread=program.spread, weights_from_top=top)
    return replace(made, cut=program.cut)


def _needed(number: int, programs: Sequence[Program]) -> frozenset[int]:
    """The rounds that store what a round plays."""
    played = {source.name for source in programs[number].network.inputs}
    return frozenset(other for other, program in enumerate(programs) if other != number and played & set(program.network.stored))


def _shared(before: Program, after: Program) -> int:
    """Entries that both images have."""
    images = [np.ascontiguousarray(program.image).view(np.uint64).ravel() for program in (before, after)]
    return len(np.intersect1d(*images, assume_unique=True))
