"""LIF and IF neurons."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import Reset

from .leaky_integrator import Integrator, decayed_shape


class Lif(wiring.Component):
    """One step of one neuron after its leak (`Leak`), combinational (``FireOp.LIF``).

    ``v <- clip(decayed + a, v_min, v_max)``; ``spike = v >= theta`` (``strict``: ``>``);
    on a spike ``reset`` subtracts theta, sets the membrane to ``v_reset``, or leaves it. ``u`` is the membrane before the reset.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.
    membrane_bits: int
        Width of a membrane.

    Members
    -------
    decayed: In(decayed_shape(membrane_bits)), a: In(signed(accumulator_bits)), theta: In(signed(accumulator_bits))
        Membrane after the leak, sum and threshold.
    strict: In(1), reset: In(2)
        Comparison, and what a spike does to the membrane (`Reset`).
    v_reset: In(signed(membrane_bits))
        Membrane after a reset ZERO.
    v_min: In(signed(membrane_bits)), v_max: In(signed(membrane_bits))
        Limits of the membrane.
    u: Out(signed(membrane_bits)), v_next: Out(signed(membrane_bits))
        Membrane before and after the reset.
    spike: Out(1)
        The neuron fires.
    """

    decayed: Signal
    a: Signal
    theta: Signal
    strict: Signal
    reset: Signal
    v_reset: Signal
    v_min: Signal
    v_max: Signal
    u: Signal
    v_next: Signal
    spike: Signal

    def __init__(self, *, accumulator_bits: int, membrane_bits: int) -> None:
        self.accumulator_bits, self.membrane_bits = accumulator_bits, membrane_bits
        super().__init__(
            {
                "decayed": In(decayed_shape(membrane_bits)),
                "a": In(signed(accumulator_bits)),
                "theta": In(signed(accumulator_bits)),
                "strict": In(1),
                "reset": In(2),
                "v_reset": In(signed(membrane_bits)),
                "v_min": In(signed(membrane_bits)),
                "v_max": In(signed(membrane_bits)),
                "u": Out(signed(membrane_bits)),
                "v_next": Out(signed(membrane_bits)),
                "spike": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.integrator = integrator = Integrator(accumulator_bits=self.accumulator_bits, membrane_bits=self.membrane_bits)
        m.d.comb += [getattr(integrator, name).eq(getattr(self, name)) for name in ("decayed", "a", "v_min", "v_max")]
        above = Signal(signed(self.accumulator_bits + 1))  # one subtraction for the comparison and the reset
        m.d.comb += [
            self.u.eq(integrator.u),
            above.eq(self.u - self.theta),
            self.spike.eq(~above[-1] & ~(self.strict & (above == 0))),
            self.v_next.eq(self.u),
        ]
        with m.If(self.spike), m.Switch(self.reset):
            with m.Case(Reset.SUBTRACT):
                m.d.comb += self.v_next.eq(above)
            with m.Case(Reset.ZERO):
                m.d.comb += self.v_next.eq(self.v_reset)
        return m
