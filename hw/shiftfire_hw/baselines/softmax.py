"""Fixed-point softmax with an exponent table, a divider and a multiplier per lane: what PTSOFTMAX is compared with."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.errors import ContractError
from shiftfire_spec.shift_units import PTSOFTMAX_ROW_ENTRIES, PTSOFTMAX_SHIFT_BITS, check_unit

from ..standalone.ptsoftmax import input_layout
from .reciprocal import Reciprocal

TABLE_BITS = 10  # index of the exponent table
TABLE_OCTAVES = 16  # range of the table; entries further below the maximum count as zero
EXPONENTIAL_FRACTION_BITS = 15  # 1.0 in the table
PROBABILITY_BITS = 8  # output: p / 2^8, at most 255: as many bits as exponent and count of PTSOFTMAX
RECIPROCAL_BITS = 18  # one operand of ECP5's multiplier
NUMERATOR_LOG2 = EXPONENTIAL_FRACTION_BITS + RECIPROCAL_BITS - 1  # the least sum is 1.0, and its reciprocal the greatest

INDEX_FRACTION_BITS = TABLE_BITS - (TABLE_OCTAVES - 1).bit_length()


def exponential_table() -> list[int]:
    """``2^-x`` for x in steps of ``TABLE_OCTAVES / 2^TABLE_BITS``, rounded to ``EXPONENTIAL_FRACTION_BITS``; the last entry is 0."""
    entries = 1 << TABLE_BITS
    steps = range(entries - 1)
    return [*(round(2.0 ** (EXPONENTIAL_FRACTION_BITS - step / (1 << INDEX_FRACTION_BITS))) for step in steps), 0]


def output_layout(lanes: int) -> data.StructLayout:
    """A beat of results, first member least significant; lanes and beats as they came in. Lanes that are not valid hold 0."""
    return data.StructLayout(
        {"probability": data.ArrayLayout(PROBABILITY_BITS, lanes), "valid": lanes, "first": 1, "last": 1},
    )


class FixedPointSoftmax(wiring.Component):
    """Softmax to base 2 of rows of up to ``row_entries`` entries; same input and row buffer as `units.ptsoftmax.PtSoftmaxUnit`.

    ``x = (max a - a) / 2^shift``, rounded half up to the table's step; ``e = 2^-x`` from the table; ``P = sum e``; ``R = floor(2^32 / P)``;
    ``p = min(255, round_half_up(e * R / 2^24))`` in units of 2^-8. Three passes (maximum, sum, results), one table and one multiplier for every
    lane, one division per row. The integer model is ``shiftfire.cost.models.fixed_point_softmax``.

    Parameters
    ----------
    accumulator_bits: bits of an entry, signed. lanes: entries per beat. row_entries: entries of the longest row, a multiple of ``lanes``.

    Members
    -------
    i: In(stream): ``a``, ``valid``, ``first``, ``last`` as in PtSoftmaxUnit, with the same rules for missing flags.
    o: Out(stream(`output_layout`)): one beat for each beat of the row, in order.
    shift: In: fraction bits of the entries; stable from a row's first beat to its last result.

    A row of B beats: accepted in B cycles; B + 5 cycles later the sum is complete, the division takes 20, and the first result is offered B + 32 cycles
    after the last beat was accepted, then one per cycle; the next row is accepted from 2 B + 27 cycles after that beat on. So 3 B + 26 cycles per row
    without stalls. ``i.ready`` and ``o.valid`` depend on registers only. Reset: no row held.

    Source: the textbook method (subtract the maximum, tabulate the exponential, divide by the sum); written for this comparison. One division per row and a
    multiplication per entry is the cheap way: a divider for every lane would cost more.
    """

    i: stream.Interface
    o: stream.Interface
    shift: Signal

    def __init__(self, *, accumulator_bits: int = 20, lanes: int = 4, row_entries: int = PTSOFTMAX_ROW_ENTRIES) -> None:
        check_unit("softmax", accumulator_bits=accumulator_bits, lanes=lanes, row_entries=row_entries)
        if row_entries % lanes:
            raise ContractError(f"softmax: row_entries = {row_entries} is not a multiple of lanes = {lanes}")
        self.accumulator_bits, self.lanes, self.beats = accumulator_bits, lanes, row_entries // lanes
        self.sum_bits = (row_entries << EXPONENTIAL_FRACTION_BITS).bit_length()
        self.input = input_layout(accumulator_bits, lanes)
        super().__init__(
            {
                "i": In(stream.Signature(self.input)),
                "o": Out(stream.Signature(output_layout(lanes))),
                "shift": In(PTSOFTMAX_SHIFT_BITS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        row = data.StructLayout({"a": self.input["a"].shape, "valid": self.lanes})
        m.submodules.buffer = memory = Memory(shape=row, depth=self.beats, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.submodules.reciprocal = reciprocal = Reciprocal(
            numerator_log2=NUMERATOR_LOG2, divisor_bits=self.sum_bits, quotient_bits=RECIPROCAL_BITS
        )
        position, end = Signal(range(self.beats)), Signal(range(self.beats))  # beat to write or to fetch; last beat of the row
        fetch, move, summing, idle = Signal(), Signal(), Signal(), Signal()
        maximum, total = Signal(signed(self.accumulator_bits)), Signal(self.sum_bits)
        flags = data.StructLayout({"held": 1, "first": 1, "last": 1})
        stages: list[Any] = [Signal(flags, name=f"stage_{name}") for name in ("read", "below", "table", "exponential", "product")]
        m.d.comb += [
            move.eq(~self.o.valid | self.o.ready),
            idle.eq(~Cat(stage.held for stage in stages).any()),
            write.addr.eq(position),
            write.data.a.eq(self.i.payload.a),
            write.data.valid.eq(self.i.payload.valid),
            read.addr.eq(position),
            read.en.eq(fetch),
            reciprocal.divisor.eq(total),
        ]
        with m.If(move):
            m.d.sync += [stages[0].held.eq(fetch), stages[0].first.eq(position == 0), stages[0].last.eq(position == end)]
            m.d.sync += [after.eq(before) for before, after in pairwise(stages)]
            m.d.sync += stages[4].held.eq(stages[3].held & ~summing)
        exponentials, valid = self._exponentials(m, move, maximum, read.data)
        with m.If(move & summing & stages[3].held):
            m.d.sync += total.eq(Mux(stages[3].first, 0, total) + sum(exponentials))
        self._results(m, move, stages[4], exponentials, valid, reciprocal.quotient)
        with m.FSM():
            with m.State("MAX"):
                start = self.i.payload.first | (position == 0)
                here = Mux(start, 0, position)
                m.d.comb += [self.i.ready.eq(~stages[0].held), write.addr.eq(here), write.en.eq(self.i.valid & self.i.ready)]
                with m.If(self.i.valid & self.i.ready):
                    self._maximum(m, maximum, start)
                    m.d.sync += [position.eq(here + 1), end.eq(here)]
                    with m.If(self.i.payload.last | (here == self.beats - 1)):
                        m.d.sync += position.eq(0)
                        m.next = "EMPTY"
            with m.State("EMPTY"), m.If(idle):  # the row before has left
                m.next = "SUM"
            for state, after in (("SUM", "DIVIDE"), ("EMIT", "MAX")):
                with m.State(state):
                    m.d.comb += [fetch.eq(move), summing.eq(state == "SUM")]
                    with m.If(move):
                        m.d.sync += position.eq(Mux(position == end, 0, position + 1))
                        with m.If(position == end):
                            m.next = after
            with m.State("DIVIDE"):
                m.d.comb += [summing.eq(1), reciprocal.start.eq(idle)]
                with m.If(idle):
                    m.next = "WAIT"
            with m.State("WAIT"), m.If(reciprocal.done):
                m.next = "EMIT"
        return m

    def _maximum(self, m: Module, maximum: Signal, start: Any) -> None:
        """Maximum of the valid lanes and of what came before, as a tree. The least value stands for nothing: it changes no maximum."""
        least = -(1 << (self.accumulator_bits - 1))
        values: list[Any] = [Mux(self.i.payload.valid[lane], self.i.payload.a[lane], least) for lane in range(self.lanes)]
        values.append(Mux(start, least, maximum))
        level = 0
        while len(values) > 1:
            pairs = []
            for index in range(0, len(values) - 1, 2):
                greater = Signal.like(maximum, name=f"greater{level}_{index}")
                m.d.comb += greater.eq(Mux(values[index] > values[index + 1], values[index], values[index + 1]))
                pairs.append(greater)
            values = pairs + values[len(values) & ~1 :]
            level += 1
        m.d.sync += maximum.eq(values[0])

    def _exponentials(self, m: Module, move: Signal, maximum: Signal, beat: Any) -> tuple[list[Any], Signal]:
        """Per lane 2^-x (0 where not valid), and the valid lanes, three moves after ``beat``: subtraction, shift and table, register."""
        m.submodules.table = table = Memory(shape=EXPONENTIAL_FRACTION_BITS + 1, depth=1 << TABLE_BITS, init=exponential_table())
        last = (1 << TABLE_BITS) - 1
        valid = [Signal(self.lanes, name=f"valid{stage}") for stage in range(3)]
        with m.If(move):
            m.d.sync += [valid[0].eq(beat.valid), valid[1].eq(valid[0]), valid[2].eq(valid[1])]
        exponentials: list[Any] = [Signal(EXPONENTIAL_FRACTION_BITS + 1, name=f"exponential{lane}") for lane in range(self.lanes)]
        for lane in range(self.lanes):
            below = Signal(self.accumulator_bits, name=f"below{lane}")
            halves = Signal(self.accumulator_bits + INDEX_FRACTION_BITS + 1, name=f"halves{lane}")  # x in half steps
            steps = Signal(len(halves), name=f"steps{lane}")
            read = table.read_port()
            m.d.comb += [
                halves.eq((below << (INDEX_FRACTION_BITS + 1)) >> self.shift),
                steps.eq((halves >> 1) + halves[0]),
                read.addr.eq(Mux(steps > last, last, steps)),
                read.en.eq(move),
            ]
            with m.If(move):
                m.d.sync += [below.eq(maximum - beat.a[lane]), exponentials[lane].eq(Mux(valid[1][lane], read.data, 0))]
        return exponentials, valid[2]

    def _results(self, m: Module, move: Signal, flags: Any, exponentials: list[Any], valid: Signal, reciprocal: Signal) -> None:
        """Two registers: a product per lane; the output, rounded and saturated."""
        drop, limit = NUMERATOR_LOG2 - PROBABILITY_BITS, (1 << PROBABILITY_BITS) - 1
        result: Any = self.o.payload
        multiplied = Signal(self.lanes)
        with m.If(move):
            m.d.sync += [self.o.valid.eq(flags.held), result.first.eq(flags.first), result.last.eq(flags.last)]
            m.d.sync += [multiplied.eq(valid), result.valid.eq(multiplied)]
        for lane, exponential in enumerate(exponentials):
            product = Signal(EXPONENTIAL_FRACTION_BITS + 1 + RECIPROCAL_BITS, name=f"product{lane}")
            rounded = Signal(len(product) + 1 - drop, name=f"rounded{lane}")
            m.d.comb += rounded.eq((product + (1 << (drop - 1))) >> drop)
            with m.If(move):
                m.d.sync += [
                    product.eq(exponential * reciprocal),
                    result.probability[lane].eq(Mux(rounded > limit, limit, rounded)),
                ]
