"""Wide values as powers of two that add up: the non-adjacent form."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Digits(wiring.Component):
    """The non-adjacent form of a whole number, combinational: ``i`` is the sum of ``+-2**k`` over its digits, no two of which are neighbours.

    The half, added to the number, carries into every run of ones: where the sum and the half differ, there is a digit, and its sign is that of the half's bit.

    Parameters
    ----------
    bits: int
        Width of the number; its form has no more digits.

    Members
    -------
    i: In(signed(bits))
        The number.
    digits: Out(bits)
        Bit k: the form has ``2**k`` or ``-2**k``.
    negative: Out(bits)
        Bit k: that digit is subtracted; 0 where there is none.
    """

    i: Signal
    digits: Signal
    negative: Signal

    def __init__(self, *, bits: int) -> None:
        self.bits = bits
        super().__init__({"i": In(signed(bits)), "digits": Out(bits), "negative": Out(bits)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        half, total = Signal(signed(self.bits)), Signal(self.bits)
        m.d.comb += [
            half.eq(self.i >> 1),
            total.eq(self.i + half),
            self.digits.eq(total ^ half),
            self.negative.eq(half & self.digits),
        ]
        return m
