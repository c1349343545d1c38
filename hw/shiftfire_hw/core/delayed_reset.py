"""Reset by subtraction at the start of the next step: what a membrane still owes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .leaky_integrator import decayed_shape


class DelayedReset(wiring.Component):
    """``o = decayed - theta`` where ``v`` fires, else ``decayed``, combinational: the membrane, kept as it fired, fires once more when it is read.

    Parameters
    ----------
    accumulator_bits: int
        Width of ``theta``, at least ``membrane_bits``.
    membrane_bits: int
        Width of ``v``.

    Members
    -------
    v: In(signed(membrane_bits)), theta: In(signed(accumulator_bits)), strict: In(1)
        The membrane before the step, its threshold, at least 0, and the comparison: ``v >= theta`` (strict: ``>``).
    enable: In(1)
        Resets are delayed; low: ``o = decayed``.
    decayed: In(decayed_shape(membrane_bits))
        The membrane after its leak.
    o: Out(decayed_shape(membrane_bits))
        And after its reset: no theta that fires is more than ``v``, so the shape holds.
    """

    v: Signal
    theta: Signal
    strict: Signal
    enable: Signal
    decayed: Signal
    o: Signal

    def __init__(self, *, accumulator_bits: int, membrane_bits: int) -> None:
        self.accumulator_bits, self.membrane_bits = accumulator_bits, membrane_bits
        super().__init__(
            {
                "v": In(signed(membrane_bits)),
                "theta": In(signed(accumulator_bits)),
                "strict": In(1),
                "enable": In(1),
                "decayed": In(decayed_shape(membrane_bits)),
                "o": Out(decayed_shape(membrane_bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        above, owes = Signal(signed(self.accumulator_bits + 1)), Signal()
        m.d.comb += [
            above.eq(self.v - self.theta),
            owes.eq(self.enable & ~above[-1] & ~(self.strict & (above == 0))),
            self.o.eq(self.decayed - Mux(owes, self.theta[: self.membrane_bits - 1], 0)),
        ]
        return m
