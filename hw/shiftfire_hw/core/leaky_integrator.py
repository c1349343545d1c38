"""The membrane of LIF and SHIFTLIF before the spike."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS

from ..layouts import struct


class LeakyIntegrator(wiring.Component):
    """``u = clip(v - sum_i s_i (v >> k_i) + a, v_min, v_max)``, combinational; all shifts of ``v``, arithmetic."""

    v: Any
    a: Any
    leak: Any
    v_min: Any
    v_max: Any
    u: Any

    def __init__(self, *, accumulator_bits: int, membrane_bits: int) -> None:
        self.accumulator_bits, self.membrane_bits = accumulator_bits, membrane_bits
        super().__init__(
            {
                "v": In(signed(membrane_bits)),
                "a": In(signed(accumulator_bits)),
                "leak": In(struct(FIRE_LEAK)),
                "v_min": In(signed(membrane_bits)),
                "v_max": In(signed(membrane_bits)),
                "u": Out(signed(membrane_bits)),
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
        m.d.comb += [
            wide.eq(total),
            self.u.eq(Mux(wide < self.v_min, self.v_min, Mux(wide > self.v_max, self.v_max, wide))),
        ]
        return m
