"""PTSOFTMAX: softmax by shifts, in three passes over a row."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.shift_units import (
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
    passes or in none. No row is stored: state is the maximum and the sum of the steps that left before the last cycle, and what the step of the
    last cycle adds to them. That is added while it is used, so a pass sees all of the one before it without a cycle in between.

    Parameters
    ----------
    accumulator_bits, lanes: as in the core.
    fraction_bits: F. Entries more than F below the maximum are left out of the sum. Exact for rows of up to F + 1 entries.
    row_entries: valid entries of the longest row; the sum overflows past it.

    Members
    -------
    a: In(array of lanes x signed(accumulator_bits)), valid: In(lanes)
        Entries of the step, and which lanes there are.
    first: In(1), advance: In(1), phase: In(PtSoftmaxPass)
        The first step of a pass; it leaves in this cycle; the pass.
    shift: In(PTSOFTMAX_SHIFT_BITS), rule: In
        s of ``c = ceil(a / 2^s)``, and `DenominatorRule`. Both stable during a row.
    exponent: Out(array of lanes), exponent_valid: Out(lanes)
        In the cycle of a step in EMIT, combinational: e per lane; a lane whose e reaches the greatest code is not ``exponent_valid``: its
        probability 2^-e counts as zero.
    index: Out(array of lanes)
        Likewise: ``min(e, last)``, the entry in a table of counts by exponent.

    Longest paths: ``a``, shift, d, e; the sum with its last step, leading one over ``bits of row_entries`` places, e; ``a``, maximum of the lanes.
    """

    a: data.View
    valid: Signal
    first: Signal
    advance: Signal
    phase: enum.EnumView
    shift: Signal
    rule: Signal
    exponent: data.View
    exponent_valid: Signal
    index: data.View

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
        # ceil(a / 2^s) is the same for every s from accumulator_bits on
        shift, dropped = Signal(range(self.accumulator_bits + 1)), Signal(self.accumulator_bits)
        m.d.comb += [
            shift.eq(Mux(self.shift > self.accumulator_bits, self.accumulator_bits, self.shift)),
            dropped.eq(Cat(shift > place for place in range(self.accumulator_bits))),
        ]
        maximum = Signal(signed(self.accumulator_bits + 1))
        m.d.comb += maximum.eq(self._maximum(m, dropped) >> shift)
        d = [self._below(m, maximum, shift, dropped, lane) for lane in range(self.lanes)]
        total, small = self._sum(m, d)
        self._emit(m, d, self._denominator(m, total, small))
        return m

    def _maximum(self, m: Module, dropped: Signal) -> Signal:
        """MAX: running maximum of ``a + 2^s - 1``, whose order is that of ``a``; the maximum of a step joins it a cycle later, while it is in use."""
        running, waiting = (Signal(signed(self.accumulator_bits + 2), name=name) for name in ("running", "waiting"))
        seen, waits, restart = Signal(), Signal(), Signal()
        maximum = Signal.like(running, name="maximum")
        best, known = self._greatest(m, list(range(self.lanes)))
        m.d.comb += maximum.eq(Mux(waits & (restart | ~seen | (waiting > running)), waiting, running))
        m.d.sync += [running.eq(maximum), seen.eq(waits | (seen & ~restart)), waits.eq(0), restart.eq(0)]
        with m.If(self.advance & (self.phase == PtSoftmaxPass.MAX)):
            m.d.sync += [waiting.eq(best + dropped), waits.eq(known), restart.eq(self.first)]
        return maximum

    def _greatest(self, m: Module, lanes: list[int]) -> tuple[Any, Any]:
        """Greatest valid entry of some lanes, and whether there is one: a balanced tree."""
        if len(lanes) == 1:
            return self.a[lanes[0]], self.valid[lanes[0]]
        (a, a_valid), (b, b_valid) = (self._greatest(m, half) for half in (lanes[: len(lanes) // 2], lanes[len(lanes) // 2 :]))
        greatest, known = (Signal(shape, name=f"greatest{lanes[0]}_{lanes[-1]}") for shape in (signed(self.accumulator_bits), 1))
        m.d.comb += [greatest.eq(Mux(b_valid & (~a_valid | (b > a)), b, a)), known.eq(a_valid | b_valid)]
        return greatest, known

    def _below(self, m: Module, maximum: Signal, shift: Signal, dropped: Value, lane: int) -> Signal:
        """d of a lane: the rounding up of ``a / 2^s`` is the carry into the difference."""
        floor, up = Signal(signed(self.accumulator_bits + 1), name=f"floor{lane}"), Signal(name=f"up{lane}")
        difference = Signal(self.accumulator_bits + 2, name=f"difference{lane}")
        d = Signal(self.accumulator_bits + 1, name=f"d{lane}")
        m.d.comb += [
            floor.eq(self.a[lane] >> shift),
            up.eq((self.a[lane] & dropped).any()),
            difference.eq(Cat(Const(1, 1), maximum) + Cat(~up, ~floor)),
            d.eq(difference[1:]),
        ]
        return d

    def _sum(self, m: Module, d: list[Signal]) -> tuple[Signal, Signal]:
        """SUM: running sum of 2^(F - d), and whether an entry was too small for it; a step joins the sum a cycle later, while it is in use."""
        total, dropped, restart = Signal(self.fraction_bits + self.row_entries.bit_length()), Signal(), Signal()
        next_total, next_dropped = Signal.like(total, name="next_total"), Signal(name="next_dropped")
        sum_of_step: Any = Mux(restart, 0, total)
        dropped_of_step: Any = dropped & ~restart
        m.d.sync += [total.eq(next_total), dropped.eq(next_dropped), restart.eq(0)]
        leaves = self.advance & (self.phase == PtSoftmaxPass.SUM)
        with m.If(leaves):
            m.d.sync += restart.eq(self.first)
        for lane in range(self.lanes):
            low, far, waits = (
                Signal(self.fraction_bits.bit_length(), name=f"low{lane}"),
                Signal(name=f"far{lane}"),
                Signal(name=f"waits{lane}"),
            )
            m.d.sync += [low.eq(d[lane]), far.eq(d[lane][len(low) :].any()), waits.eq(self.valid[lane] & leaves)]
            power = Signal(self.fraction_bits + 1, name=f"power{lane}")  # 2^(F - d), 0 below 1
            m.d.comb += power.eq(Cat(waits & ~far & (low == place) for place in reversed(range(self.fraction_bits + 1))))
            sum_of_step = sum_of_step + power
            dropped_of_step = dropped_of_step | (waits & (far | (low > self.fraction_bits)))
        m.d.comb += [next_total.eq(sum_of_step), next_dropped.eq(dropped_of_step)]
        return next_total, next_dropped

    def _denominator(self, m: Module, total: Signal, dropped: Signal) -> Signal:
        """k of the sum. The maximum alone gives 1, so the leading one is at F or above."""
        places = len(total) - self.fraction_bits
        k, chosen = Signal(range(places + 1)), Signal(places + 1)  # chosen: k, one bit per value
        leads, ups = Signal(places), Signal(places)
        for place in range(places):
            leading = self.fraction_bits + place
            m.d.comb += [
                leads[place].eq(total[leading] & ~total[leading + 1 :].any()),
                ups[place].eq(Mux(self.rule == DenominatorRule.CEIL, total[:leading].any() | dropped, total[leading - 1])),
            ]
        m.d.comb += [
            chosen.eq((leads & ~ups) | Cat(Const(0, 1), leads & ups)),
            *(k[bit].eq(Cat(chosen[value] for value in range(places + 1) if value >> bit & 1).any()) for bit in range(len(k))),
        ]
        return k

    def _emit(self, m: Module, d: list[Any], k: Signal) -> None:
        """EMIT: exponents. What is far below the maximum is past the last code whatever k is."""
        for lane in range(self.lanes):
            e, far = Signal(PTSOFTMAX_TABLE_BITS + 1, name=f"e{lane}"), Signal(name=f"past{lane}")
            past_table, past_code = Signal(name=f"past_table{lane}"), Signal(name=f"past_code{lane}")
            m.d.comb += [
                far.eq(d[lane][PTSOFTMAX_TABLE_BITS:].any()),
                e.eq(d[lane][:PTSOFTMAX_TABLE_BITS] + k),
                past_table.eq(far | e[PTSOFTMAX_TABLE_BITS]),
                past_code.eq(far | e[PTSOFTMAX_EXPONENT_BITS:].any()),
                self.index[lane].eq(e[:PTSOFTMAX_TABLE_BITS] | past_table.replicate(PTSOFTMAX_TABLE_BITS)),
                self.exponent[lane].eq(e[:PTSOFTMAX_EXPONENT_BITS] | past_code.replicate(PTSOFTMAX_EXPONENT_BITS)),
                self.exponent_valid[lane].eq(self.valid[lane] & ~past_code & ~e[:PTSOFTMAX_EXPONENT_BITS].all()),
            ]
