"""Multi-spike IF: several spikes in one step, by compare and subtract."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_RANGE, MAX_COUNT_STEPS


class MultiSpike(wiring.Component):
    """Spikes and next membrane of one neuron after its leak and sum (`leaky_integrator`, shared with LIF), ``FireOp.MULTISPIKE``.

    ``n = clip(floor(u / theta), 0, span)``; ``v_next = u - n theta``, but at least ``-theta`` with ``floor_at_theta``.

    One quotient bit per cycle: present all inputs stable for the steps, ``bit`` counting down to 0, ``first`` with the first. ``n`` and ``v_next`` are valid
    in the cycle of bit 0 (and stay while the inputs do). ``advance`` low holds the state. A bit is taken when its multiple of theta fits what is left
    and the count stays within ``span``: so what is left is that of the clipped count, without a multiplication. No reset: ``first`` starts over.

    Parameters
    ----------
    accumulator_bits: int
        Width of ``theta``, at least ``membrane_bits``.
    membrane_bits: int
        Width of ``u`` and ``v_next``.

    Members
    -------
    u: In(signed(membrane_bits))
        Membrane before the spikes.
    theta: In(signed(accumulator_bits))
        Threshold, at least 1; with ``floor_at_theta`` at most ``2**(membrane_bits - 1)``.
    first: In(1), bit: In(range(MAX_COUNT_STEPS)), advance: In(1)
        The divider's step.
    span: In(FIRE_RANGE.field("span").bits)
        Most spikes of a step.
    floor_at_theta: In(1)
        The membrane ends at ``-theta`` or above.
    n: Out(MAX_COUNT_STEPS)
        Spikes.
    v_next: Out(signed(membrane_bits))
        Membrane after them.
    """

    u: Signal
    theta: Signal
    first: Signal
    advance: Signal
    bit: Signal
    span: Signal
    floor_at_theta: Signal
    n: Signal
    v_next: Signal

    def __init__(self, *, accumulator_bits: int, membrane_bits: int) -> None:
        self.accumulator_bits, self.membrane_bits = accumulator_bits, membrane_bits
        super().__init__(
            {
                "u": In(signed(membrane_bits)),
                "theta": In(signed(accumulator_bits)),
                "first": In(1),
                "advance": In(1),
                "bit": In(range(MAX_COUNT_STEPS)),
                "span": In(FIRE_RANGE.field("span").bits),
                "floor_at_theta": In(1),
                "n": Out(MAX_COUNT_STEPS),
                "v_next": Out(signed(membrane_bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        top = self.membrane_bits - 1
        rest, current, left = (Signal(signed(self.membrane_bits), name=name) for name in ("rest", "current", "left"))
        spikes, so_far, more = (Signal(MAX_COUNT_STEPS, name=name) for name in ("spikes", "so_far", "more"))
        multiple = Signal(top + MAX_COUNT_STEPS - 1)
        less = Signal(signed(len(multiple) + 2))  # one subtraction compares, too
        near = self.theta[: self.membrane_bits]  # all of a theta that a floor can have
        below = Signal(signed(self.membrane_bits + 2))
        take = Signal()
        m.d.comb += [
            current.eq(Mux(self.first, self.u, rest)),
            so_far.eq(Mux(self.first, 0, spikes)),
            multiple.eq(self.theta[:top] << self.bit),
            less.eq(current - multiple),
            more.eq(so_far | (1 << self.bit)),
            take.eq(~less[-1] & ~self.theta[top:].any() & (more <= self.span)),  # a theta with more bits is above every membrane
            left.eq(Mux(take, less, current)),
            self.n.eq(Mux(take, more, so_far)),
            below.eq(self.u + near),
            self.v_next.eq(Mux(self.floor_at_theta & below[-1], -near, left)),
        ]
        with m.If(self.advance):
            m.d.sync += [rest.eq(left), spikes.eq(self.n)]
        return m
