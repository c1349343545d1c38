"""LIF and IF neurons."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS, Reset

from ..layouts import struct


class Lif(wiring.Component):
    """One step of one neuron, combinational (``FireOp.LIF``).

    ``v <- clip(v - sum_i s_i (v >> k_i) + a, v_min, v_max)``, all shifts of the old ``v``, arithmetic; ``spike = v >= theta`` (``strict``: ``>``);
    on a spike ``reset`` subtracts theta, zeroes, or leaves the membrane.
    """

    v: Any
    a: Any
    theta: Any
    leak: Any
    strict: Any
    reset: Any
    v_min: Any
    v_max: Any
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
                "v_next": Out(signed(membrane_bits)),
                "spike": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        total: Any = self.v + self.a
        for i in range(LEAK_TERMS):
            shifted = Signal(signed(self.membrane_bits + 1), name=f"leak{i}")
            m.d.comb += shifted.eq(Mux(self.leak[f"enable{i}"], self.v >> self.leak[f"shift{i}"], 0))
            total = total + Mux(self.leak[f"negative{i}"], shifted, -shifted)
        wide = Signal(signed(max(self.accumulator_bits, self.membrane_bits) + 4))
        clipped = Signal(signed(self.membrane_bits))
        m.d.comb += [
            wide.eq(total),
            clipped.eq(Mux(wide < self.v_min, self.v_min, Mux(wide > self.v_max, self.v_max, wide))),
            self.spike.eq(Mux(self.strict, clipped > self.theta, clipped >= self.theta)),
            self.v_next.eq(clipped),
        ]
        with m.If(self.spike), m.Switch(self.reset):
            with m.Case(Reset.SUBTRACT):
                m.d.comb += self.v_next.eq(clipped - self.theta)
            with m.Case(Reset.ZERO):
                m.d.comb += self.v_next.eq(0)
        return m
