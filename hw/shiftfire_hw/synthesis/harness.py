"""A unit between registers, on four pins: what is placed and routed for the clock figure."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

_FAN_IN = 4  # a level of the fold is one LUT4 between registers


class Harness(wiring.Component):
    """Every input of ``unit`` comes from a register, every output goes to one, so that each path of the unit lies between registers.

    Inputs are a shift register fed by ``serial_i``; outputs are captured, then folded to ``serial_o`` by a tree of exclusive ors with a register after
    each level. No path of the harness has more than one LUT. Not for use, only for timing: it shifts while the unit runs.
    """

    serial_i: Signal
    serial_o: Signal

    def __init__(self, unit: wiring.Component) -> None:
        self.unit = unit
        super().__init__({"serial_i": In(1), "serial_o": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit: Any = self.unit  # a Component without elaborate would not type-check
        m.submodules.unit = unit
        inputs: list[Value] = []
        outputs: list[Value] = []
        for _, member, port in self.unit.signature.flatten(self.unit):
            (inputs if member.flow == In else outputs).append(Value.cast(port))
        sources = Signal(len(Cat(inputs)), reset_less=True)
        m.d.sync += sources.eq(Cat(self.serial_i, sources))
        m.d.comb += Cat(inputs).eq(sources)
        fold = Signal(len(Cat(outputs)), reset_less=True, name="captured")
        m.d.sync += fold.eq(Cat(outputs))
        level = 0
        while len(fold) > 1:
            parts = [fold[start : start + _FAN_IN].xor() for start in range(0, len(fold), _FAN_IN)]
            fold = Signal(len(parts), reset_less=True, name=f"fold{level}")
            m.d.sync += fold.eq(Cat(parts))
            level += 1
        m.d.comb += self.serial_o.eq(fold)
        return m
