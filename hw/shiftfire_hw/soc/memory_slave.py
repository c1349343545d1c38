"""From a Wishbone slave to a memory port."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..io_tile.memory_port import MemoryPort, memory_port
from .wishbone import BYTES, Wishbone, wishbone

_BYTE_BITS = MEMORY_WORD_BITS // BYTES


class MemorySlave(Component):
    """Plays classic transfers one at a time on a memory of whole words.

    Parameters
    ----------
    address_bits: int
        Of the bus.
    words: int
        Words that exist; transfers past them are answered by ``err``.

    Members
    -------
    bus: In(wishbone(address_bits))
        A write of part of a word is a read and a write of the whole, between which somebody else may write it. Writes are answered in the cycle
        after the memory took them, reads in the cycle after its answer.
    port: Out(memory_port())
        ``req_valid`` depends on registers and the bus's request.
    """

    bus: Wishbone
    port: MemoryPort

    def __init__(self, *, address_bits: int, words: int) -> None:
        self.words = words
        super().__init__({"bus": In(wishbone(address_bits)), "port": Out(memory_port())})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus, port = self.bus, self.port
        begins, partial, merged = Signal(), Signal(), Signal(MEMORY_WORD_BITS)
        mask = Cat(bus.sel[i].replicate(_BYTE_BITS) for i in range(BYTES))
        m.d.comb += [
            begins.eq(bus.cyc & bus.stb & ~bus.ack & ~bus.err),
            partial.eq(bus.we & (bus.sel != (1 << BYTES) - 1)),
            port.req_address.eq(bus.adr),
        ]
        m.d.sync += [bus.ack.eq(0), bus.err.eq(0)]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += port.req_data.eq(bus.dat_w)
                with m.If(begins & (bus.adr >= self.words)):
                    m.d.sync += bus.err.eq(1)
                with m.Elif(begins):
                    m.d.comb += [port.req_valid.eq(1), port.req_write.eq(bus.we & ~partial)]
                    with m.If(port.req_ready & port.req_write):
                        m.d.sync += bus.ack.eq(1)
                    with m.Elif(port.req_ready):
                        m.next = "READ"
            with m.State("READ"):
                with m.If(port.rsp_valid):
                    m.d.sync += [
                        bus.dat_r.eq(port.rsp_data),
                        merged.eq((bus.dat_w & mask) | (port.rsp_data & ~mask)),
                        bus.ack.eq(~partial),
                    ]
                    with m.If(partial):
                        m.next = "WRITE"
                    with m.Else():
                        m.next = "IDLE"
            with m.State("WRITE"):
                m.d.comb += [port.req_valid.eq(1), port.req_write.eq(1), port.req_data.eq(merged)]
                with m.If(port.req_ready):
                    m.d.sync += bus.ack.eq(1)
                    m.next = "IDLE"
        return m
