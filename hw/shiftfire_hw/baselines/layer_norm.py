"""Fixed-point layer norm with multipliers and an inverse square root: what BSPN is compared with."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.errors import ContractError
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, Rounding
from shiftfire_spec.shift_units import CODE_BITS, check_unit

from ..core.leading_one import LeadingOne
from ..core.requant import Requant

OPERAND_BITS = 18  # operands of the two products of a result: those of ECP5's multiplier, signed
GAMMA_BITS = 16
TABLE_BITS = 10  # index of the inverse square root: one bit for the parity of the exponent, the others of the mantissa
ROOT_FRACTION_BITS = OPERAND_BITS - 1  # 1.0 in that table, which holds values of 1/2 up to just below 1


def inverse_root_table() -> list[int]:
    """``1 / sqrt(v)`` at the middle of every step of v: steps of 2^-9 over 1..2, then of 2^-8 over 2..4."""
    mantissas = 1 << (TABLE_BITS - 1)
    return [
        round((1 << ROOT_FRACTION_BITS) / ((1 << parity) * (1 + (step + 0.5) / mantissas)) ** 0.5)
        for parity in range(2)
        for step in range(mantissas)
    ]


def normal_fraction_bits(group: int) -> int:
    """Fraction bits of a normalised entry: what a sign and values up to twice the root of ``group`` leave of the operand."""
    return OPERAND_BITS - 1 - ((4 * group - 1).bit_length() + 1) // 2


def _times(value: Any, constant: int) -> Any:
    """``value * constant`` as a sum of shifts: the group's size is no reason for a multiplier."""
    return sum(value << bit for bit in range(constant.bit_length()) if constant >> bit & 1)


def layer_norm_config() -> data.StructLayout:
    """How y becomes the code of the next layer: requantised half to even, with these parameters. Stable while a row is inside."""
    return data.StructLayout(
        {
            "shift": FIRE_CONTROL.field("shift").bits,
            "lo": signed(FIRE_RANGE.field("lo").bits),
            "span": FIRE_RANGE.field("span").bits,
        }
    )


class FixedPointLayerNorm(wiring.Component):
    """Layer norm over groups of ``group`` entries; streams and buffering as `units.bspn.BspnUnit` has them.

    With N = ``group``, S = sum a, Q = sum a^2, all exact: ``V = N Q - S^2`` is N^2 times the variance, and an entry's ``u = N a - S``.
    With ``V = v 4^e``, v in 1..4, and r = 1/sqrt(v) from a table: ``z = (floor(u 2^-e) r)``, in fixed point with `normal_fraction_bits`; then
    ``y = sat(z gamma + beta)``, products rounded down; no epsilon: V = 0 gives z = 0. A group that ends early counts as filled up with zeros, and so do masked
    entries. The integer model is ``shiftfire.cost.models.fixed_point_layer_norm``.

    Parameters
    ----------
    accumulator_bits: 8..24, width of an entry. lanes: entries per beat, a power of two. group: entries normalised together, 2..1024.
    value_bits: width of y and beta, 18..32. channels: most entries of a row; one gamma and beta for each.

    Members
    -------
    i: In(stream): ``a`` (signed), ``mask`` (lanes that exist), ``first`` and ``last`` beat of the row.
    o: Out(stream): per lane ``y`` and ``code``; ``mask``, ``first``, ``last`` as they came in.
    config: In: `layer_norm_config`.
    parameter_write, parameter_address, parameter_word: In: load ``gamma`` (in units of y) and ``beta`` of a beat of the row, while none is inside.

    A group of B beats: taken at one beat per cycle, 4 cycles for the root, fetched at one beat per cycle while the next group waits. The first result is
    offered 10 cycles after the group's last beat was taken; the next group is taken from B + 5 cycles after it: 2 B + 4 cycles per group without stalls.
    ``i.ready`` and ``o.valid`` depend on registers only. Reset: empty.

    Source: Ba et al., arXiv 1607.06450, on fixed-point numbers; written for this comparison.
    """

    i: stream.Interface
    o: stream.Interface
    config: data.View
    parameter_write: Signal
    parameter_address: Signal
    parameter_word: data.View

    def __init__(
        self, *, accumulator_bits: int = 20, lanes: int = 4, group: int = 64, value_bits: int = 24, channels: int = 768
    ) -> None:
        check_unit("layer norm", lanes=lanes, value_bits=value_bits, channels=channels)
        for name, value, low, high in (("accumulator_bits", accumulator_bits, 8, 24), ("group", group, 2, 1024)):
            if not low <= value <= high:
                raise ContractError(f"layer norm: {name} = {value} is out of range: an integer of {low}..{high} is needed")
        self.accumulator_bits, self.lanes, self.group, self.value_bits = accumulator_bits, lanes, group, value_bits
        self.beats, self.parameter_beats = -(-group // lanes), -(-channels // lanes)
        flags = {"mask": lanes, "first": 1, "last": 1}
        self.beat = data.StructLayout({"a": data.ArrayLayout(signed(accumulator_bits), lanes), **flags})
        result = {"y": data.ArrayLayout(signed(value_bits), lanes), "code": data.ArrayLayout(signed(CODE_BITS), lanes)}
        parameter = data.StructLayout({"gamma": signed(GAMMA_BITS), "beta": signed(value_bits)})
        self.parameters = data.ArrayLayout(parameter, lanes)
        super().__init__(
            {
                "i": In(stream.Signature(self.beat)),
                "o": Out(stream.Signature(data.StructLayout({**result, **flags}))),
                "config": In(layer_norm_config()),
                "parameter_write": In(1),
                "parameter_address": In(range(self.parameter_beats)),
                "parameter_word": In(self.parameters),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.buffer = memory = Memory(shape=self.beat, depth=self.beats, init=[])
        write, read = memory.write_port(), memory.read_port()
        pointer, end, starting = Signal(range(self.beats)), Signal(range(self.beats)), Signal(init=1)
        taken, fetch, move, held = Signal(), Signal(), Signal(), Signal(5)  # beats in the stages: see _results
        group_end = (pointer == self.beats - 1) | self.i.payload.last
        m.d.comb += [
            taken.eq(self.i.valid & self.i.ready),
            move.eq(~held[-1] | self.o.ready),
            self.o.valid.eq(held[-1]),
            write.en.eq(taken),
            write.addr.eq(pointer),
            write.data.eq(self.i.payload),
            read.en.eq(fetch),
            read.addr.eq(pointer),
        ]
        with m.If(move):
            m.d.sync += held.eq(Cat(fetch, held))
        total, squares = self._sums(m, taken, starting)
        capture, look_up = Signal(), Signal()
        offset, exponent, root = self._root(m, total, squares, capture, look_up)
        with m.FSM():
            with m.State("SUM"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(taken):
                    m.d.sync += [pointer.eq(Mux(group_end, 0, pointer + 1)), starting.eq(group_end), end.eq(pointer)]
                    with m.If(group_end):
                        m.next = "SQUARE"
            with m.State("SQUARE"):
                m.next = "VARIANCE"
            with m.State("VARIANCE"):
                m.next = "NORMALISE"
            with m.State("NORMALISE"), m.If(~held[:-1].any()):  # the group before has left what is overwritten here
                m.d.comb += capture.eq(1)
                m.next = "TABLE"
            with m.State("TABLE"):
                m.d.comb += look_up.eq(1)
                m.next = "EMIT"
            with m.State("EMIT"):
                m.d.comb += fetch.eq(move)
                with m.If(move):
                    m.d.sync += pointer.eq(Mux(pointer == end, 0, pointer + 1))
                    with m.If(pointer == end):
                        m.next = "SUM"
        self._results(m, move, held, read.data, offset, exponent, root)
        return m

    def _sums(self, m: Module, taken: Signal, starting: Signal) -> tuple[Signal, Signal]:
        """Sum of the entries, complete the cycle after the last beat; sum of their squares, another cycle later."""
        bits = self.accumulator_bits + (self.group - 1).bit_length()
        total, squares = Signal(signed(bits)), Signal(self.accumulator_bits + bits)
        products = [Signal(2 * self.accumulator_bits, name=f"square{lane}") for lane in range(self.lanes)]
        squared, restart = Signal(), Signal()
        entries: list[Any] = [Mux(self.i.payload.mask[lane], self.i.payload.a[lane], 0) for lane in range(self.lanes)]
        m.d.sync += [squared.eq(taken), restart.eq(starting)]
        with m.If(taken):
            m.d.sync += total.eq(Mux(starting, 0, total) + sum(entries))
            m.d.sync += [product.eq(entry * entry) for product, entry in zip(products, entries, strict=True)]
        with m.If(squared):
            m.d.sync += squares.eq(Mux(restart, 0, squares) + sum(products))
        return total, squares

    def _root(self, m: Module, total: Signal, squares: Signal, capture: Signal, look_up: Signal) -> tuple[Signal, Signal, Any]:
        """S, e and r of the group, in registers: S and e follow ``capture``, two cycles after the sums; r follows ``look_up``."""
        bits = len(squares) + (self.group - 1).bit_length()
        square, variance = Signal(2 * len(total)), Signal(bits)
        m.submodules.leading = leading = LeadingOne(bits=bits)
        m.d.sync += [square.eq(total * total), variance.eq(_times(squares, self.group) - square)]
        m.d.comb += leading.i.eq(variance)
        offset, exponent, index = Signal.like(total), Signal(range(bits // 2 + 1)), Signal(TABLE_BITS)
        above = Signal(range(bits + 1))  # floor(log2 V)
        m.d.comb += above.eq(Mux(leading.length == 0, 0, leading.length - 1))
        with m.If(capture):
            mantissa = leading.aligned[-TABLE_BITS:-1]
            m.d.sync += [offset.eq(total), exponent.eq(above >> 1), index.eq(Cat(mantissa, above[0]))]
        m.submodules.table = table = Memory(shape=ROOT_FRACTION_BITS, depth=1 << TABLE_BITS, init=inverse_root_table())
        read = table.read_port()
        m.d.comb += [read.addr.eq(index), read.en.eq(look_up)]
        return offset, exponent, read.data

    def _results(self, m: Module, move: Signal, held: Signal, beat: Any, offset: Signal, exponent: Signal, root: Signal) -> None:
        """Stages 1 to 4 (scaled, normalised, multiplied, result), then the code from the result's register. Stage 0 is the buffer's output."""
        fraction, limit = normal_fraction_bits(self.group), (1 << (self.value_bits - 1)) - 1
        flags = [Signal(data.StructLayout({"mask": self.lanes, "first": 1, "last": 1}), name=f"flags{stage}") for stage in range(4)]
        parameters = self._parameters(m, move, held, flags[0])
        with m.If(move):
            m.d.sync += [getattr(flags[0], name).eq(getattr(beat, name)) for name in ("mask", "first", "last")]
            m.d.sync += [after.eq(before) for before, after in pairwise(flags)]
        result: Any = self.o.payload
        m.d.comb += [getattr(result, name).eq(getattr(flags[3], name)) for name in ("mask", "first", "last")]
        for lane in range(self.lanes):
            entry = Mux(beat.mask[lane], beat.a[lane], 0)
            scaled, normal = (Signal(signed(OPERAND_BITS), name=f"{name}{lane}") for name in ("scaled", "normal"))
            product, wide = (Signal(signed(OPERAND_BITS + GAMMA_BITS), name=f"{name}{lane}") for name in ("product", "wide"))
            beta, y = (Signal(signed(self.value_bits), name=f"{name}{lane}") for name in ("beta", "y"))
            m.d.comb += wide.eq((product >> fraction) + beta)
            with m.If(move):
                m.d.sync += [
                    scaled.eq(((_times(entry, self.group) - offset) << fraction) >> exponent),
                    normal.eq((scaled * root) >> ROOT_FRACTION_BITS),
                    product.eq(normal * parameters[lane].gamma),
                    beta.eq(parameters[lane].beta),
                    y.eq(Mux(flags[2].mask[lane], Mux(wide > limit, limit, Mux(wide < -limit, -limit, wide)), 0)),
                ]
            m.submodules[f"requant{lane}"] = requant = Requant(accumulator_bits=self.value_bits)
            m.d.comb += [
                requant.a.eq(y),
                requant.shift.eq(self.config.shift),
                requant.rounding.eq(Const(Rounding.HALF_EVEN, len(requant.rounding))),
                requant.lo.eq(self.config.lo),
                requant.span.eq(self.config.span),
                result.y[lane].eq(y),
                result.code[lane].eq(Mux(flags[3].mask[lane], requant.y, 0)),
            ]

    def _parameters(self, m: Module, move: Signal, held: Signal, scaled: Any) -> Any:
        """Gamma and beta of the beat in stage 2, in block RAM: read as the beat leaves stage 1."""
        m.submodules.parameters = table = Memory(shape=self.parameters, depth=self.parameter_beats, init=[])
        load, read = table.write_port(), table.read_port()
        position, here = Signal(range(self.parameter_beats + 1)), Signal(range(self.parameter_beats + 1))
        m.d.comb += [
            load.en.eq(self.parameter_write),
            load.addr.eq(self.parameter_address),
            load.data.eq(self.parameter_word),
            here.eq(Mux(scaled.first, 0, position)),
            read.addr.eq(here),
            read.en.eq(move & held[1]),
        ]
        with m.If(move & held[1]):
            m.d.sync += position.eq(here + 1)
        return read.data
