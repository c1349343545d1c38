"""Rounding in the log domain against squares of integers, and thermometer codes: every value of small widths."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out
from amaranth.sim import Simulator
from shiftfire_hw.core import thermometer
from shiftfire_hw.core.log_round import LogRound


def simulate(design: Any, bench: Any) -> None:
    simulator = Simulator(design)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("bits", [7, 8])
def test_every_magnitude(bits: int) -> None:
    design: Any = LogRound(bits=bits)
    checked = 0

    async def bench(context: Any) -> None:
        nonlocal checked
        for i in range(1 << bits):
            for more in (0, 1):
                magnitude = i + more
                r = next(r for r in range(bits + 2) if 2 * magnitude**2 < 4 ** (r + 1)) if magnitude else -1
                for guard in range(8):
                    context.set(design.i, i)
                    context.set(design.more, more)
                    context.set(design.guard, guard)
                    fires = r >= guard
                    assert context.get(design.nonzero) == fires, (i, more, guard)
                    assert context.get(design.exponent) == (r - guard if fires else 0), (i, more, guard)
                    checked += 1

    simulate(design, bench)
    assert checked == 16 << bits


class Codes(Component):
    """Length of a number, by its thermometer code."""

    i: Any
    code: Any
    length: Any

    def __init__(self, bits: int) -> None:
        super().__init__({"i": In(bits), "code": Out(bits), "length": Out(range(bits + 1))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        code = Signal(len(self.i))
        m.d.comb += [code.eq(thermometer.from_leading_one(self.i)), self.code.eq(code), self.length.eq(thermometer.count(code))]
        return m


@pytest.mark.parametrize("bits", [1, 2, 3, 7, 8, 9])
def test_thermometer_of_every_number(bits: int) -> None:
    design: Any = Codes(bits)

    async def bench(context: Any) -> None:
        for i in range(1 << bits):
            context.set(design.i, i)
            assert context.get(design.length) == i.bit_length()
            assert context.get(design.code) == (1 << i.bit_length()) - 1

    simulate(design, bench)
