"""ARGMAX: the largest lane of a step, and the running maximum over the steps of one FIRE."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out


def candidate_layout(accumulator_bits: int, index_bits: int) -> data.StructLayout:
    """A value and its index, if there is one."""
    return data.StructLayout({"value": signed(accumulator_bits), "index": index_bits, "known": 1})


class Largest(wiring.Component):
    """The first largest of a step's lanes, combinational, by a tree of comparisons.

    ``base`` is the index of lane 0; lanes whose ``valid`` bit is low do not compete. ``o.known``: there was one.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.
    lanes: int
        Lanes of a step.
    index_bits: int
        Width of an index.

    Members
    -------
    a: In(array of lanes x signed(accumulator_bits)), valid: In(lanes)
        Values, and which lanes compete.
    base: In(index_bits)
        Index of lane 0.
    o: Out(candidate_layout(accumulator_bits, index_bits))
        The largest and its index; ``known``: there was one.
    """

    a: data.View
    valid: Signal
    base: Signal
    o: data.View

    def __init__(self, *, accumulator_bits: int, lanes: int, index_bits: int) -> None:
        self.accumulator_bits, self.lanes, self.index_bits = accumulator_bits, lanes, index_bits
        super().__init__(
            {
                "a": In(data.ArrayLayout(signed(accumulator_bits), lanes)),
                "valid": In(lanes),
                "base": In(index_bits),
                "o": Out(candidate_layout(accumulator_bits, index_bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        lane_bits = (self.lanes - 1).bit_length()
        level: list[tuple[Any, Any, Any]] = [(self.a[n], Const(n, max(1, lane_bits)), self.valid[n]) for n in range(self.lanes)]
        while len(level) > 1:
            winners: list[tuple[Any, Any, Any]] = []
            for first, second in zip(level[::2], level[1::2], strict=False):
                later = Signal(name=f"later{len(level)}_{len(winners)}")
                m.d.comb += later.eq(second[2] & (~first[2] | (second[0] > first[0])))
                winners.append((Mux(later, second[0], first[0]), Mux(later, second[1], first[1]), first[2] | second[2]))
            level = winners + ([level[-1]] if len(level) % 2 else [])
        value, lane, known = level[0]
        m.d.comb += [self.o.value.eq(value), self.o.index.eq(self.base + lane), self.o.known.eq(known)]
        return m


class Argmax(wiring.Component):
    """Index of the first largest of the steps' candidates (``FireOp.ARGMAX``).

    In the cycle of a step (``advance`` as it leaves) ``index`` is the answer over this and the earlier steps since ``first``.

    Parameters
    ----------
    accumulator_bits: int
        Width of a sum.
    index_bits: int
        Width of an index.

    Members
    -------
    i: In(candidate_layout(accumulator_bits, index_bits))
        Candidate of the step.
    first: In(1)
        The step is the first: what came before is forgotten.
    advance: In(1)
        The step leaves in this cycle.
    index: Out(index_bits)
        The answer over this step and the earlier ones, combinational.
    """

    i: data.View
    first: Signal
    advance: Signal
    index: Signal

    def __init__(self, *, accumulator_bits: int, index_bits: int) -> None:
        self.layout = candidate_layout(accumulator_bits, index_bits)
        super().__init__({"i": In(self.layout), "first": In(1), "advance": In(1), "index": Out(index_bits)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        best: Any = Signal(self.layout, name="best")
        known, better = Signal(), Signal()
        m.d.comb += [
            known.eq(best.known & ~self.first),
            better.eq(self.i.known & (~known | (self.i.value > best.value))),
            self.index.eq(Mux(better, self.i.index, best.index)),
        ]
        with m.If(self.advance):
            m.d.sync += [best.index.eq(self.index), best.known.eq(known | self.i.known)]
            with m.If(better):
                m.d.sync += best.value.eq(self.i.value)
        return m
