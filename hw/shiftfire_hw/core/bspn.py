"""BSPN: normalisation by powers of two over groups of channels."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.packet import EXPONENT_BITS
from shiftfire_spec.units import BSPN_CODES, BSPN_GUARD_BITS, BSPN_SHIFT_BITS, GroupScale, check_unit

from .leading_one import LeadingOne

POWER = data.StructLayout({"exponent": EXPONENT_BITS, "negative": 1, "nonzero": 1})


def bspn_parameters(value_bits: int) -> data.StructLayout:
    """Parameters of one channel: signed left shift, sign of the weight, beta."""
    return data.StructLayout({"shift": signed(BSPN_SHIFT_BITS), "negative": 1, "beta": signed(value_bits)})


class Bspn(wiring.Component):
    """Step unit of BSPN, ``lanes`` channels per step; the values are those of ``golden/bspn.py``.

    Two passes over a group of ``group`` channels (a shorter group is divided by ``group`` all the same). *Sum* (``emit`` low): each step with ``advance``
    adds the magnitudes of its ``valid`` lanes; ``first`` starts a group. *Emit* (``emit`` high): the same steps again, any number of times and in any
    order; the outputs follow ``a``, ``valid`` and ``parameters`` combinationally, from the cycle after the last step of the sum on.

    ``scale``: GroupScale, stable during a row. ``guard``: fraction bits below exponent 0. ``y``: before the last rounding; ``power``: nearest signed power
    of two; ``index``: the power's entry in the table of codes (``network.shift_neurons.Bspn.codes``). Lanes that are not valid give 0.
    ``parameters.shift`` at most ``value_bits - 2 - log2(group)``; with ``group_in_shift`` log2 of the group's size is part of it (at most ``value_bits - 2``),
    and ``group`` is the largest size.
    """

    a: Any
    valid: Any
    first: Any
    emit: Any
    advance: Any
    scale: Any
    guard: Any
    parameters: Any
    y: Any
    power: Any
    index: Any

    def __init__(
        self, *, accumulator_bits: int, lanes: int, group: int = 64, value_bits: int = 24, group_in_shift: bool = False
    ) -> None:
        check_unit("bspn", accumulator_bits=accumulator_bits, lanes=lanes, group=group, value_bits=value_bits)
        if lanes > group:
            raise ValueError(f"bspn: lanes = {lanes} exceeds group = {group}; a step must not span groups")
        self.accumulator_bits, self.lanes, self.group, self.value_bits = accumulator_bits, lanes, group, value_bits
        self.group_log2 = 0 if group_in_shift else group.bit_length() - 1
        super().__init__(
            {
                "a": In(data.ArrayLayout(signed(accumulator_bits), lanes)),
                "valid": In(lanes),
                "first": In(1),
                "emit": In(1),
                "advance": In(1),
                "scale": In(1),
                "guard": In(BSPN_GUARD_BITS),
                "parameters": In(data.ArrayLayout(bspn_parameters(value_bits), lanes)),
                "y": Out(data.ArrayLayout(signed(value_bits), lanes)),
                "power": Out(data.ArrayLayout(POWER, lanes)),
                "index": Out(data.ArrayLayout(range(BSPN_CODES), lanes)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        length = self._sum(m)
        for lane in range(self.lanes):
            self._scale(m, lane, length)
            self._round(m, lane)
            power = self.power[lane]
            m.d.comb += self.index[lane].eq(Mux(power.nonzero, Cat(power.exponent, power.negative), BSPN_CODES - 1))
        return m

    def _sum(self, m: Module) -> Signal:
        """Sum of magnitudes; returns the register with log2(group) plus the group's scale exponent."""
        bits = self.accumulator_bits + self.group.bit_length() - 1
        total, so_far = Signal(bits), Signal(bits)
        magnitudes: Any = Const(0)
        for lane in range(self.lanes):
            magnitude = Signal(self.accumulator_bits, name=f"magnitude{lane}")
            m.d.comb += magnitude.eq(Mux(self.valid[lane], Mux(self.a[lane] < 0, -self.a[lane], self.a[lane]), 0))
            magnitudes = magnitudes + magnitude
        m.submodules.leading = leading = LeadingOne(bits=bits)
        length = Signal(range(bits + 1))
        power = Signal()  # ceil(log2 S) is one less than the bit length when S is a power of two
        m.d.comb += [
            so_far.eq(Mux(self.first, 0, total) + magnitudes),
            leading.i.eq(so_far),
            power.eq(leading.aligned == 1 << (bits - 1)),
        ]
        with m.If(self.advance & ~self.emit):
            m.d.sync += [total.eq(so_far), length.eq(leading.length - (power & (self.scale == GroupScale.CEIL)))]
        return length

    def _scale(self, m: Module, lane: int, length: Signal) -> None:
        """y of one lane: one right shift of the input moved to the top, sign, beta, saturation."""
        top, limit = self.value_bits - 2, (1 << (self.value_bits - 1)) - 1
        parameters = self.parameters[lane]
        right = Signal(range(top + (1 << (BSPN_SHIFT_BITS - 1)) + len(self.a[lane]) + self.group.bit_length()), name=f"right{lane}")
        scaled, y = Signal(signed(self.value_bits), name=f"scaled{lane}"), Signal(signed(self.value_bits + 1), name=f"wide{lane}")
        m.d.comb += [
            right.eq(length + (top - self.group_log2) - parameters.shift),
            scaled.eq((self.a[lane] << top) >> right),
            y.eq(Mux(parameters.negative, -scaled, scaled) + parameters.beta),
            self.y[lane].eq(Mux(self.valid[lane], Mux(y > limit, limit, Mux(y < -limit, -limit, y)), 0)),
        ]

    def _round(self, m: Module, lane: int) -> None:
        """Nearest signed power of two of y in the log domain."""
        y, power, guard = self.y[lane], self.power[lane], self.guard
        m.submodules[f"leading{lane}"] = leading = LeadingOne(bits=self.value_bits - 1)
        exponent = Signal(signed(7), name=f"exponent{lane}")
        highest = (1 << EXPONENT_BITS) - 1
        m.d.comb += [
            leading.i.eq(Mux(y < 0, -y, y)),
            exponent.eq(leading.length + leading.log_up - 1 - guard),
            power.nonzero.eq((exponent >= 0) & (leading.length != 0)),
            power.negative.eq((y < 0) & power.nonzero),
            power.exponent.eq(Mux(power.nonzero, Mux(exponent > highest, highest, exponent), 0)),
        ]
