"""Leading one of a number: its bit length, the number aligned to it, and its logarithm rounded."""

from __future__ import annotations

from math import isqrt
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class LeadingOne(wiring.Component):
    """Combinational, ``ceil(log2 bits)`` levels of shift.

    ``length``: bits of ``i`` (0 for 0). ``aligned``: ``i`` shifted left until its leading one is the top bit. ``log_up``: the logarithm rounds up, that is
    ``i >= sqrt(2) * 2**(length - 1)``; exact, as all bits of the mantissa are compared with ``ceil(sqrt(2) * 2**(bits - 1))``.

    Parameters
    ----------
    bits: int
        Width of the number, at least 2. ValueError otherwise.

    Members
    -------
    i: In(bits)
        A number.
    length: Out(range(bits + 1)), aligned: Out(bits), log_up: Out(1)
        See above.
    """

    i: Signal
    length: Signal
    aligned: Signal
    log_up: Signal

    def __init__(self, *, bits: int) -> None:
        if isinstance(bits, bool) or not isinstance(bits, int) or bits < 2:
            raise ValueError(f"leading one: bits = {bits!r} is not an integer of at least 2")
        self.bits = bits
        super().__init__({"i": In(bits), "length": Out(range(bits + 1)), "aligned": Out(bits), "log_up": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        value: Any = self.i
        zeros = []
        for stage in reversed(range((self.bits - 1).bit_length())):
            step = 1 << stage
            empty, shifted = Signal(name=f"empty{step}"), Signal(self.bits, name=f"shifted{step}")
            m.d.comb += [empty.eq(~value[-step:].any()), shifted.eq(Mux(empty, value << step, value))]
            value = shifted
            zeros.insert(0, empty)
        threshold = isqrt(1 << (2 * self.bits - 1)) + 1  # ceil(sqrt(2) * 2**(bits - 1)), irrational, so never met
        m.d.comb += [
            self.aligned.eq(value),
            self.length.eq(Mux(value[-1], self.bits - Cat(zeros), 0)),
            self.log_up.eq(value >= threshold),
        ]
        return m
