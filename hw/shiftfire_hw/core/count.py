"""COUNT: division by compare and subtract."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_RANGE, MAX_COUNT_STEPS


class Count(wiring.Component):
    """``n = lo + clip(floor(a / theta), 0, span)`` for one neuron (``FireOp.COUNT``; sum-spikes-and-fire, SparrowSNN arXiv 2406.06543).

    One quotient bit per cycle: present ``a`` and ``theta`` stable for the steps, ``bit`` counting down to 0, ``first`` with the first;
    ``n``, and ``index = n - lo``, are valid in the cycle of bit 0 (and stay while the inputs do). ``idle`` high: no steps, ``n = lo``. ``advance`` low
    holds the state.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.

    Members
    -------
    a: In(signed(accumulator_bits)), theta: In(signed(accumulator_bits))
        Sum and threshold.
    first: In(1), bit: In(range(MAX_COUNT_STEPS)), advance: In(1)
        The first step, the quotient bit that it settles, and whether the state goes on at the end of the cycle.
    idle: In(1)
        There are no steps.
    lo: In(signed), span: In
        Least count, and how far the greatest is above it (FIRE_RANGE).
    n: Out(signed), index: Out
        The count, and ``n - lo``.
    """

    a: Signal
    theta: Signal
    first: Signal
    advance: Signal
    idle: Signal
    bit: Signal
    lo: Signal
    span: Signal
    n: Signal
    index: Signal

    def __init__(self, *, accumulator_bits: int) -> None:
        self.accumulator_bits = accumulator_bits
        super().__init__(
            {
                "a": In(signed(accumulator_bits)),
                "theta": In(signed(accumulator_bits)),
                "first": In(1),
                "advance": In(1),
                "idle": In(1),
                "bit": In(range(MAX_COUNT_STEPS)),
                "lo": In(signed(FIRE_RANGE.field("lo").bits)),
                "span": In(FIRE_RANGE.field("span").bits),
                "n": Out(signed(FIRE_RANGE.field("span").bits + 1)),
                "index": Out(FIRE_RANGE.field("span").bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        rest, current = Signal(signed(self.accumulator_bits)), Signal(signed(self.accumulator_bits))
        quotient, so_far = Signal(MAX_COUNT_STEPS), Signal(MAX_COUNT_STEPS)
        multiple = Signal(signed(self.accumulator_bits + MAX_COUNT_STEPS))
        less = Signal(signed(self.accumulator_bits + MAX_COUNT_STEPS + 1))  # one subtraction compares, too
        take = Signal()
        total = Signal(MAX_COUNT_STEPS)
        m.d.comb += [
            current.eq(Mux(self.first, self.a, rest)),
            so_far.eq(Mux(self.first, 0, quotient)),
            multiple.eq(self.theta << self.bit),
            less.eq(current - multiple),
            take.eq(~less[-1] & ~self.idle),
            total.eq(so_far | (take << self.bit)),
            self.index.eq(Mux(total > self.span, self.span, total)),
            self.n.eq(self.index + self.lo),
        ]
        with m.If(self.advance):
            m.d.sync += [rest.eq(Mux(take, less, current)), quotient.eq(total)]
        return m
