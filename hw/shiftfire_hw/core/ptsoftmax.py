"""PTSOFTMAX: softmax by shifts, in three passes over a row."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, signed
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.units import (
    PTSOFTMAX_EXPONENT_BITS,
    PTSOFTMAX_FRACTION_BITS,
    PTSOFTMAX_ROW_ENTRIES,
    PTSOFTMAX_SHIFT_BITS,
    PTSOFTMAX_TABLE_BITS,
    DenominatorRule,
    check_unit,
)


class PtSoftmaxPass(enum.Enum, shape=2):
    """The passes, in the order in which a row takes them."""

    MAX = 0
    SUM = 1
    EMIT = 2


class PtSoftmax(wiring.Component):
    """One step of PTSOFTMAX: ``lanes`` entries of a row, in the pass ``phase``. Golden: ``ptsoftmax.py``; source: Sorbet, arXiv 2409.15298.

    A row goes by three times, in the same order or any other: MAX, SUM, EMIT. ``first`` marks the first step of a pass, ``advance`` the
    cycle in which a step leaves; steps may follow each other in every cycle, passes too. ``valid`` lanes take part; an entry is valid in all
    passes or in none. No entry is stored: state is the maximum (``accumulator_bits`` + 1 bits with its flag), the sum
    (``fraction_bits`` + bits of ``row_entries``, + 1).

    Parameters
    ----------
    accumulator_bits, lanes: as in the core.
    fraction_bits: F. Entries more than F below the maximum are left out of the sum. Exact for rows of up to F + 1 entries.
    row_entries: valid entries of the longest row; the sum overflows past it.

    Members
    -------
    a, valid, first, advance, phase: the step. shift: s of ``c = ceil(a / 2^s)``. rule: `DenominatorRule`. Both stable during a row.
    exponent, exponent_valid: Out, in the cycle of a step in EMIT, combinational: e per lane; a lane whose e reaches the greatest code is not
        ``exponent_valid``: its probability 2^-e counts as zero.
    index: Out, likewise: ``min(e, last)``, the entry in a table of counts by exponent.

    Longest path: sum register, leading one over ``bits of row_entries`` places, e.
    """

    a: Any
    valid: Any
    first: Any
    advance: Any
    phase: Any
    shift: Any
    rule: Any
    exponent: Any
    exponent_valid: Any
    index: Any

    def __init__(
        self,
        *,
        accumulator_bits: int,
        lanes: int,
        fraction_bits: int = PTSOFTMAX_FRACTION_BITS,
        row_entries: int = PTSOFTMAX_ROW_ENTRIES,
    ) -> None:
        check_unit(
            "ptsoftmax", accumulator_bits=accumulator_bits, lanes=lanes, fraction_bits=fraction_bits, row_entries=row_entries
        )
        self.accumulator_bits, self.lanes = accumulator_bits, lanes
        self.fraction_bits, self.row_entries = fraction_bits, row_entries
        super().__init__(
            {
                "a": In(data.ArrayLayout(signed(accumulator_bits), lanes)),
                "valid": In(lanes),
                "first": In(1),
                "advance": In(1),
                "phase": In(PtSoftmaxPass),
                "shift": In(PTSOFTMAX_SHIFT_BITS),
                "rule": In(len(DenominatorRule).bit_length() - 1),
                "exponent": Out(data.ArrayLayout(PTSOFTMAX_EXPONENT_BITS, lanes)),
                "exponent_valid": Out(lanes),
                "index": Out(data.ArrayLayout(PTSOFTMAX_TABLE_BITS, lanes)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # ceil(a / 2^s) = floor((a - 1) / 2^s) + 1; the 1 cancels in d, so c is kept without it.
        c = [Signal(signed(self.accumulator_bits + 1), name=f"c{lane}") for lane in range(self.lanes)]
        m.d.comb += [c[lane].eq((self.a[lane] - 1) >> self.shift) for lane in range(self.lanes)]
        maximum = self._maximum(m, c)
        d = [Signal(self.accumulator_bits + 1, name=f"d{lane}") for lane in range(self.lanes)]
        m.d.comb += [d[lane].eq(maximum - c[lane]) for lane in range(self.lanes)]
        total, dropped = self._sum(m, d)
        self._emit(m, d, self._denominator(m, total, dropped))
        return m

    def _maximum(self, m: Module, c: list[Signal]) -> Signal:
        """MAX: running maximum."""
        maximum, seen = Signal(signed(self.accumulator_bits + 1)), Signal()
        value: Any = maximum
        known: Any = seen & ~self.first
        for lane, candidate in enumerate(c):
            next_value, next_known = Signal.like(maximum, name=f"max{lane}"), Signal(name=f"known{lane}")
            m.d.comb += [
                next_value.eq(Mux(self.valid[lane] & (~known | (candidate > value)), candidate, value)),
                next_known.eq(known | self.valid[lane]),
            ]
            value, known = next_value, next_known
        with m.If(self.advance & (self.phase == PtSoftmaxPass.MAX)):
            m.d.sync += [maximum.eq(value), seen.eq(known)]
        return maximum

    def _sum(self, m: Module, d: list[Signal]) -> tuple[Signal, Signal]:
        """SUM: running sum of 2^(F - d), and whether an entry was too small for it."""
        total, dropped = Signal(self.fraction_bits + self.row_entries.bit_length()), Signal()
        one = Const(1 << self.fraction_bits, self.fraction_bits + 1)
        value: Any = Mux(self.first, 0, total)
        small: Any = dropped & ~self.first
        for lane in range(self.lanes):
            next_value, next_small = Signal.like(total, name=f"sum{lane}"), Signal(name=f"small{lane}")
            kept = Signal(name=f"kept{lane}")
            low = d[lane][: self.fraction_bits.bit_length()]
            m.d.comb += [
                kept.eq(self.valid[lane] & (d[lane] <= self.fraction_bits)),
                next_value.eq(value + Mux(kept, one >> low, 0)),
                next_small.eq(small | (self.valid[lane] & ~kept)),
            ]
            value, small = next_value, next_small
        with m.If(self.advance & (self.phase == PtSoftmaxPass.SUM)):
            m.d.sync += [total.eq(value), dropped.eq(small)]
        return total, dropped

    def _denominator(self, m: Module, total: Signal, dropped: Signal) -> Signal:
        """k of the sum. The maximum alone gives 1, so the leading one is at F or above."""
        places = len(total) - self.fraction_bits
        k = Signal(range(places + 1))
        for place in range(places):
            leading = self.fraction_bits + place
            up = Mux(self.rule == DenominatorRule.CEIL, total[:leading].any() | dropped, total[leading - 1])
            with m.If(total[leading]):  # the last assignment wins: the highest place
                m.d.comb += k.eq(place + up)
        return k

    def _emit(self, m: Module, d: list[Signal], k: Signal) -> None:
        """EMIT: exponents."""
        last, zero = (1 << PTSOFTMAX_TABLE_BITS) - 1, (1 << PTSOFTMAX_EXPONENT_BITS) - 1
        for lane in range(self.lanes):
            near, e = Signal(PTSOFTMAX_TABLE_BITS, name=f"near{lane}"), Signal(PTSOFTMAX_TABLE_BITS + 1, name=f"e{lane}")
            m.d.comb += [
                near.eq(Mux(d[lane] > last, last, d[lane])),
                e.eq(near + k),
                self.index[lane].eq(Mux(e > last, last, e)),
                self.exponent[lane].eq(Mux(e > zero, zero, e)),
                self.exponent_valid[lane].eq(self.valid[lane] & (e < zero)),
            ]
