"""Refractory periods: what a neuron that fired has left of its silence."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import REFRACTORY_BITS


class Refractory(wiring.Component):
    """One step of one neuron's refractory period, combinational: ``fires`` where it passes its threshold and is not ``silent``.

    Members
    -------
    left: In(REFRACTORY_BITS)
        Silent steps that are left before this one, itself included.
    passes: In(1)
        The membrane passes the threshold.
    steps: In(REFRACTORY_BITS)
        Silent steps after a spike.
    silent: Out(1)
        The neuron holds its membrane and takes nothing.
    fires: Out(1)
        It fires.
    following: Out(REFRACTORY_BITS)
        ``left`` of the next step.
    """

    left: Signal
    passes: Signal
    steps: Signal
    silent: Signal
    fires: Signal
    following: Signal

    def __init__(self) -> None:
        super().__init__(
            {
                "left": In(REFRACTORY_BITS),
                "passes": In(1),
                "steps": In(REFRACTORY_BITS),
                "silent": Out(1),
                "fires": Out(1),
                "following": Out(REFRACTORY_BITS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += [
            self.silent.eq(self.left.any()),
            self.fires.eq(self.passes & ~self.silent),
            self.following.eq(Mux(self.fires, self.steps, self.left - self.silent)),
        ]
        return m
