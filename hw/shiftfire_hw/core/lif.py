"""LIF and IF neurons."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_LEAK, Reset

from ..layouts import struct
from .leaky_integrator import LeakyIntegrator


class Lif(wiring.Component):
    """One step of one neuron, combinational (``FireOp.LIF``).

    ``v <- clip(v - sum_i s_i (v >> k_i) + a, v_min, v_max)``, all shifts of the old ``v``, arithmetic; ``spike = v >= theta`` (``strict``: ``>``);
    on a spike ``reset`` subtracts theta, zeroes, or leaves the membrane. ``u`` is the membrane before the reset.
    """

    v: Any
    a: Any
    theta: Any
    leak: Any
    strict: Any
    reset: Any
    v_min: Any
    v_max: Any
    u: Any
    v_next: Any
    spike: Any

    def __init__(self, *, accumulator_bits: int, membrane_bits: int) -> None:
        self.accumulator_bits, self.membrane_bits = accumulator_bits, membrane_bits
        super().__init__(
            {
                "v": In(signed(membrane_bits)),
                "a": In(signed(accumulator_bits)),
                "theta": In(signed(accumulator_bits)),
                "leak": In(struct(FIRE_LEAK)),
                "strict": In(1),
                "reset": In(2),
                "v_min": In(signed(membrane_bits)),
                "v_max": In(signed(membrane_bits)),
                "u": Out(signed(membrane_bits)),
                "v_next": Out(signed(membrane_bits)),
                "spike": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.integrator = integrator = LeakyIntegrator(
            accumulator_bits=self.accumulator_bits, membrane_bits=self.membrane_bits
        )
        m.d.comb += [getattr(integrator, name).eq(getattr(self, name)) for name in ("v", "a", "leak", "v_min", "v_max")]
        m.d.comb += [
            self.u.eq(integrator.u),
            self.spike.eq(Mux(self.strict, self.u > self.theta, self.u >= self.theta)),
            self.v_next.eq(self.u),
        ]
        with m.If(self.spike), m.Switch(self.reset):
            with m.Case(Reset.SUBTRACT):
                m.d.comb += self.v_next.eq(self.u - self.theta)
            with m.Case(Reset.ZERO):
                m.d.comb += self.v_next.eq(0)
        return m
