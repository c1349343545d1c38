"""BSPN: normalisation by powers of two over groups of channels."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, Rounding
from shiftfire_spec.packet import EXPONENT_BITS
from shiftfire_spec.units import BSPN_CODES, BSPN_GUARD_BITS, BSPN_SHIFT_BITS, CODE_BITS, GroupScale, check_unit

from .leading_one import LeadingOne
from .loaded_table import LoadedTable
from .requant import Requant

POWER = data.StructLayout({"exponent": EXPONENT_BITS, "negative": 1, "nonzero": 1})


def bspn_parameters(value_bits: int) -> data.StructLayout:
    """Parameters of one channel: signed left shift, sign of the weight, beta."""
    return data.StructLayout({"shift": signed(BSPN_SHIFT_BITS), "negative": 1, "beta": signed(value_bits)})


def bspn_config() -> data.StructLayout:
    """Parameters of a layer, stable during a row.

    ``scale``: GroupScale. ``guard``: fraction bits below exponent 0. ``plain``: the code is y requantised (half to even, ``shift``, ``lo``, ``span``)
    instead of the table's.
    """
    fields = {name: FIRE_RANGE.field(name) for name in ("lo", "span")}
    return data.StructLayout(
        {
            "scale": 1,
            "guard": BSPN_GUARD_BITS,
            "plain": 1,
            "shift": FIRE_CONTROL.field("shift").bits,
            "lo": signed(fields["lo"].bits),
            "span": fields["span"].bits,
        }
    )


class Bspn(wiring.Component):
    """Step unit of BSPN, ``lanes`` channels per step; the values are those of ``golden/bspn.py``.

    Two passes over a group of ``group`` channels (a shorter group is divided by ``group`` all the same). *Sum* (``emit`` low): each step with ``advance``
    adds the magnitudes of its ``valid`` lanes; ``first`` starts a group. *Emit* (``emit`` high): the same steps again, any number of times and in any
    order; the outputs follow ``a``, ``valid`` and ``parameters`` combinationally, from the cycle after the last step of the sum on.

    ``y``: before the last rounding; ``power``: nearest signed power of two; ``code``: table entry of the power, or y requantised. Lanes that are not valid give 0.
    ``table_*`` loads the codes, index as in ``golden.bspn.Bspn.codes``. ``parameters.shift`` at most ``value_bits - 2 - log2(group)``.
    """

    a: Any
    valid: Any
    first: Any
    emit: Any
    advance: Any
    config: Any
    parameters: Any
    table_write: Any
    table_address: Any
    table_word: Any
    y: Any
    power: Any
    code: Any

    def __init__(self, *, accumulator_bits: int, lanes: int, group: int = 64, value_bits: int = 24) -> None:
        check_unit("bspn", accumulator_bits=accumulator_bits, lanes=lanes, group=group, value_bits=value_bits)
        if lanes > group:
            raise ValueError(f"bspn: lanes = {lanes} exceeds group = {group}; a step must not span groups")
        self.accumulator_bits, self.lanes, self.group, self.value_bits = accumulator_bits, lanes, group, value_bits
        super().__init__(
            {
                "a": In(data.ArrayLayout(signed(accumulator_bits), lanes)),
                "valid": In(lanes),
                "first": In(1),
                "emit": In(1),
                "advance": In(1),
                "config": In(bspn_config()),
                "parameters": In(data.ArrayLayout(bspn_parameters(value_bits), lanes)),
                "table_write": In(1),
                "table_address": In(range(BSPN_CODES)),
                "table_word": In(signed(CODE_BITS)),
                "y": Out(data.ArrayLayout(signed(value_bits), lanes)),
                "power": Out(data.ArrayLayout(POWER, lanes)),
                "code": Out(data.ArrayLayout(signed(CODE_BITS), lanes)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        length = self._sum(m)
        m.submodules.table = table = LoadedTable(shape=signed(CODE_BITS), entries=BSPN_CODES, lanes=self.lanes)
        m.d.comb += [table.write.eq(self.table_write), table.address.eq(self.table_address), table.word.eq(self.table_word)]
        for lane in range(self.lanes):
            self._scale(m, lane, length)
            self._round(m, lane)
            m.submodules[f"requant{lane}"] = requant = Requant(accumulator_bits=self.value_bits)
            power = self.power[lane]
            m.d.comb += [
                table.index[lane].eq(Mux(power.nonzero, Cat(power.exponent, power.negative), BSPN_CODES - 1)),
                requant.a.eq(self.y[lane]),
                requant.shift.eq(self.config.shift),
                requant.rounding.eq(Rounding.HALF_EVEN),
                requant.lo.eq(self.config.lo),
                requant.span.eq(self.config.span),
                self.code[lane].eq(Mux(self.valid[lane], Mux(self.config.plain, requant.y, table.o[lane]), 0)),
            ]
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
            m.d.sync += [total.eq(so_far), length.eq(leading.length - (power & (self.config.scale == GroupScale.CEIL)))]
        return length

    def _scale(self, m: Module, lane: int, length: Signal) -> None:
        """y of one lane: one right shift of the input moved to the top, sign, beta, saturation."""
        top, limit = self.value_bits - 2, (1 << (self.value_bits - 1)) - 1
        parameters = self.parameters[lane]
        right = Signal(range(top + (1 << (BSPN_SHIFT_BITS - 1)) + len(self.a[lane]) + self.group.bit_length()), name=f"right{lane}")
        scaled, y = Signal(signed(self.value_bits), name=f"scaled{lane}"), Signal(signed(self.value_bits + 1), name=f"wide{lane}")
        m.d.comb += [
            right.eq(length + (top - (self.group.bit_length() - 1)) - parameters.shift),
            scaled.eq((self.a[lane] << top) >> right),
            y.eq(Mux(parameters.negative, -scaled, scaled) + parameters.beta),
            self.y[lane].eq(Mux(self.valid[lane], Mux(y > limit, limit, Mux(y < -limit, -limit, y)), 0)),
        ]

    def _round(self, m: Module, lane: int) -> None:
        """Nearest signed power of two of y in the log domain."""
        y, power, guard = self.y[lane], self.power[lane], self.config.guard
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
