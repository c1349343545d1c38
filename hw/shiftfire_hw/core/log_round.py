"""Rounding to a power of two in the log domain."""

from __future__ import annotations

from math import isqrt
from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.packet import UNIT_EXPONENT_BITS
from shiftfire_spec.shift_units import BSPN_GUARD_BITS

from . import thermometer


class LogRound(wiring.Component):
    """Exponent of the power of two nearest to a magnitude in the log domain, combinational.

    The magnitude is ``i + more``, so a negative number needs its complement only. With ``r = round(log2(i + more))``: ``nonzero`` when the magnitude is
    not 0 and ``r >= guard``; ``exponent`` is then ``r - guard``, or the greatest code where that is past it, else 0.

    ``r >= k`` when the magnitude is above ``sqrt(2) * 2**(k - 1)``, so above its integer part: one comparison with a constant for every k, all at once.

    Parameters
    ----------
    bits: int
        Width of ``i``.

    Members
    -------
    i: In(bits), more: In(1)
        The magnitude is ``i + more``.
    guard: In(BSPN_GUARD_BITS)
        Fraction bits below exponent 0.
    exponent: Out(UNIT_EXPONENT_BITS), nonzero: Out(1)
        The power of two, and whether there is one.
    """

    i: Signal
    more: Signal
    guard: Signal
    exponent: Signal
    nonzero: Signal

    def __init__(self, *, bits: int) -> None:
        self.bits = bits
        super().__init__(
            {"i": In(bits), "more": In(1), "guard": In(BSPN_GUARD_BITS), "exponent": Out(UNIT_EXPONENT_BITS), "nonzero": Out(1)}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        codes = 1 << UNIT_EXPONENT_BITS
        self._compared: dict[tuple[int, int, int], tuple[Value, Value]] = {}
        reached = [self.i.any() | self.more]  # bit k: r >= k; bit 0: not zero
        for k in range(1, min(self.bits, codes + (1 << BSPN_GUARD_BITS) - 2) + 1):
            above, equal = self._compare(m, 0, 1 << (self.bits - 1).bit_length(), isqrt(1 << (2 * k - 1)))
            reached.append(above | (equal & self.more))
        shifted = Signal(codes)
        m.d.comb += [
            shifted.eq(Cat(reached) >> self.guard),
            self.nonzero.eq(shifted[0]),
            self.exponent.eq(thermometer.count(shifted[1:])),
        ]
        return m

    def _compare(self, m: Module, start: int, width: int, constant: int) -> tuple[Value, Value]:
        """Whether ``width`` (a power of two) bits of ``i`` from ``start`` on are above, or equal to, ``constant``: a balanced tree, its nodes shared."""
        key = start, width, constant
        if key not in self._compared:
            above, equal = (Signal(name=f"{name}_{start}_{width}_{constant}") for name in ("above", "equal"))
            if start >= self.bits:
                m.d.comb += equal.eq(constant == 0)
            elif width == 1:
                m.d.comb += [above.eq(self.i[start] & (constant == 0)), equal.eq(self.i[start] == constant)]
            else:
                half = width // 2
                low_above, low_equal = self._compare(m, start, half, constant & ((1 << half) - 1))
                high_above, high_equal = self._compare(m, start + half, half, constant >> half)
                m.d.comb += [above.eq(high_above | (high_equal & low_above)), equal.eq(high_equal & low_equal)]
            self._compared[key] = above, equal
        return self._compared[key]
