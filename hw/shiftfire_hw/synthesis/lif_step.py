"""The step of one LIF neuron alone."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In
from shiftfire_spec.fire import FIRE_LEAK

from ..core.leaky_integrator import Leak, decayed_shape
from ..core.lif import Lif
from ..layouts import struct

_LIMITS = ("strict", "reset", "v_reset", "v_min", "v_max")


class LifStep(wiring.Component):
    """Sum and bias beside the leak, a register, then `Lif`: as F2 and F3 of the fire engine have it, a step per cycle.

    Parameters
    ----------
    accumulator_bits, membrane_bits, leak_terms: as the chip's.

    Members
    -------
    sum, bias, theta, v: In: of the step in F2. leak: In(FIRE_LEAK). strict, reset, v_reset, v_min, v_max: In: as `Lif` has them.
    v_next, spike: Out: of the step in F3, that of the cycle before.
    """

    sum: Signal
    bias: Signal
    theta: Signal
    v: Signal
    leak: data.View
    strict: Signal
    reset: Signal
    v_reset: Signal
    v_min: Signal
    v_max: Signal
    v_next: Signal
    spike: Signal

    def __init__(self, *, accumulator_bits: int, membrane_bits: int, leak_terms: int) -> None:
        self.lif = Lif(accumulator_bits=accumulator_bits, membrane_bits=membrane_bits)
        self.decay = Leak(membrane_bits=membrane_bits, terms=leak_terms)
        members = self.lif.signature.members
        wide, narrow = signed(accumulator_bits), signed(membrane_bits)
        super().__init__(
            {
                **{name: In(wide) for name in ("sum", "bias", "theta")},
                "v": In(narrow),
                "leak": In(struct(FIRE_LEAK)),
                **{name: members[name] for name in (*_LIMITS, "v_next", "spike")},
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.lif, m.submodules.leak = lif, decay = self.lif, self.decay
        a, theta = Signal.like(self.sum), Signal.like(self.theta)
        decayed = Signal(decayed_shape(decay.membrane_bits))
        m.d.comb += [decay.v.eq(self.v), decay.leak.eq(self.leak)]
        m.d.sync += [a.eq(self.sum + self.bias), theta.eq(self.theta), decayed.eq(decay.decayed)]
        m.d.comb += [lif.a.eq(a), lif.theta.eq(theta), lif.decayed.eq(decayed)]
        m.d.comb += [getattr(lif, name).eq(getattr(self, name)) for name in _LIMITS]
        m.d.comb += [self.v_next.eq(lif.v_next), self.spike.eq(lif.spike)]
        return m
