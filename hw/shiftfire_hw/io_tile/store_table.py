"""Table of stored streams: where the next packet of each is written, and where its next vector begins."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out, PureInterface, Signature
from amaranth.utils import ceil_log2
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import REGION_ADDRESS_BITS, ROOM, STORE
from shiftfire_spec.packet import TAG_BITS

from ..interface import TypedSignature
from ..layouts import struct


def region_address_bits(chip: ChipConfig) -> int:
    """Bits of an address in the chip's table."""
    return min(REGION_ADDRESS_BITS, chip.memory_address_bits)


class StoreAccess(PureInterface):
    """Interface of `store_access`."""

    tag: Signal
    address: Signal
    enable: Signal
    stored: Signal
    end: Signal


def store_access(address_bits: int) -> Signature:
    """Signature of the collection's access to the table, from the side of the collection.

    ``address`` and ``enable`` belong to entry ``tag``, in the same cycle (combinational). ``stored``: a packet of the tag is written at ``address``
    in this cycle, ``end``: it is the last of its vector.
    """
    return TypedSignature(
        StoreAccess,
        {
            "tag": Out(TAG_BITS),
            "address": In(address_bits),
            "enable": In(1),
            "stored": Out(1),
            "end": Out(1),
        },
    )


class StoreTable(Component):
    """Entries that the configuration writes and the collection moves on; they keep their content between runs.

    Parameters
    ----------
    chip: ChipConfig
        ``regions`` entries, addresses and rooms of ``memory_address_bits``.

    Members
    -------
    write: In(1), write_room: In(1), offset: In, word: In
        Write STORE (``write``) or ROOM (``write_room``) of entry ``offset``; nothing happens at or past ``entries``. Seen from the next cycle on.
        When a packet is stored by the same entry in the same cycle, the STORE wins.
    access: In(store_access(memory_address_bits))
        At or past ``entries``: address 0, enable 0, and nothing moves on.

    An entry has ``address``, ``start``, ``room``, ``enable``. A STORE sets address and start to its address, and enable. A packet that is
    stored: address + 1; with its vector's end: address and start are start + room, whatever was stored.

    Power-up: all 0. Reset: no entry enabled; addresses and rooms are to be written again.

    One entry is of registers. More are memories of one write port each: an address and a start that the collection writes, an address that the
    configuration writes, and a bit per entry (register, ``moved``) that tells which of them wrote last.
    """

    write: Signal
    write_room: Signal
    offset: Signal
    word: Signal
    access: StoreAccess

    def __init__(self, *, chip: ChipConfig) -> None:
        self.entries = chip.regions
        self.address_bits = region_address_bits(chip)
        super().__init__(
            {
                "write": In(1),
                "write_room": In(1),
                "offset": In(CONFIG_ADDRESS.field("offset").bits),
                "word": In(CONFIG_DATA_BITS),
                "access": In(store_access(self.address_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        store = data.View(struct(STORE), self.word[: STORE.bits])
        room = data.View(struct(ROOM), self.word[: ROOM.bits])
        access = self.access
        bits = ceil_log2(max(2, self.entries))
        entry, place = access.tag[:bits], self.offset[:bits]
        inside, write, write_room, stored = Signal(), Signal(), Signal(), Signal()
        following = Signal(self.address_bits)
        enables = Signal(self.entries)
        m.d.comb += [
            inside.eq(access.tag < self.entries),
            write.eq(self.write & (self.offset < self.entries)),
            write_room.eq(self.write_room & (self.offset < self.entries)),
            stored.eq(access.stored & inside),
            access.enable.eq(inside & enables.bit_select(entry, 1)),
        ]
        with m.If(write):
            m.d.sync += enables.bit_select(place, 1).eq(store.enable)
        elaborate = self._elaborate_one if self.entries == 1 else self._elaborate_many
        address, start, words = elaborate(m, write, store.address, write_room, room.words, stored, following)
        m.d.comb += following.eq(Mux(access.end, start, address) + Mux(access.end, words, 1))
        with m.If(inside):
            m.d.comb += access.address.eq(address)
        return m

    def _elaborate_one(
        self, m: Module, write: Signal, base: Any, write_room: Signal, words: Any, stored: Signal, following: Signal
    ) -> tuple[Value, Value, Value]:
        """Address, start and room of the only entry."""
        address, start, room = (Signal(self.address_bits, name=name) for name in ("address", "start", "room"))
        with m.If(write):
            m.d.sync += [address.eq(base), start.eq(base)]
        with m.Elif(stored):
            m.d.sync += address.eq(following)
            with m.If(self.access.end):
                m.d.sync += start.eq(following)
        with m.If(write_room):
            m.d.sync += room.eq(words)
        return address, start, room

    def _elaborate_many(
        self, m: Module, write: Signal, base: Any, write_room: Signal, words: Any, stored: Signal, following: Signal
    ) -> tuple[Value, Value, Value]:
        """Address, start and room of the entry of ``access.tag``."""
        bits = ceil_log2(self.entries)
        entry, place, moved, start = self.access.tag[:bits], self.offset[:bits], Signal(self.entries), Signal(self.address_bits)
        written = self._elaborate_memory(m, "written", write, place, base)
        advanced = self._elaborate_memory(m, "advanced", stored, entry, following)
        begun = self._elaborate_memory(m, "begun", stored, entry, Mux(self.access.end, following, start))
        room = self._elaborate_memory(m, "room", write_room, place, words)
        with m.If(stored):
            m.d.sync += moved.bit_select(entry, 1).eq(1)
        with m.If(write):
            m.d.sync += moved.bit_select(place, 1).eq(0)
        since = moved.bit_select(entry, 1)
        m.d.comb += start.eq(Mux(since, begun, written))
        return Mux(since, advanced, written), start, room

    def _elaborate_memory(self, m: Module, name: str, write: Signal, index: Value, value: Any) -> Value:
        """A memory written at ``index``; returns its word of ``access.tag``."""
        m.submodules[name] = memory = Memory(shape=self.address_bits, depth=self.entries, init=[])
        port, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [port.en.eq(write), port.addr.eq(index), port.data.eq(value), read.addr.eq(self.access.tag)]
        return read.data
