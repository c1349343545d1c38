"""The spike of SHIFTLIF: a power of two of the threshold."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.shift_units import SHIFTLIF_MAX_LEVEL, LevelRounding

from .leading_one import LeadingOne


class ShiftSpike(wiring.Component):
    """Spike and reset at membrane potential ``u``, combinational; the values are those of ``golden/shiftlif.py``.

    A spike of ``2**-k`` (k in 0..``levels``) by ``rounding`` (LevelRounding) of ``u / 2**theta_log2``; then ``v_next = u - 2**(theta_log2 - k)``.
    ``exponent = levels - k``, valid with ``spike``. ``levels`` in 1..4, ``theta_log2`` in ``levels``..30.

    Parameters
    ----------
    membrane_bits: int
        Width of a membrane.

    Members
    -------
    u: In(signed(membrane_bits))
        Membrane before the spike.
    theta_log2: In(5), levels: In(range(SHIFTLIF_MAX_LEVEL + 1)), rounding: In(2)
        Threshold as a power of two, levels below it, and LevelRounding.
    v_next: Out(signed(membrane_bits))
        Membrane after the spike.
    spike: Out(1), exponent: Out(range(SHIFTLIF_MAX_LEVEL + 1))
        The neuron fires, and its payload.
    """

    u: Signal
    theta_log2: Signal
    levels: Signal
    rounding: Signal
    v_next: Signal
    spike: Signal
    exponent: Signal

    def __init__(self, *, membrane_bits: int) -> None:
        self.membrane_bits = membrane_bits
        super().__init__(
            {
                "u": In(signed(membrane_bits)),
                "theta_log2": In(5),
                "levels": In(range(SHIFTLIF_MAX_LEVEL + 1)),
                "rounding": In(2),
                "v_next": Out(signed(membrane_bits)),
                "spike": Out(1),
                "exponent": Out(range(SHIFTLIF_MAX_LEVEL + 1)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.leading = leading = LeadingOne(bits=self.membrane_bits - 1)
        floor, level = Signal(signed(8)), Signal(signed(8))  # exponent relative to the lowest level: of u, and rounded
        m.d.comb += [
            leading.i.eq(Mux(self.u < 0, 0, self.u)),
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
            self.v_next.eq(self.u - Mux(self.spike, 1 << (self.theta_log2 - self.levels + self.exponent)[:5], 0)),
        ]
        return m
