"""PTSILU and PTSOFTPLUS: a table over the quantised argument."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_CONTROL, Rounding
from shiftfire_spec.shift_units import TABLE_ARGUMENT_BITS, TABLE_VALUE_BITS, check_unit

from .loaded_table import LoadedTable
from .requant import Requant


class ActivationTable(wiring.Component):
    """Step unit of PTSILU, PTSOFTPLUS and every other function of a 5-bit argument; one pass, combinational; no state but the table.

    ``y[lane] = table[clip(round_half_even(a / 2**shift), 0, 31)]``; lanes that are not ``valid`` give 0. ``table_*`` loads the entries, which
    ``golden/activation_table.py`` computes.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.
    lanes: int
        Lanes of a step.

    Members
    -------
    a: In(array of lanes x signed(accumulator_bits)), valid: In(lanes)
        Arguments, and which lanes there are.
    shift: In(FIRE_CONTROL.shift)
        Right shift that makes the table's index.
    table_write: In(1), table_address: In(5), table_word: In(signed)
        An entry is loaded at the end of the cycle.
    y: Out(array of lanes x signed(TABLE_VALUE_BITS))
        Values.
    """

    a: data.View
    valid: Signal
    shift: Signal
    table_write: Signal
    table_address: Signal
    table_word: Signal
    y: data.View

    def __init__(self, *, accumulator_bits: int, lanes: int) -> None:
        check_unit("activation table", accumulator_bits=accumulator_bits, lanes=lanes)
        self.accumulator_bits, self.lanes = accumulator_bits, lanes
        super().__init__(
            {
                "a": In(data.ArrayLayout(signed(accumulator_bits), lanes)),
                "valid": In(lanes),
                "shift": In(FIRE_CONTROL.field("shift").bits),
                "table_write": In(1),
                "table_address": In(TABLE_ARGUMENT_BITS),
                "table_word": In(signed(TABLE_VALUE_BITS)),
                "y": Out(data.ArrayLayout(signed(TABLE_VALUE_BITS), lanes)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        entries = 1 << TABLE_ARGUMENT_BITS
        m.submodules.table = table = LoadedTable(shape=signed(TABLE_VALUE_BITS), entries=entries, lanes=self.lanes)
        m.d.comb += [table.write.eq(self.table_write), table.address.eq(self.table_address), table.word.eq(self.table_word)]
        for lane in range(self.lanes):
            m.submodules[f"requant{lane}"] = requant = Requant(accumulator_bits=self.accumulator_bits)
            m.d.comb += [
                requant.a.eq(self.a[lane]),
                requant.shift.eq(self.shift),
                requant.rounding.eq(Rounding.HALF_EVEN),
                requant.lo.eq(0),
                requant.span.eq(entries - 1),
                table.index[lane].eq(requant.y),
            ]
            with m.If(self.valid[lane]):
                m.d.comb += self.y[lane].eq(table.o[lane])
        return m
