"""Reciprocal by restoring division."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Reciprocal(wiring.Component):
    """``quotient = floor(2**numerator_log2 / divisor)``, one quotient bit per cycle.

    Parameters
    ----------
    numerator_log2: the numerator is this power of two. divisor_bits: width of the divisor.
    quotient_bits: width of the quotient; divisors below ``2**(numerator_log2 - quotient_bits + 1)`` do not fit it and give all ones.

    Members
    -------
    start: In: take the divisor. divisor: In: stable from ``start`` until ``done``.
    done: Out: the quotient is valid, ``quotient_bits`` cycles after the one with ``start``, and stays so until the next start. Reset: not done.

    Source: the schoolbook algorithm (restoring division).
    """

    start: Signal
    divisor: Signal
    done: Signal
    quotient: Signal

    def __init__(self, *, numerator_log2: int, divisor_bits: int, quotient_bits: int) -> None:
        self.first_remainder = 1 << (numerator_log2 - quotient_bits + 1)
        self.quotient_bits = quotient_bits
        super().__init__({"start": In(1), "divisor": In(divisor_bits), "done": Out(1), "quotient": Out(quotient_bits)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bits = max(len(self.divisor), self.first_remainder.bit_length())
        remainder, rest = Signal(bits + 1), Signal(bits + 1)  # the remainder is below twice the divisor
        left, busy, fits = Signal(range(self.quotient_bits)), Signal(), Signal()
        m.d.comb += [fits.eq(remainder >= self.divisor), rest.eq(remainder)]
        with m.If(fits):
            m.d.comb += rest.eq(remainder - self.divisor)
        with m.If(self.start):
            m.d.sync += [remainder.eq(self.first_remainder), left.eq(self.quotient_bits - 1), busy.eq(1), self.done.eq(0)]
        with m.Elif(busy):
            m.d.sync += [
                remainder.eq(rest << 1),
                self.quotient.eq((self.quotient << 1) | fits),
                left.eq(left - 1),
                busy.eq(left != 0),
                self.done.eq(left == 0),
            ]
        return m
