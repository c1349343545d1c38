"""Wishbone decoder: one master, the regions of the memory map."""

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.soc import Region

from .wishbone import ADDRESS_BITS, BYTES, Wishbone, forward_request, wishbone


def region_address_bits(region: Region) -> int:
    """Bits of a word address within a region."""
    return (region.size // BYTES - 1).bit_length()


class WishboneDecoder(Component):
    """Passes a classic transfer to the slave of the region that it is for.

    Parameters
    ----------
    regions: Regions
        Sizes are powers of two, bases multiples of them; ValueError otherwise, or when two overlap.

    Members
    -------
    bus: In(wishbone())
        From the master; request and answer pass in the same cycle. An address in no region is answered by ``err`` a cycle after the request.
    <name>: Out(wishbone(region_address_bits(region)))
        One per region, its name in lower case; ``adr`` counts from the region's base.
    """

    bus: Wishbone

    def __init__(self, *, regions: Sequence[Region]) -> None:
        for region in regions:
            if region.size & (region.size - 1) or region.base % region.size:
                raise ValueError(
                    f"region {region.name} of {region.size:#x} bytes at {region.base:#x} is not aligned to a power of two"
                )
            for other in regions:
                if other is not region and other.base < region.base + region.size and region.base < other.base + other.size:
                    raise ValueError(f"regions {region.name} and {other.name} overlap")
        self.regions = regions
        slaves = {region.name.lower(): Out(wishbone(region_address_bits(region))) for region in regions}
        super().__init__({"bus": In(wishbone()), **slaves})

    def slave(self, name: str) -> Any:
        """The slave of a region."""
        return getattr(self, name.lower())

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus, hole, nowhere = self.bus, Signal(init=1), Signal()
        for region in self.regions:
            slave, bits = self.slave(region.name), region_address_bits(region)
            chosen = Signal(name=f"chosen_{region.name.lower()}")
            m.d.comb += chosen.eq(bus.adr[bits:ADDRESS_BITS] == region.base // BYTES >> bits)
            forward_request(m, bus, slave)
            with m.If(chosen):
                m.d.comb += [
                    hole.eq(0),
                    slave.cyc.eq(bus.cyc),
                    slave.stb.eq(bus.stb),
                    bus.dat_r.eq(slave.dat_r),
                    bus.ack.eq(slave.ack),
                    bus.err.eq(slave.err),
                ]
        with m.If(hole):
            m.d.comb += bus.err.eq(nowhere)
        m.d.sync += nowhere.eq(bus.cyc & bus.stb & hole & ~nowhere)
        return m
