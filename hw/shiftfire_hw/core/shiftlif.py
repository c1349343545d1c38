"""SHIFTLIF neurons: spikes that are powers of two."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_LEAK
from shiftfire_spec.shift_units import SHIFTLIF_MAX_LEVEL, check_unit

from ..layouts import struct
from .leaky_integrator import Integrator, Leak
from .shift_spike import ShiftSpike


class ShiftLif(wiring.Component):
    """One step of one neuron, combinational; the values are those of ``golden/shiftlif.py``.

    ``v <- clip(v - leak(v) + a, v_min, v_max)``; a spike of ``2**-k`` (k in 0..``levels``) by ``rounding`` (LevelRounding) of ``v / 2**theta_log2``; then
    ``v -= 2**(theta_log2 - k)``. ``exponent = levels - k``, valid with ``spike``. ``levels`` in 1..4, ``theta_log2`` in ``levels``..30.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.
    membrane_bits: int
        Width of a membrane.

    Members
    -------
    v: In(signed(membrane_bits)), a: In(signed(accumulator_bits))
        Membrane and sum.
    theta_log2: In(5), levels: In(range(SHIFTLIF_MAX_LEVEL + 1)), rounding: In(2)
        See `ShiftSpike`.
    leak: In(FIRE_LEAK)
        See `Leak`.
    v_min: In(signed(membrane_bits)), v_max: In(signed(membrane_bits))
        Limits of the membrane.
    v_next: Out(signed(membrane_bits))
        Membrane after the step.
    spike: Out(1), exponent: Out(range(SHIFTLIF_MAX_LEVEL + 1))
        The neuron fires, and its payload.
    """

    v: Signal
    a: Signal
    theta_log2: Signal
    levels: Signal
    rounding: Signal
    leak: data.View
    v_min: Signal
    v_max: Signal
    v_next: Signal
    spike: Signal
    exponent: Signal

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
        m.submodules.leak = leak = Leak(membrane_bits=self.membrane_bits)
        m.submodules.integrator = integrator = Integrator(accumulator_bits=self.accumulator_bits, membrane_bits=self.membrane_bits)
        m.submodules.spike = spike = ShiftSpike(membrane_bits=self.membrane_bits)
        m.d.comb += [leak.v.eq(self.v), leak.leak.eq(self.leak), integrator.decayed.eq(leak.decayed)]
        m.d.comb += [getattr(integrator, name).eq(getattr(self, name)) for name in ("a", "v_min", "v_max")]
        m.d.comb += [getattr(spike, name).eq(getattr(self, name)) for name in ("theta_log2", "levels", "rounding")]
        m.d.comb += spike.u.eq(integrator.u)
        m.d.comb += [getattr(self, name).eq(getattr(spike, name)) for name in ("v_next", "spike", "exponent")]
        return m
