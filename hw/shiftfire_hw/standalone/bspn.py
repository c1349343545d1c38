"""BSPN on its own: rows in, normalised rows out."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, Rounding
from shiftfire_spec.shift_units import BSPN_CODES, BSPN_GUARD_BITS, CODE_BITS, check_unit

from ..core.bspn import POWER, Bspn, bspn_parameters
from ..core.loaded_table import LoadedTable
from ..core.requant import Requant


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


class BspnUnit(wiring.Component):
    """Normalises rows of up to ``channels`` channels in groups of ``group`` (`core.bspn.Bspn`; values: ``golden/bspn.py``).

    Parameters
    ----------
    accumulator_bits: 8..32, width of an input; its fraction bits do not matter.
    lanes: channels per beat, a power of two up to ``group``.
    group: channels per group, a power of two up to 256.
    value_bits: 18..32, width of y.
    channels: most channels of a row; one entry of parameters for each.

    Members
    -------
    i: In(stream): ``a`` (lanes signed values), ``mask`` (lanes that exist), ``first`` and ``last`` beat of the row.
    o: Out(stream): per lane ``y``, ``power`` (exponent, negative, nonzero) and ``code``; ``mask``, ``first``, ``last`` as they came in.
    config: In: see `bspn_config`; change it only while no row is inside.
    parameter_write, parameter_address, parameter_word: In: load the parameters of beat ``address`` of a row; while no row is inside.
    table_write, table_address, table_word: In: load the codes; while no row is inside.

    A group of B = group / lanes beats (the last of a row may be shorter) is taken at one beat per cycle, then given at one beat per cycle: 2 B cycles per
    group. The first result beat is offered in the cycle after the group's last input beat, so B cycles after its first.
    ``i.ready`` and ``o.valid`` depend on registers only. Reset: empty.
    """

    i: stream.Interface
    o: stream.Interface
    config: data.View
    parameter_write: Signal
    parameter_address: Signal
    parameter_word: data.View
    table_write: Signal
    table_address: Signal
    table_word: Signal

    def __init__(
        self, *, accumulator_bits: int = 20, lanes: int = 4, group: int = 64, value_bits: int = 24, channels: int = 768
    ) -> None:
        check_unit("bspn unit", channels=channels)
        self.step = Bspn(accumulator_bits=accumulator_bits, lanes=lanes, group=group, value_bits=value_bits)
        self.beats, self.parameter_beats = group // lanes, -(-channels // lanes)
        flags = {"mask": lanes, "first": 1, "last": 1}
        self.beat = data.StructLayout({"a": data.ArrayLayout(signed(accumulator_bits), lanes), **flags})
        self.parameters = data.ArrayLayout(bspn_parameters(value_bits), lanes)
        result = {
            "y": data.ArrayLayout(signed(value_bits), lanes),
            "power": data.ArrayLayout(POWER, lanes),
            "code": data.ArrayLayout(signed(CODE_BITS), lanes),
        }
        super().__init__(
            {
                "i": In(stream.Signature(self.beat)),
                "o": Out(stream.Signature(data.StructLayout({**result, **flags}))),
                "config": In(bspn_config()),
                "parameter_write": In(1),
                "parameter_address": In(range(self.parameter_beats)),
                "parameter_word": In(self.parameters),
                "table_write": In(1),
                "table_address": In(range(BSPN_CODES)),
                "table_word": In(signed(CODE_BITS)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.step = step = self.step
        emitting, starting = Signal(), Signal(init=1)
        pointer, end, position = Signal(range(self.beats)), Signal(range(self.beats)), Signal(range(self.parameter_beats + 1))
        taken, given, group_end = Signal(), Signal(), Signal()
        next_pointer, next_position = Signal.like(pointer), Signal.like(position)
        held, parameters = self._memories(m, taken, pointer, next_pointer, next_position)
        m.d.comb += [
            self.i.ready.eq(~emitting),
            self.o.valid.eq(emitting),
            taken.eq(self.i.valid & self.i.ready),
            given.eq(self.o.valid & self.o.ready),
            group_end.eq((pointer == self.beats - 1) | self.i.payload.last),
            next_pointer.eq(pointer),
            next_position.eq(position),
        ]
        with m.If(taken):
            m.d.comb += next_pointer.eq(Mux(group_end, 0, pointer + 1))
            m.d.sync += starting.eq(0)
            with m.If(self.i.payload.first):
                m.d.comb += next_position.eq(0)
            with m.If(group_end):
                m.d.sync += [emitting.eq(1), end.eq(pointer)]
        with m.If(given):
            m.d.comb += [next_pointer.eq(pointer + 1), next_position.eq(position + 1)]
            with m.If(pointer == end):
                m.d.comb += next_pointer.eq(0)
                m.d.sync += [emitting.eq(0), starting.eq(1)]
        m.d.sync += [pointer.eq(next_pointer), position.eq(next_position)]
        m.d.comb += [
            step.a.eq(Mux(emitting, held.a, self.i.payload.a)),
            step.valid.eq(Mux(emitting, held.mask, self.i.payload.mask)),
            step.first.eq(starting),
            step.emit.eq(emitting),
            step.advance.eq(taken | given),
            step.scale.eq(self.config.scale),
            step.guard.eq(self.config.guard),
            step.parameters.eq(parameters),
            self.o.payload.y.eq(step.y),
            self.o.payload.power.eq(step.power),
            self.o.payload.mask.eq(held.mask),
            self.o.payload.first.eq(held.first),
            self.o.payload.last.eq(held.last),
        ]
        self._codes(m, step, held)
        return m

    def _codes(self, m: Module, step: Bspn, held: Any) -> None:
        """The next layer's codes: from the table, or y requantised."""
        m.submodules.table = table = LoadedTable(shape=signed(CODE_BITS), entries=BSPN_CODES, lanes=step.lanes)
        m.d.comb += [table.write.eq(self.table_write), table.address.eq(self.table_address), table.word.eq(self.table_word)]
        for lane in range(step.lanes):
            m.submodules[f"requant{lane}"] = requant = Requant(accumulator_bits=step.value_bits)
            m.d.comb += [
                table.index[lane].eq(step.index[lane]),
                requant.a.eq(step.y[lane]),
                requant.shift.eq(self.config.shift),
                requant.rounding.eq(Rounding.HALF_EVEN),
                requant.lo.eq(self.config.lo),
                requant.span.eq(self.config.span),
                self.o.payload.code[lane].eq(Mux(held.mask[lane], Mux(self.config.plain, requant.y, table.o[lane]), 0)),
            ]

    def _memories(self, m: Module, taken: Signal, pointer: Signal, next_pointer: Signal, next_position: Signal) -> tuple[Any, Any]:
        """Row buffer and parameters, in block RAM: read in the cycle before, at the address that the pointer is about to have."""
        m.submodules.buffer = buffer = Memory(shape=self.beat, depth=self.beats, init=[])
        m.submodules.parameters = table = Memory(shape=self.parameters, depth=self.parameter_beats, init=[])
        write, load = buffer.write_port(), table.write_port()
        read, parameter = buffer.read_port(transparent_for=[write]), table.read_port()
        m.d.comb += [
            write.en.eq(taken),
            write.addr.eq(pointer),
            write.data.eq(self.i.payload),
            read.addr.eq(next_pointer),
            load.en.eq(self.parameter_write),
            load.addr.eq(self.parameter_address),
            load.data.eq(self.parameter_word),
            parameter.addr.eq(next_position),
        ]
        return read.data, parameter.data
