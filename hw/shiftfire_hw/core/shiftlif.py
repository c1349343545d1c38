"""SHIFTLIF neurons: spikes that are powers of two."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS
from shiftfire_spec.units import SHIFTLIF_MAX_LEVEL, LevelRounding, check_unit

from ..layouts import struct
from .leading_one import LeadingOne


class ShiftLif(wiring.Component):
    """One step of one neuron, combinational; the values are those of ``golden/shiftlif.py``.

    ``v <- clip(v - leak(v) + a, v_min, v_max)``; a spike of ``2**-k`` (k in 0..``levels``) by ``rounding`` (LevelRounding) of ``v / 2**theta_log2``; then
    ``v -= 2**(theta_log2 - k)``. ``exponent = levels - k``, valid with ``spike``. ``levels`` in 1..4, ``theta_log2`` in ``levels``..30.
    """

    v: Any
    a: Any
    theta_log2: Any
    levels: Any
    rounding: Any
    leak: Any
    v_min: Any
    v_max: Any
    v_next: Any
    spike: Any
    exponent: Any

    def __init__(self, *, accumulator_bits: int, membrane_bits: int) -> None:
        check_unit("shiftlif", accumulator_bits=accumulator_bits, membrane_bits=membrane_bits)
        self.accumulator_bits, self.membrane_bits = accumulator_bits, membrane_bits
        super().__init__(
            {
                "v": In(signed(membrane_bits)),
                "a": In(signed(accumulator_bits)),
                "theta_log2": In(5),
                "levels": In(range(SHIFTLIF_MAX_LEVEL + 1)),
                "rounding": In(2),
                "leak": In(struct(FIRE_LEAK)),
                "v_min": In(signed(membrane_bits)),
                "v_max": In(signed(membrane_bits)),
                "v_next": Out(signed(membrane_bits)),
                "spike": Out(1),
                "exponent": Out(range(SHIFTLIF_MAX_LEVEL + 1)),
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
        u = Signal(signed(self.membrane_bits))
        m.submodules.leading = leading = LeadingOne(bits=self.membrane_bits - 1)
        floor, level = Signal(signed(8)), Signal(signed(8))  # exponent relative to the lowest level: of u, and rounded
        m.d.comb += [
            wide.eq(total),
            u.eq(Mux(wide < self.v_min, self.v_min, Mux(wide > self.v_max, self.v_max, wide))),
            leading.i.eq(Mux(u < 0, 0, u)),
            floor.eq(leading.length - 1 - self.theta_log2 + self.levels),
            level.eq(floor),
        ]
        with m.Switch(self.rounding):
            with m.Case(LevelRounding.LINEAR):
                m.d.comb += level.eq(Mux(floor == -1, 0, floor + leading.aligned[-2]))
            with m.Case(LevelRounding.LOG):
                m.d.comb += level.eq(floor + leading.log_up)
        m.d.comb += [
            self.spike.eq((leading.length != 0) & (level >= 0)),
            self.exponent.eq(Mux(self.spike, Mux(level > self.levels, self.levels, level), 0)),
            self.v_next.eq(u - Mux(self.spike, 1 << (self.theta_log2 - self.levels + self.exponent)[:5], 0)),
        ]
        return m
