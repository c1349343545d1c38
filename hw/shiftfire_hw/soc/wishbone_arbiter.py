"""Wishbone arbiter: two masters, one bus."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out

from .wishbone import Wishbone, forward_request, wishbone


class WishboneArbiter(Component):
    """Passes one master's classic transfers to the bus.

    Members
    -------
    first, second: In(wishbone())
        Masters. ``first`` wins when both begin in the same cycle; a transfer is never interrupted. Whoever waits is served in the cycle after
        the other's answer, when that cycle begins no other transfer of ``first``.
    bus: Out(wishbone())
        Request and answer pass in the same cycle.
    """

    first: Wishbone
    second: Wishbone
    bus: Wishbone

    def __init__(self) -> None:
        super().__init__({"first": In(wishbone()), "second": In(wishbone()), "bus": Out(wishbone())})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus, locked, owner, second = self.bus, Signal(), Signal(), Signal()  # owner of the transfer under way, 1: second
        with m.If(locked):
            m.d.comb += second.eq(owner)
        with m.Else():
            m.d.comb += second.eq(~(self.first.cyc & self.first.stb))
        with m.If(bus.cyc & bus.stb):
            m.d.sync += [locked.eq(~(bus.ack | bus.err)), owner.eq(second)]
        for master, chosen in ((self.first, ~second), (self.second, second)):
            with m.If(chosen):
                m.d.comb += [bus.cyc.eq(master.cyc), bus.stb.eq(master.stb)]
                forward_request(m, master, bus)
            m.d.comb += [master.dat_r.eq(bus.dat_r), master.ack.eq(bus.ack & chosen), master.err.eq(bus.err & chosen)]
        return m
