"""REQUANT: shift, round, clip."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, Rounding


class Requant(wiring.Component):
    """``y = clip(round(a / 2**shift), lo, lo + span)``, combinational (``FireOp.REQUANT``), rounding FLOOR, HALF_UP or HALF_EVEN.

    Parameters
    ----------
    accumulator_bits: int
        Width of the number.

    Members
    -------
    a: In(signed(accumulator_bits))
        A number.
    shift: In(FIRE_CONTROL.shift), rounding: In(FIRE_CONTROL.rounding)
        Right shift, and `Rounding`.
    lo: In(signed), span: In
        Least result, and how far the greatest is above it (FIRE_RANGE).
    y: Out(signed)
        The result.
    """

    a: Signal
    shift: Signal
    rounding: Signal
    lo: Signal
    span: Signal
    y: Signal

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
        low = Signal(signed(self.accumulator_bits))  # floor of the shifted value
        dropped = Signal(1 << len(self.shift))  # the bits shifted out, aligned to the top: half is the top bit
        half, rest, up = Signal(), Signal(), Signal()
        m.d.comb += [
            low.eq(self.a >> self.shift),
            dropped.eq((self.a << (1 << len(self.shift))) >> self.shift),
            half.eq(dropped[-1]),
            rest.eq(dropped[:-1].any()),
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
