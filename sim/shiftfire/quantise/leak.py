"""A decay as a sum of signed shifts: the leak that comes nearest, and what its error does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from ..frontends.float_graph.neurons import FloatArray
from ..network.neurons.membrane import LeakTerm

GREATEST_SHIFT = 16  # of a term; further ones change nothing that a membrane of 16 bits holds
LITTLE = 1 / 8192  # gain in relative error for which one term more is not worth its operation
DRIVES = (1.05, 1.25, 1.5, 2.0, 4.0)  # constant currents, as times the least that fires, that first spikes are compared under
MOST_STEPS = 4096  # to a first spike; later is never
AT_ONCE = 256  # decays that are fitted together, best in order: only sums near them are looked at


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

    def step_error(self) -> int | None:
        """Most steps by which the first spike under constant current comes early or late; as `step_error`."""
        return step_error(np.array([self.decay]), np.array([self.kept]))


def step_error(decay: FloatArray, kept: FloatArray) -> int | None:
    """Most steps by which the first spike under constant current comes early or late, over `DRIVES` and all pairs of ``decay`` and ``kept``, both (decays,).

    None when one of a pair never fires. Exact arithmetic: rounding is left out. A decay outside 0..1 has no least current: 0 then.
    """
    leaky = (decay >= 0) & (decay < 1)
    worst = 0
    for drive in DRIVES:
        current = drive * (1.0 - decay[leaky])
        float_, integer = (_first_spikes(k[leaky], current) for k in (decay, kept))
        if np.any(float_ < 0) or np.any(integer < 0):
            return None
        worst = max(worst, int(np.abs(float_ - integer).max(initial=0)))
    return worst


def _first_spikes(kept: FloatArray, current: FloatArray) -> FloatArray:
    """Steps, from 0, in which ``v <- kept v + current`` first passes 1; -1 where it never does."""
    first = np.full(len(kept), -1.0)
    settled = current / np.where(kept < 1, 1 - kept, 1)
    open_ = np.flatnonzero((kept >= 1) | (kept < 0) | (settled > 1))
    v = np.zeros(len(kept))
    for step in range(MOST_STEPS):
        if not len(open_):
            break
        v[open_] = kept[open_] * v[open_] + current[open_]
        first[open_[v[open_] > 1]] = step
        open_ = open_[v[open_] <= 1]
    return first


def time_constant(decay: float) -> float:
    """Steps in which a membrane falls to 1/e; infinite without a leak, 0 when a step forgets all."""
    if decay >= 1:
        return inf
    return 0.0 if decay <= 0 else -1.0 / log(decay)


def fit_leaks(decays: Sequence[float], most_terms: int, greatest_shift: int = GREATEST_SHIFT) -> tuple[LeakFit, ...]:
    """For each of ``decays`` the leak of at most ``most_terms`` signed shifts, none above ``greatest_shift``, that does best; fewer terms when they do about as well.

    Counted are the error of the leak, and what rounding adds in every step and no integer bias takes away, for a membrane that settles
    at half of ``2**greatest_shift``. So terms of both signs, whose rounding cancels, are taken where they are as near.
    """
    leaks = 1.0 - np.array(decays, np.float64)
    found: list[LeakFit] = []
    for start in range(0, len(decays), AT_ONCE):
        terms = _best_terms(leaks[start : start + AT_ONCE], most_terms, greatest_shift)
        found += [LeakFit(float(d), t) for d, t in zip(decays[start : start + AT_ONCE], terms, strict=True)]
    return tuple(found)


def _best_terms(leaks: FloatArray, most_terms: int, greatest_shift: int) -> list[tuple[LeakTerm, ...]]:
    best: list[tuple[LeakTerm, ...]] = [()] * len(leaks)
    best_loss = np.where(leaks == 0, -inf, inf)
    safe = np.where(leaks == 0, 1.0, np.abs(leaks))[:, None]
    for count in range(1, most_terms + 1):
        values, drifts, terms = _sums(count, greatest_shift)
        near = _near(values, leaks, 2.0**-greatest_shift)
        values, drifts = values[near], drifts[near]
        losses = np.abs(values - leaks[:, None]) / safe + np.abs(drifts - np.rint(drifts)) / (safe * 2.0 ** (greatest_shift - 1))
        least = np.argmin(losses, axis=1)
        loss = losses[np.arange(len(leaks)), least]
        for i in np.flatnonzero(loss < best_loss - LITTLE):
            best[i], best_loss[i] = terms[near[least[i]]], loss[i]
    return best


def _near(values: FloatArray, leaks: FloatArray, rounding: float) -> NDArray[np.intp]:
    """Indices of all ``values`` that can be the best for one of ``leaks``, when rounding adds at most ``rounding`` to a distance."""
    ordered = np.sort(values)
    above = np.searchsorted(ordered, leaks)
    nearest = np.minimum(
        np.abs(ordered[np.minimum(above, len(ordered) - 1)] - leaks), np.abs(ordered[np.maximum(above - 1, 0)] - leaks)
    )
    reach = float(nearest.max()) + 2 * rounding
    return np.flatnonzero((values >= leaks.min() - reach) & (values <= leaks.max() + reach))


@cache
def _sums(count: int, greatest_shift: int) -> tuple[FloatArray, FloatArray, tuple[tuple[LeakTerm, ...], ...]]:
    """Every sum of ``count`` signed shifts, what rounding adds on average, and its terms, those that cancel left out; of equal sums and drifts the first."""
    single = [LeakTerm(shift, negative) for negative in (False, True) for shift in range(greatest_shift + 1)]
    distinct: dict[tuple[float, float], tuple[LeakTerm, ...]] = {}
    for terms in combinations_with_replacement(single, count):
        if not _cancels(terms):
            distinct.setdefault((sum(_sign(t) * 2.0**-t.shift for t in terms), drift_of(terms)), terms)
    values, drifts = np.array(list(distinct)).T
    return values, drifts, tuple(distinct.values())


def drift_of(terms: tuple[LeakTerm, ...]) -> float:
    """What rounding down every shift adds to the membrane in a step, on average over membranes."""
    return sum(_sign(t) * (0.5 - 2.0 ** -(t.shift + 1)) for t in terms)


def _sign(term: LeakTerm) -> int:
    return -1 if term.negative else 1


def _cancels(terms: tuple[LeakTerm, ...]) -> bool:
    return any(LeakTerm(term.shift, not term.negative) in terms for term in terms)
