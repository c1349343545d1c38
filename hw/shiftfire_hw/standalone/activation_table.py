"""PTSILU and PTSOFTPLUS on their own."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_CONTROL
from shiftfire_spec.shift_units import TABLE_ARGUMENT_BITS, TABLE_VALUE_BITS

from ..core.activation_table import ActivationTable
from ..noc.queue import Queue


class ActivationTableUnit(wiring.Component):
    """A function of a 5-bit argument by table (`core.activation_table.ActivationTable`; tables: ``golden/activation_table.py``).

    Parameters
    ----------
    accumulator_bits: 8..32, width of an input. lanes: a power of two up to 64.

    Members
    -------
    i: In(stream): ``a`` (lanes signed values), ``mask`` (lanes that exist), ``first`` and ``last`` beat of the row.
    o: Out(stream): ``y`` (lanes signed values); ``mask``, ``first``, ``last`` as they came in.
    shift: In: right shift (half to even) that makes the argument; change it only while no row is inside.
    table_write, table_address, table_word: In: load the table; while no row is inside.

    One beat per cycle; the result of a beat taken in cycle t is offered from t + 1 on. ``i.ready`` and ``o.valid`` depend on registers only. Reset: empty.
    """

    i: stream.Interface
    o: stream.Interface
    shift: Signal
    table_write: Signal
    table_address: Signal
    table_word: Signal

    def __init__(self, *, accumulator_bits: int = 20, lanes: int = 4) -> None:
        self.step = ActivationTable(accumulator_bits=accumulator_bits, lanes=lanes)
        flags = {"mask": lanes, "first": 1, "last": 1}
        self.result = data.StructLayout({"y": data.ArrayLayout(signed(TABLE_VALUE_BITS), lanes), **flags})
        super().__init__(
            {
                "i": In(stream.Signature(data.StructLayout({"a": data.ArrayLayout(signed(accumulator_bits), lanes), **flags}))),
                "o": Out(stream.Signature(self.result)),
                "shift": In(FIRE_CONTROL.field("shift").bits),
                "table_write": In(1),
                "table_address": In(TABLE_ARGUMENT_BITS),
                "table_word": In(signed(TABLE_VALUE_BITS)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.step = step = self.step
        m.submodules.queue = queue = Queue(shape=self.result, depth=2)
        m.d.comb += [
            getattr(step, name).eq(getattr(self, name)) for name in ("shift", "table_write", "table_address", "table_word")
        ]
        m.d.comb += [getattr(queue.i.payload, name).eq(getattr(self.i.payload, name)) for name in ("mask", "first", "last")]
        m.d.comb += [
            step.a.eq(self.i.payload.a),
            step.valid.eq(self.i.payload.mask),
            queue.i.payload.y.eq(step.y),
            queue.i.valid.eq(self.i.valid),
            self.i.ready.eq(queue.i.ready),
            self.o.payload.eq(queue.o.payload),
            self.o.valid.eq(queue.o.valid),
            queue.o.ready.eq(self.o.ready),
        ]
        return m
