"""Single operators between ports: what unit costs at gate level are compared with."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Addition(wiring.Component):
    """``o = a + b``, combinational; wraps. Parameters: bits, of every operand."""

    a: Signal
    b: Signal
    o: Signal

    def __init__(self, *, bits: int) -> None:
        super().__init__({"a": In(signed(bits)), "b": In(signed(bits)), "o": Out(signed(bits))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.o.eq(self.a + self.b)
        return m


class Comparison(wiring.Component):
    """``o = a >= b``, combinational. Parameters: bits, of every operand."""

    a: Signal
    b: Signal
    o: Signal

    def __init__(self, *, bits: int) -> None:
        super().__init__({"a": In(signed(bits)), "b": In(signed(bits)), "o": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.o.eq(self.a >= self.b)
        return m


class Multiplication(wiring.Component):
    """``o = weight * activation``, combinational. Parameters: bits of the weight, which has a sign, and of the activation, which has none."""

    weight: Signal
    activation: Signal
    o: Signal

    def __init__(self, *, weight_bits: int, activation_bits: int) -> None:
        bits = weight_bits + activation_bits
        super().__init__({"weight": In(signed(weight_bits)), "activation": In(unsigned(activation_bits)), "o": Out(signed(bits))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.o.eq(self.weight * self.activation)
        return m
