"""The verdict on a claim, by a rule: from our figures and what the paper says, never by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..energy.corners import Band

MARGIN = 1.1
FACTOR = 2.0


class Verdict(StrEnum):
    """What the runs say, the best first."""

    REPRODUCED = "reproduced"
    WITHIN = "within a factor"
    NOT_REPRODUCED = "not reproduced"
    CANNOT_SAY = "cannot be said here"


@dataclass(frozen=True)
class Expected:
    """What a paper says of a figure: that it lies in ``low`` to ``high``. One number has both alike; a bound has infinity, or 0."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"expected {self.low} to {self.high}: give figures of 0 or more in that order")

    def factor(self, band: Band | None) -> float:
        """The factor between the nearest ends of ``band`` and of this: 1 where they overlap, infinite of no figure."""
        if band is None:
            return math.inf
        least, greatest = band.ends
        if greatest < self.low:
            return math.inf if greatest <= 0 else self.low / greatest
        if least > self.high:
            return math.inf if self.high <= 0 else least / self.high
        return 1.0


@dataclass(frozen=True)
class Figure:
    """A figure at the three corners of the constants, ``band`` None where there is none (a crossing outside the sweep).

    ``case``: which condition of the statement it tests; figures of one case stand for what the statement leaves open. None: it is shown, and decides nothing.
    """

    name: str
    unit: str
    band: Band | None
    case: str | None = None


def exactly(value: float) -> Band:
    """A count, which no constant has a part in."""
    return Band(value, value, value)


def verdict_of(factor: float) -> Verdict:
    """By how far a figure is from what the paper says."""
    if factor <= MARGIN:
        return Verdict.REPRODUCED
    return Verdict.WITHIN if factor <= FACTOR else Verdict.NOT_REPRODUCED


def deciding_factor(figures: Iterable[Figure], expected: Expected) -> float | None:
    """The nearest figure of each case, and of these the farthest; None when no figure decides."""
    nearest: dict[str, float] = {}
    for figure in figures:
        if figure.case is not None:
            factor = expected.factor(figure.band)
            nearest[figure.case] = min(factor, nearest.get(figure.case, math.inf))
    return max(nearest.values(), default=None)


def claim_verdict(figures: Iterable[Figure], expected: Expected | None) -> Verdict:
    """The verdict on a claim. Nothing measured that decides, or no number in the statement: it cannot be said."""
    factor = None if expected is None else deciding_factor(figures, expected)
    return Verdict.CANNOT_SAY if factor is None else verdict_of(factor)
