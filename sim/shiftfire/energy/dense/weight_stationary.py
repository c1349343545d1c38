"""Weight-stationary: a weight of every lane stays in its register for all positions; partial sums go to and from the accumulators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..parts import EnergyPart
from .arithmetic import Arithmetic
from .machine import Machine, Prices, activations, slices, sum_words
from .toggling import ONE_WEIGHT, Toggling
from .work import Work


class WeightStationary(Machine):
    """One weight per lane, at all positions one after the other. The first product of a sum needs no read."""

    name: ClassVar[str] = "weight-stationary"
    title: ClassVar[str] = "weight-stationary"
    toggling: ClassVar[Toggling] = ONE_WEIGHT

    def taken(self, work: Work, density: float) -> float:
        return 1.0

    def traffic(self, work: Work, cycles: float, arithmetic: Arithmetic, prices: Prices) -> Iterator[EnergyPart]:
        yield slices(work, cycles / work.product.positions, arithmetic, prices)
        yield activations(work, cycles, arithmetic, prices)
        words = cycles * sum_words(arithmetic, prices.chip)
        first = words / work.product.reduction
        yield EnergyPart("memory:partial sums read", work.layer, words - first, "reads", prices.accesses["accumulators", "read"])
        yield EnergyPart("memory:partial sums write", work.layer, words, "writes", prices.accesses["accumulators", "write"])
