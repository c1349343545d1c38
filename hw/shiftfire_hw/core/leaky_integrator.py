"""A membrane before the spike, and a synaptic current: the leak, then the sum."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS

from ..layouts import struct


def decayed_shape(membrane_bits: int) -> Any:
    """Shape of a membrane after the leak: every term can add as much as the membrane itself."""
    return signed(membrane_bits + LEAK_TERMS.bit_length())


class Leak(wiring.Component):
    """``decayed = v - sum_i s_i (v >> k_i)`` over the first ``terms`` terms, combinational; all shifts of ``v``, arithmetic.

    Parameters
    ----------
    membrane_bits: int
        Width of a membrane.
    terms: int
        Terms that there are hardware for; the others are ignored.

    Members
    -------
    v: In(signed(membrane_bits))
        Membrane.
    leak: In(FIRE_LEAK)
        The terms: sign and shift of each.
    decayed: Out(decayed_shape(membrane_bits))
        Membrane after the leak.
    """

    v: Signal
    leak: data.View
    decayed: Signal

    def __init__(self, *, membrane_bits: int, terms: int = LEAK_TERMS) -> None:
        self.membrane_bits, self.terms = membrane_bits, terms
        super().__init__(
            {"v": In(signed(membrane_bits)), "leak": In(struct(FIRE_LEAK)), "decayed": Out(decayed_shape(membrane_bits))}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        total: Any = self.v
        for i in range(self.terms):
            shifted = Signal(signed(self.membrane_bits + 1), name=f"leak{i}")
            m.d.comb += shifted.eq(Mux(self.leak[f"enable{i}"], self.v >> self.leak[f"shift{i}"], 0))
            total = total + Mux(self.leak[f"negative{i}"], shifted, -shifted)
        m.d.comb += self.decayed.eq(total)
        return m


class Integrator(wiring.Component):
    """``u = clip(decayed + a, v_min, v_max)``, combinational.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.
    membrane_bits: int
        Width of a membrane.

    Members
    -------
    decayed: In(decayed_shape(membrane_bits)), a: In(signed(accumulator_bits))
        Membrane after the leak, and the sum to add.
    v_min: In(signed(membrane_bits)), v_max: In(signed(membrane_bits))
        Limits.
    u: Out(signed(membrane_bits))
        Membrane before the spike.
    """

    decayed: Signal
    a: Signal
    v_min: Signal
    v_max: Signal
    u: Signal

    def __init__(self, *, accumulator_bits: int, membrane_bits: int) -> None:
        self.accumulator_bits, self.membrane_bits = accumulator_bits, membrane_bits
        super().__init__(
            {
                "decayed": In(decayed_shape(membrane_bits)),
                "a": In(signed(accumulator_bits)),
                "v_min": In(signed(membrane_bits)),
                "v_max": In(signed(membrane_bits)),
                "u": Out(signed(membrane_bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        wide = Signal(signed(max(self.accumulator_bits, len(self.decayed)) + 1))
        m.d.comb += [
            wide.eq(self.decayed + self.a),
            self.u.eq(Mux(wide < self.v_min, self.v_min, Mux(wide > self.v_max, self.v_max, wide))),
        ]
        return m
