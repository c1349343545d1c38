"""Performance counters of a tile."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import CHIP_LIMITS, ChipConfig
from shiftfire_spec.counters import COUNTERS, Counter

BUMP_BITS = int(CHIP_LIMITS["lanes"][1]).bit_length()  # greatest increment of one cycle: every lane
COUNTER_BUMPS = data.StructLayout({counter.name: BUMP_BITS for counter in Counter})


class Counters(wiring.Component):
    """One counter per entry of the contract, ``counter_bits`` wide, wrapping.

    While ``run`` is high every counter adds its field of ``bumps``, which shows two cycles later: the bumps end long paths, so they are taken before they are
    added.

    Parameters
    ----------
    chip: ChipConfig
        ``counter_bits`` is used.

    Members
    -------
    run: In(1)
        The counters count.
    bumps: In(COUNTER_BUMPS)
        Increments of this cycle.
    clear: In(1)
        Zeroes all, and drops what was taken.
    index: In(range(COUNTERS)), value: Out(counter_bits)
        A counter, and what it says (combinational).
    """

    run: Signal
    bumps: data.View
    clear: Signal
    index: Signal
    value: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.counter_bits = chip.counter_bits
        super().__init__(
            {
                "run": In(1),
                "bumps": In(COUNTER_BUMPS),
                "clear": In(1),
                "index": In(range(COUNTERS)),
                "value": Out(chip.counter_bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        counters = Array(Signal(self.counter_bits, name=counter.name.lower()) for counter in Counter)
        taken = Signal(COUNTER_BUMPS)
        m.d.sync += taken.eq(Mux(self.run & ~self.clear, self.bumps, 0))
        for counter in Counter:
            m.d.sync += counters[counter].eq(Mux(self.clear, 0, counters[counter] + taken[counter.name]))
        m.d.comb += self.value.eq(counters[self.index])
        return m
