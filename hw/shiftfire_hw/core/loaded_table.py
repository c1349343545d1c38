"""A small table, loaded at run time, that all lanes read at once."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, ShapeLike, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class LoadedTable(wiring.Component):
    """``o[lane] = table[index[lane]]``, combinational (distributed RAM). A word written is read from the next cycle on. Reset value: zeros.

    Parameters
    ----------
    shape: ShapeLike, entries: int
        Of an entry, and how many there are.
    lanes: int
        Lanes of a step.

    Members
    -------
    index: In(array of lanes x range(entries)), o: Out(array of lanes x shape)
        Entries that are read, and what they hold.
    write: In(1), address: In(range(entries)), word: In(shape)
        An entry is loaded at the end of the cycle.
    """

    index: data.View
    o: data.View
    write: Signal
    address: Signal
    word: Signal

    def __init__(self, *, shape: ShapeLike, entries: int, lanes: int) -> None:
        self.shape, self.entries, self.lanes = shape, entries, lanes
        super().__init__(
            {
                "index": In(data.ArrayLayout(range(entries), lanes)),
                "o": Out(data.ArrayLayout(shape, lanes)),
                "write": In(1),
                "address": In(range(entries)),
                "word": In(shape),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.table = memory = Memory(shape=self.shape, depth=self.entries, init=[])
        write = memory.write_port()
        m.d.comb += [write.en.eq(self.write), write.addr.eq(self.address), write.data.eq(self.word)]
        for lane in range(self.lanes):
            read = memory.read_port(domain="comb")
            m.d.comb += [read.addr.eq(self.index[lane]), self.o[lane].eq(read.data)]
        return m
