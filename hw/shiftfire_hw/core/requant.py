"""REQUANT: shift, round, clip."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, Rounding


class Requant(wiring.Component):
    """``y = clip(round(a / 2**shift), lo, lo + span)``, combinational (``FireOp.REQUANT``), rounding FLOOR, HALF_UP or HALF_EVEN."""

    a: Any
    shift: Any
    rounding: Any
    lo: Any
    span: Any
    y: Any

    def __init__(self, *, accumulator_bits: int) -> None:
        self.accumulator_bits = accumulator_bits
        super().__init__(
            {
                "a": In(signed(accumulator_bits)),
                "shift": In(FIRE_CONTROL.field("shift").bits),
                "rounding": In(FIRE_CONTROL.field("rounding").bits),
                "lo": In(signed(FIRE_RANGE.field("lo").bits)),
                "span": In(FIRE_RANGE.field("span").bits),
                "y": Out(signed(FIRE_RANGE.field("span").bits + 1)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        doubled, shifted = (Signal(signed(self.accumulator_bits + 1), name=name) for name in ("doubled", "shifted"))
        low = Signal(signed(self.accumulator_bits))  # floor of the shifted value
        half, rest, up = Signal(), Signal(), Signal()  # first bit shifted out, the others, whether to round up
        m.d.comb += [
            doubled.eq(self.a << 1),
            shifted.eq(doubled >> self.shift),
            low.eq(shifted >> 1),
            half.eq(shifted[0]),
            rest.eq((doubled & ~(Const(-1, signed(len(doubled))) << self.shift)[: len(doubled)]).any()),
        ]
        with m.Switch(self.rounding):
            with m.Case(Rounding.HALF_UP):
                m.d.comb += up.eq(half)
            with m.Case(Rounding.HALF_EVEN):
                m.d.comb += up.eq(half & (rest | low[0]))
        rounded = Signal(signed(self.accumulator_bits + 1))
        high = Signal(signed(len(self.y)))
        m.d.comb += [
            rounded.eq(low + up),
            high.eq(self.lo + self.span),
            self.y.eq(Mux(rounded < self.lo, self.lo, Mux(rounded > high, high, rounded))),
        ]
        return m
