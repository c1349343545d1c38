"""PTSOFTMAX as a unit of its own: rows in, rows of powers of two and counts out."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.errors import ContractError
from shiftfire_spec.shift_units import (
    PTSOFTMAX_COUNT_BITS,
    PTSOFTMAX_EXPONENT_BITS,
    PTSOFTMAX_FRACTION_BITS,
    PTSOFTMAX_ROW_ENTRIES,
    PTSOFTMAX_TABLE_BITS,
)

from ..core.loaded_table import LoadedTable
from ..core.ptsoftmax import PtSoftmax, PtSoftmaxPass


def input_layout(accumulator_bits: int, lanes: int) -> data.StructLayout:
    """A beat of a row, first member least significant: entries, which of them take part, first and last beat of the row."""
    return data.StructLayout({"a": data.ArrayLayout(signed(accumulator_bits), lanes), "valid": lanes, "first": 1, "last": 1})


def output_layout(lanes: int) -> data.StructLayout:
    """A beat of results, first member least significant; lanes and beats as they came in."""
    return data.StructLayout(
        {
            "exponent": data.ArrayLayout(PTSOFTMAX_EXPONENT_BITS, lanes),
            "count": data.ArrayLayout(PTSOFTMAX_COUNT_BITS, lanes),
            "exponent_valid": lanes,
            "count_valid": lanes,
            "first": 1,
            "last": 1,
        }
    )


class PtSoftmaxUnit(wiring.Component):
    """Softmax of rows of up to ``row_entries`` entries, every probability a power of two 2^-e; no multiplier, no divider.

    Parameters
    ----------
    accumulator_bits: bits of an entry, signed. lanes: entries per beat, a power of two.
    fraction_bits: F of the sum (see `PtSoftmax`). row_entries: entries of the longest row, a multiple of ``lanes``.

    Members
    -------
    i: In(stream(`input_layout`)). ``first`` begins a row and forgets an unfinished one. The beat that fills the row buffer ends the row even
        without ``last``; the beat after a row's end begins one even without ``first``. Beats without valid lanes are allowed.
    o: Out(stream(`output_layout`)): one beat for each beat of the row, in order, masked ones included. ``exponent_valid``: POW2 events,
        2^-e with e below the greatest code (the others count as zero); ``count_valid``: COUNT events, the non-zero counts.
    shift, rule: In: as in `PtSoftmax`; stable from a row's first beat to its last result.
    table_write, table_address, table_word: In: the count table, loaded before the first row that uses it.

    A row of B beats: accepted in B cycles, its first result offered B + 3 cycles after its last beat was, then one per cycle; the next row is
    accepted from the cycle after the last result was taken. So 3 B + 2 cycles per row without stalls. Reset: no row held.
    """

    i: stream.Interface
    o: stream.Interface
    shift: Signal
    rule: Signal
    table_write: Signal
    table_address: Signal
    table_word: Signal

    def __init__(
        self,
        *,
        accumulator_bits: int = 20,
        lanes: int = 4,
        fraction_bits: int = PTSOFTMAX_FRACTION_BITS,
        row_entries: int = PTSOFTMAX_ROW_ENTRIES,
    ) -> None:
        self.step = PtSoftmax(accumulator_bits=accumulator_bits, lanes=lanes, fraction_bits=fraction_bits, row_entries=row_entries)
        if row_entries % lanes:
            raise ContractError(f"ptsoftmax: row_entries = {row_entries} is not a multiple of lanes = {lanes}")
        self.lanes, self.beats = lanes, row_entries // lanes
        self.input, self.output = input_layout(accumulator_bits, lanes), output_layout(lanes)
        step = self.step.signature.members
        super().__init__(
            {
                "i": In(stream.Signature(self.input)),
                "o": Out(stream.Signature(self.output)),
                **{name: In(step[name].shape) for name in _CONFIGURATION},
                "table_write": In(1),
                "table_address": In(PTSOFTMAX_TABLE_BITS),
                "table_word": In(PTSOFTMAX_COUNT_BITS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.step = step = self.step
        row = data.StructLayout({"a": self.input["a"].shape, "valid": self.lanes})
        m.submodules.buffer = memory = Memory(shape=row, depth=self.beats, init=[])
        write, read = memory.write_port(), memory.read_port()
        position, end = Signal(range(self.beats)), Signal(range(self.beats))  # beat to write or read; last beat of the row
        held_first, held_last, held = Signal(), Signal(), Signal()  # the beat at the read port's output
        m.d.comb += [getattr(step, name).eq(getattr(self, name)) for name in _CONFIGURATION]
        m.d.comb += [write.data.a.eq(self.i.payload.a), write.data.valid.eq(self.i.payload.valid)]
        m.d.comb += [step.a.eq(read.data.a), step.valid.eq(read.data.valid), step.first.eq(held_first)]
        self._result(m, step, held_first, held_last)
        leave, fetch = Signal(), Signal()
        m.d.comb += [read.addr.eq(position), read.en.eq(fetch)]
        with m.FSM():
            with m.State("MAX"):
                start = self.i.payload.first | (position == 0)
                here = Mux(start, 0, position)
                m.d.comb += [
                    self.i.ready.eq(1),
                    write.addr.eq(here),
                    write.en.eq(self.i.valid),
                    step.phase.eq(PtSoftmaxPass.MAX),
                    step.a.eq(self.i.payload.a),
                    step.valid.eq(self.i.payload.valid),
                    step.first.eq(start),
                    step.advance.eq(self.i.valid),
                ]
                with m.If(self.i.valid):
                    m.d.sync += [position.eq(here + 1), end.eq(here)]
                    with m.If(self.i.payload.last | (here == self.beats - 1)):
                        m.d.sync += position.eq(0)
                        m.next = "SUM"
            for state, phase, after in (("SUM", PtSoftmaxPass.SUM, "EMIT"), ("EMIT", PtSoftmaxPass.EMIT, "MAX")):
                emits = phase is PtSoftmaxPass.EMIT
                with m.State(state):
                    issued = Signal(name=f"{state.lower()}_issued")  # every beat of the pass has been fetched
                    m.d.comb += [
                        step.phase.eq(phase),
                        leave.eq(held & (self.o.ready if emits else 1)),
                        step.advance.eq(leave),
                        fetch.eq(~issued & (~held | leave)),
                    ]
                    if emits:
                        m.d.comb += self.o.valid.eq(held)
                    with m.If(leave):
                        m.d.sync += held.eq(0)
                    with m.If(fetch):
                        m.d.sync += [held.eq(1), held_first.eq(position == 0), held_last.eq(position == end)]
                        m.d.sync += [issued.eq(position == end), position.eq(Mux(position == end, 0, position + 1))]
                    with m.If(leave & held_last):
                        m.d.sync += issued.eq(0)
                        m.next = after
        return m

    def _result(self, m: Module, step: PtSoftmax, first: Signal, last: Signal) -> None:
        """The output beat; its valid lanes only, so that a payload has one form."""
        result: Any = self.o.payload
        entries = 1 << PTSOFTMAX_TABLE_BITS
        m.submodules.table = table = LoadedTable(shape=PTSOFTMAX_COUNT_BITS, entries=entries, lanes=self.lanes)
        m.d.comb += [table.write.eq(self.table_write), table.address.eq(self.table_address), table.word.eq(self.table_word)]
        m.d.comb += [
            table.index.eq(step.index),
            result.exponent.eq(step.exponent),
            result.count.eq(table.o),
            result.exponent_valid.eq(step.exponent_valid),
            *(result.count_valid[lane].eq(step.valid[lane] & (table.o[lane] != 0)) for lane in range(self.lanes)),
            result.first.eq(first),
            result.last.eq(last),
        ]


_CONFIGURATION = ("shift", "rule")
