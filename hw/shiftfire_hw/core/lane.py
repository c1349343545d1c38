"""One accumulate-only lane."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.packet import PAYLOAD_BITS
from shiftfire_spec.stream import GROUP_CONTROL
from shiftfire_spec.weights import SLICES, WeightFormat


class Lane(wiring.Component):
    """``o = i +- (base << shift)``; combinational, no multiplier.

    ``base`` is the weight (INT2, INT4, INT8), or the magnitude: as it is (ONE), under the weight's sign (PM1), or gated by it (BIT).
    ``enable`` low: ``o = i``. Sums wrap; the compiler proves that they do not.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.

    Members
    -------
    weight: In(signed(8)), weight_format: In(GROUP_CONTROL.weight_format)
        Weight of the lane, as `WeightMemory` gives it, and its format.
    magnitude: In(PAYLOAD_BITS), negative: In(1), shift: In(5)
        What the event brings: a number, its sign, and a power of two.
    enable: In(1)
        The lane takes part.
    i: In(signed(accumulator_bits)), o: Out(signed(accumulator_bits))
        The sum before and after.
    """

    weight: Signal
    weight_format: Signal
    magnitude: Signal
    negative: Signal
    shift: Signal
    enable: Signal
    i: Signal
    o: Signal

    def __init__(self, *, accumulator_bits: int) -> None:
        self.accumulator_bits = accumulator_bits
        super().__init__(
            {
                "weight": In(signed(SLICES)),
                "weight_format": In(GROUP_CONTROL.field("weight_format").bits),
                "magnitude": In(PAYLOAD_BITS),
                "negative": In(1),
                "shift": In(5),
                "enable": In(1),
                "i": In(signed(accumulator_bits)),
                "o": Out(signed(accumulator_bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        base = Signal(signed(PAYLOAD_BITS + 1))
        subtract = Signal()
        m.d.comb += [base.eq(self.magnitude), subtract.eq(self.negative)]
        with m.Switch(self.weight_format):
            with m.Case(WeightFormat.PM1):
                m.d.comb += subtract.eq(self.negative ^ ~self.weight[0])
            with m.Case(WeightFormat.BIT), m.If(~self.weight[0]):
                m.d.comb += base.eq(0)
            with m.Case(WeightFormat.INT2, WeightFormat.INT4, WeightFormat.INT8):
                m.d.comb += base.eq(self.weight)
        term = Signal(signed(self.accumulator_bits))
        m.d.comb += [
            term.eq(base << self.shift),
            self.o.eq(self.i + Mux(self.enable, Mux(subtract, ~term, term), 0) + (self.enable & subtract)),
        ]
        return m
