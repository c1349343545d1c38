"""A decay as a sum of signed shifts: the leak that comes nearest, and what its error does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from math import inf, log

import numpy as np

from ..frontends.nir.neurons import FloatArray
from ..network.neurons.membrane import LeakTerm

GREATEST_SHIFT = 16  # of a term; further ones change nothing that a membrane of 16 bits holds
LITTLE = 1 / 8192  # gain in relative error for which one term more is not worth its operation


@dataclass(frozen=True)
class LeakFit:
    """``terms`` stand for ``1 - decay``: a step keeps ``kept`` of the membrane where the float model keeps ``decay``."""

    decay: float
    terms: tuple[LeakTerm, ...]

    @property
    def kept(self) -> float:
        """Share of the membrane that a step keeps, without rounding."""
        return 1.0 - sum(_sign(term) * 2.0**-term.shift for term in self.terms)

    @property
    def error(self) -> float:
        """Relative error of the leak ``1 - decay``: by so much a membrane that has settled is too low (positive) or too high; 0 without a leak."""
        leak = 1.0 - self.decay
        return 0.0 if leak == 0 else ((1.0 - self.kept) - leak) / leak

    def step_error(self, drives: tuple[float, ...] = (1.05, 1.25, 1.5, 2.0, 4.0), most: int = 4096) -> int | None:
        """Most steps by which the first spike under constant current comes early or late, over currents of so many times the least that fires.

        None when one of the two never fires. Exact arithmetic: rounding is left out. A decay outside 0..1 has no least current: 0 then.
        """
        if not 0 <= self.decay < 1:
            return 0
        worst = 0
        for drive in drives:
            first = [_first_spike(kept, drive * (1.0 - self.decay), most) for kept in (self.decay, self.kept)]
            if None in first:
                return None
            worst = max(worst, abs(int(first[0] or 0) - int(first[1] or 0)))
        return worst


def _first_spike(kept: float, current: float, most: int) -> int | None:
    """Step, from 0, in which ``v <- kept v + current`` first passes 1."""
    v = 0.0
    for step in range(most):
        v = kept * v + current
        if v > 1:
            return step
    return None


def time_constant(decay: float) -> float:
    """Steps in which a membrane falls to 1/e; infinite without a leak, 0 when a step forgets all."""
    if decay >= 1:
        return inf
    return 0.0 if decay <= 0 else -1.0 / log(decay)


def fit_leak(decay: float, most_terms: int, greatest_shift: int = GREATEST_SHIFT) -> LeakFit:
    """The leak of at most ``most_terms`` signed shifts, none above ``greatest_shift``, that does best; fewer terms when they do about as well.

    Counted are the error of the leak, and what rounding adds in every step and no integer bias takes away, for a membrane that settles
    at half of ``2**greatest_shift``. So terms of both signs, whose rounding cancels, are taken where they are as near.
    """
    leak = 1.0 - decay
    if leak == 0:
        return LeakFit(decay, ())
    if most_terms < 1:
        return LeakFit(decay, ())
    best: tuple[float, tuple[LeakTerm, ...]] = (inf, ())
    for count in range(1, most_terms + 1):
        values, drifts, terms = _sums(count, greatest_shift)
        losses = np.abs(values - leak) / abs(leak) + np.abs(drifts - np.rint(drifts)) / (abs(leak) * 2.0 ** (greatest_shift - 1))
        least = int(np.argmin(losses))
        if float(losses[least]) < best[0] - LITTLE:
            best = (float(losses[least]), terms[least])
    return LeakFit(decay, best[1])


@cache
def _sums(count: int, greatest_shift: int) -> tuple[FloatArray, FloatArray, tuple[tuple[LeakTerm, ...], ...]]:
    """Every sum of ``count`` signed shifts, what rounding adds on average, and its terms, those that cancel left out."""
    single = [LeakTerm(shift, negative) for negative in (False, True) for shift in range(greatest_shift + 1)]
    chosen = tuple(terms for terms in combinations_with_replacement(single, count) if not _cancels(terms))
    values = np.array([sum(_sign(t) * 2.0**-t.shift for t in terms) for terms in chosen])
    return values, np.array([drift_of(terms) for terms in chosen]), chosen


def drift_of(terms: tuple[LeakTerm, ...]) -> float:
    """What rounding down every shift adds to the membrane in a step, on average over membranes."""
    return sum(_sign(t) * (0.5 - 2.0 ** -(t.shift + 1)) for t in terms)


def _sign(term: LeakTerm) -> int:
    return -1 if term.negative else 1


def _cancels(terms: tuple[LeakTerm, ...]) -> bool:
    return any(LeakTerm(term.shift, not term.negative) in terms for term in terms)
