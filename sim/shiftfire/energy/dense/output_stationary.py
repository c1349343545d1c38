"""Output-stationary: partial sums stay in registers until they are done; weights are read again for every position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..parts import EnergyPart
from .arithmetic import Arithmetic
from .machine import Machine, Prices, activations, slices, sum_bits
from .toggling import ONE_OUTPUT, ONE_OUTPUT_NO_ZEROS, Toggling
from .work import Work


class OutputStationary(Machine):
    """One output per lane, all of its products one after the other."""

    name: ClassVar[str] = "output-stationary"
    title: ClassVar[str] = "output-stationary"
    toggling: ClassVar[Toggling] = ONE_OUTPUT

    def taken(self, work: Work, density: float) -> float:
        return 1.0

    def traffic(self, work: Work, cycles: float, arithmetic: Arithmetic, prices: Prices) -> Iterator[EnergyPart]:
        yield slices(work, cycles, arithmetic, prices)
        yield activations(work, cycles, arithmetic, prices)
        bits = prices.chip.lanes * sum_bits(arithmetic, prices.chip)
        yield EnergyPart("registers:partial sums", work.layer, cycles * bits, "bits clocked", prices.flip_flop)


class ZeroSkipping(OutputStationary):
    """The same without the cycles of activations that are zero, which a bit of each tells beforehand."""

    name: ClassVar[str] = "zero-skipping"
    title: ClassVar[str] = "zeros skipped"
    toggling: ClassVar[Toggling] = ONE_OUTPUT_NO_ZEROS

    def taken(self, work: Work, density: float) -> float:
        return density

    def traffic(self, work: Work, cycles: float, arithmetic: Arithmetic, prices: Prices) -> Iterator[EnergyPart]:
        yield from super().traffic(work, cycles, arithmetic, prices)
        looked_at = prices.words(work.product.cycles(prices.chip.lanes), 1)
        yield EnergyPart("memory:zeros read", work.layer, looked_at, "reads", prices.accesses["membranes", "read"])
