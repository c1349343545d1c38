"""ARGMAX: running maximum over the steps of one FIRE."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out


class Argmax(wiring.Component):
    """Index of the first largest ``a`` (``FireOp.ARGMAX``).

    In the cycle of a step (``advance`` as it leaves) ``index`` is the answer over this and the earlier steps since ``first``.
    ``base`` is the index of lane 0, of ``index_bits``; lanes whose ``valid`` bit is low do not compete.
    """

    a: Any
    valid: Any
    base: Any
    first: Any
    advance: Any
    index: Any

    def __init__(self, *, accumulator_bits: int, lanes: int, index_bits: int) -> None:
        self.accumulator_bits, self.lanes, self.index_bits = accumulator_bits, lanes, index_bits
        super().__init__(
            {
                "a": In(data.ArrayLayout(signed(accumulator_bits), lanes)),
                "valid": In(lanes),
                "base": In(index_bits),
                "first": In(1),
                "advance": In(1),
                "index": Out(index_bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        best_seen, best_index = Signal(signed(self.accumulator_bits)), Signal(self.index_bits)
        seen = Signal()
        value: Any = best_seen
        index: Any = best_index
        known: Any = seen & ~self.first
        for lane in range(self.lanes):
            better = Signal(name=f"better{lane}")
            next_value, next_index = (
                Signal(signed(self.accumulator_bits), name=f"v{lane}"),
                Signal(self.index_bits, name=f"i{lane}"),
            )
            next_known = Signal(name=f"k{lane}")
            m.d.comb += [
                better.eq(self.valid[lane] & (~known | (self.a[lane] > value))),
                next_value.eq(Mux(better, self.a[lane], value)),
                next_index.eq(Mux(better, self.base + lane, index)),
                next_known.eq(known | self.valid[lane]),
            ]
            value, index, known = next_value, next_index, next_known
        m.d.comb += self.index.eq(index)
        with m.If(self.advance):
            m.d.sync += [best_seen.eq(value), best_index.eq(index), seen.eq(known)]
        return m
