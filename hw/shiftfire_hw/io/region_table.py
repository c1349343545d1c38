"""Table of memory regions: where the next packet of each stored or played stream is."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib.data import View
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out, Signature
from amaranth.utils import ceil_log2
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.inject import REGION_ADDRESS_BITS

from ..layouts import struct


def region_access(index_bits: int) -> Signature:
    """Signature of a DMA's access to a table, from the side of the DMA.

    ``address`` and ``enable`` belong to entry ``index``, in the same cycle (combinational). With ``update``, the entry's address is
    ``next_address`` from the next cycle on.
    """
    return Signature(
        {
            "index": Out(index_bits),
            "address": In(REGION_ADDRESS_BITS),
            "enable": In(1),
            "update": Out(1),
            "next_address": Out(REGION_ADDRESS_BITS),
        }
    )


class RegionTable(Component):
    """Entries that the configuration writes and a DMA reads and moves on; they keep their content between runs.

    Parameters
    ----------
    layout: Layout
        STORE or PLAY: the configuration's word, with a field ``address``, and ``enable`` or not.
    entries: int
        ``chip.regions``.
    index_bits: int
        Width of ``access.index``.

    Members
    -------
    write: In(1), offset: In, word: In
        Write entry ``offset``; nothing happens at or past ``entries``. Seen from the next cycle on. When the DMA updates the same
        entry in the same cycle, this write wins.
    access: In(region_access(index_bits))
        At or past ``entries``: address 0, enable 0, and updates are lost. ``enable`` of a layout without that field: 1.

    Power-up: all 0. Reset: no entry enabled; addresses are to be written again.

    Two memories of one write port each take the two writers; a bit per entry (register, ``moved``) tells which of them wrote last.
    """

    write: Signal
    offset: Signal
    word: Signal
    access: Any

    def __init__(self, *, layout: Layout, entries: int, index_bits: int) -> None:
        self.layout = layout
        self.entries = entries
        super().__init__(
            {
                "write": In(1),
                "offset": In(CONFIG_ADDRESS.field("offset").bits),
                "word": In(CONFIG_DATA_BITS),
                "access": In(region_access(index_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = View(struct(self.layout), self.word[: self.layout.bits])
        access = self.access
        bits = ceil_log2(max(2, self.entries))
        entry, place = access.index[:bits], self.offset[:bits]
        moved, inside, write, update = Signal(self.entries), Signal(), Signal(), Signal()
        m.d.comb += [
            inside.eq(access.index < self.entries),
            write.eq(self.write & (self.offset < self.entries)),
            update.eq(access.update & inside),
        ]
        written = self._elaborate_addresses(m, "written", write, place, word.address)
        advanced = self._elaborate_addresses(m, "advanced", update, entry, access.next_address)
        with m.If(inside):
            m.d.comb += access.address.eq(Mux(moved.bit_select(entry, 1), advanced, written))
        with m.If(update):
            m.d.sync += moved.bit_select(entry, 1).eq(1)
        with m.If(write):
            m.d.sync += moved.bit_select(place, 1).eq(0)
        if any(field.name == "enable" for field in self.layout):
            enables = Signal(self.entries)
            m.d.comb += access.enable.eq(inside & enables.bit_select(entry, 1))
            with m.If(write):
                m.d.sync += enables.bit_select(place, 1).eq(word.enable)
        else:
            m.d.comb += access.enable.eq(inside)
        return m

    def _elaborate_addresses(self, m: Module, name: str, write: Signal, index: Value, address: Any) -> Value:
        """A memory written at ``index``; returns its word at ``access.index``."""
        depth = max(2, self.entries)  # a memory of one word has no address
        m.submodules[name] = memory = Memory(shape=REGION_ADDRESS_BITS, depth=depth, init=[])
        port, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [port.en.eq(write), port.addr.eq(index), port.data.eq(address), read.addr.eq(self.access.index)]
        return read.data
