"""Table of memory regions: where the next packet of each stored or played stream is."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib.data import View
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out, PureInterface, Signature
from amaranth.utils import ceil_log2
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import REGION_ADDRESS_BITS

from ..interface import TypedSignature
from ..layouts import struct


def region_address_bits(chip: ChipConfig) -> int:
    """Bits of an address in the chip's tables."""
    return min(REGION_ADDRESS_BITS, chip.memory_address_bits)


class RegionAccess(PureInterface):
    """Interface of `region_access`."""

    index: Signal
    address: Signal
    enable: Signal
    update: Signal
    next_address: Signal


def region_access(index_bits: int, address_bits: int) -> Signature:
    """Signature of a DMA's access to a table, from the side of the DMA.

    ``address`` and ``enable`` belong to entry ``index``, in the same cycle (combinational). With ``update``, the entry's address is
    ``next_address`` from the next cycle on.
    """
    return TypedSignature(
        RegionAccess,
        {
            "index": Out(index_bits),
            "address": In(address_bits),
            "enable": In(1),
            "update": Out(1),
            "next_address": Out(address_bits),
        },
    )


class RegionTable(Component):
    """Entries that the configuration writes and a DMA reads and moves on; they keep their content between runs.

    Parameters
    ----------
    layout: Layout
        STORE or PLAY: the configuration's word, with a field ``address``, and ``enable`` or not.
    chip: ChipConfig
        ``regions`` entries, addresses of ``memory_address_bits``.
    index_bits: int
        Width of ``access.index``.

    Members
    -------
    write: In(1), offset: In, word: In
        Write entry ``offset``; nothing happens at or past ``entries``. Seen from the next cycle on. When the DMA updates the same
        entry in the same cycle, this write wins.
    access: In(region_access(index_bits, address_bits))
        At or past ``entries``: address 0, enable 0, and updates are lost. ``enable`` of a layout without that field: 1.

    Power-up: all 0. Reset: no entry enabled; addresses are to be written again.

    One entry is a register. More are two memories of one write port each for the two writers; a bit per entry (register, ``moved``) tells which of
    them wrote last.
    """

    write: Signal
    offset: Signal
    word: Signal
    access: RegionAccess

    def __init__(self, *, layout: Layout, chip: ChipConfig, index_bits: int) -> None:
        self.layout = layout
        self.entries = chip.regions
        self.address_bits = region_address_bits(chip)
        super().__init__(
            {
                "write": In(1),
                "offset": In(CONFIG_ADDRESS.field("offset").bits),
                "word": In(CONFIG_DATA_BITS),
                "access": In(region_access(index_bits, self.address_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = View(struct(self.layout), self.word[: self.layout.bits])
        access = self.access
        bits = ceil_log2(max(2, self.entries))
        entry, place = access.index[:bits], self.offset[:bits]
        inside, write, update = Signal(), Signal(), Signal()
        m.d.comb += [
            inside.eq(access.index < self.entries),
            write.eq(self.write & (self.offset < self.entries)),
            update.eq(access.update & inside),
        ]
        address = self._elaborate_one(m, write, word, update) if self.entries == 1 else self._elaborate_many(m, write, word, update)
        with m.If(inside):
            m.d.comb += access.address.eq(address)
        if any(field.name == "enable" for field in self.layout):
            enables = Signal(self.entries)
            m.d.comb += access.enable.eq(inside & enables.bit_select(entry, 1))
            with m.If(write):
                m.d.sync += enables.bit_select(place, 1).eq(word.enable)
        else:
            m.d.comb += access.enable.eq(inside)
        return m

    def _elaborate_one(self, m: Module, write: Signal, word: Any, update: Signal) -> Value:
        """The address of the only entry."""
        address = Signal(self.address_bits)
        with m.If(write):
            m.d.sync += address.eq(word.address)
        with m.Elif(update):
            m.d.sync += address.eq(self.access.next_address)
        return address

    def _elaborate_many(self, m: Module, write: Signal, word: Any, update: Signal) -> Value:
        """The address of the entry at ``access.index``."""
        bits = ceil_log2(self.entries)
        entry, place, moved = self.access.index[:bits], self.offset[:bits], Signal(self.entries)
        written = self._elaborate_addresses(m, "written", write, place, word.address)
        advanced = self._elaborate_addresses(m, "advanced", update, entry, self.access.next_address)
        with m.If(update):
            m.d.sync += moved.bit_select(entry, 1).eq(1)
        with m.If(write):
            m.d.sync += moved.bit_select(place, 1).eq(0)
        return Mux(moved.bit_select(entry, 1), advanced, written)

    def _elaborate_addresses(self, m: Module, name: str, write: Signal, index: Value, address: Any) -> Value:
        """A memory written at ``index``; returns its word at ``access.index``."""
        m.submodules[name] = memory = Memory(shape=self.address_bits, depth=self.entries, init=[])
        port, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [port.en.eq(write), port.addr.eq(index), port.data.eq(address), read.addr.eq(self.access.index)]
        return read.data
