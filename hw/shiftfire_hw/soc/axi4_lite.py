"""AXI4-Lite slave to Wishbone master."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out, PureInterface, Signature
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..interface import TypedSignature
from .wishbone import BYTES, Wishbone, forward_request, wishbone

OKAY, SLAVE_ERROR = 0, 2
_BYTE_BITS = BYTES.bit_length() - 1  # of a byte address, below the word's


class Axi4Lite(PureInterface):
    """Interface of `axi4_lite`."""

    awvalid: Signal
    awready: Signal
    awaddr: Signal
    awprot: Signal
    wvalid: Signal
    wready: Signal
    wdata: Signal
    wstrb: Signal
    bvalid: Signal
    bready: Signal
    bresp: Signal
    arvalid: Signal
    arready: Signal
    araddr: Signal
    arprot: Signal
    rvalid: Signal
    rready: Signal
    rdata: Signal
    rresp: Signal


def axi4_lite(address_bits: int) -> Signature:
    """Signature of AXI4-Lite with data of ``MEMORY_WORD_BITS`` bits, from the master's side; ``address_bits`` of a byte address.

    The members are the standard's in lower case; a channel moves in a cycle with its valid and ready high.
    """
    return TypedSignature(
        Axi4Lite,
        {
            "awvalid": Out(1),
            "awready": In(1),
            "awaddr": Out(address_bits),
            "awprot": Out(3),
            "wvalid": Out(1),
            "wready": In(1),
            "wdata": Out(MEMORY_WORD_BITS),
            "wstrb": Out(BYTES),
            "bvalid": In(1),
            "bready": Out(1),
            "bresp": In(2),
            "arvalid": Out(1),
            "arready": In(1),
            "araddr": Out(address_bits),
            "arprot": Out(3),
            "rvalid": In(1),
            "rready": Out(1),
            "rdata": In(MEMORY_WORD_BITS),
            "rresp": In(2),
        },
    )


class Axi4LiteBridge(Component):
    """Plays AXI4-Lite transfers one at a time on a classic Wishbone bus.

    Parameters
    ----------
    address_bits: int
        Of a word address on the Wishbone side; the AXI side's byte address has two more.

    Members
    -------
    axi: In(axi4_lite(address_bits + 2))
        A write is taken when address and data stand there together (both are accepted in the same cycle), a read when no write does. All ready and
        valid outputs depend on registers and on the valid inputs of their own side only. ``err`` becomes the response SLVERR; ``awprot`` and ``arprot``
        are ignored.
    bus: Out(wishbone(address_bits))
        The transfer starts in the cycle after the request was taken; the AXI response stands from the cycle after the Wishbone answer on, until it is
        accepted. The next request is taken after that.
    """

    axi: Axi4Lite
    bus: Wishbone

    def __init__(self, *, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__({"axi": In(axi4_lite(address_bits + _BYTE_BITS)), "bus": Out(wishbone(address_bits))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        axi, bus = self.axi, self.bus
        writes, idle, response = Signal(), Signal(), Signal(2)
        request: Any = wishbone(self.address_bits).create()
        m.d.comb += [
            writes.eq(axi.awvalid & axi.wvalid),
            idle.eq(~bus.cyc & ~axi.bvalid & ~axi.rvalid),
            axi.awready.eq(idle & writes),
            axi.wready.eq(idle & writes),
            axi.arready.eq(idle & ~writes & axi.arvalid),
            bus.stb.eq(bus.cyc),
            axi.bresp.eq(response),
            axi.rresp.eq(response),
        ]
        forward_request(m, request, bus)
        with m.If(idle & (writes | axi.arvalid)):
            m.d.sync += [
                bus.cyc.eq(1),
                request.we.eq(writes),
                request.adr.eq(Mux(writes, axi.awaddr, axi.araddr) >> _BYTE_BITS),
                request.sel.eq(Mux(writes, axi.wstrb, (1 << BYTES) - 1)),
                request.dat_w.eq(axi.wdata),
            ]
        with m.Elif(bus.cyc & (bus.ack | bus.err)):
            m.d.sync += [
                bus.cyc.eq(0),
                axi.bvalid.eq(bus.we),
                axi.rvalid.eq(~bus.we),
                axi.rdata.eq(bus.dat_r),
                response.eq(Mux(bus.err, SLAVE_ERROR, OKAY)),
            ]
        with m.Elif((axi.bvalid & axi.bready) | (axi.rvalid & axi.rready)):
            m.d.sync += [axi.bvalid.eq(0), axi.rvalid.eq(0)]
        return m
