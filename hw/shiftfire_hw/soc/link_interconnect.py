"""The link's view of a SoC without processor: main memory, FABRIC and SYSTEM."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.soc import REGION

from ..io_tile.memory_port import MemoryPort, memory_port
from .fabric import Fabric
from .link_bus import LinkBus, link_bus
from .wishbone import ADDRESS_BITS, BYTES
from .wishbone_decoder import region_address_bits


class LinkInterconnect(Component):
    """`Fabric`, whose parameters these are, behind the link's bus.

    Members
    -------
    bus: In(link_bus())
        Registers are done in the cycle of the request, writes to memory in the cycle in which it takes them, reads in that of its answer. Other regions,
        addresses in none, and words of main memory that do not exist fault in the cycle of the request; SYSTEM does not record it.
    memory: Out(memory_port())
        Main memory, see `Fabric`.
    run: Out(1)
        The fabric runs.
    """

    bus: LinkBus
    memory: MemoryPort
    run: Signal

    def __init__(self, *, chip: ChipConfig, memory_words: int) -> None:
        self.fabric = Fabric(chip=chip, memory_words=memory_words)
        super().__init__({"bus": In(link_bus()), "memory": Out(memory_port()), "run": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.fabric = fabric = self.fabric
        connect(m, fabric.memory, flipped(self.memory))
        bus, host, waits, missing = self.bus, fabric.host, Signal(), Signal()
        memory_bits = region_address_bits(REGION["MEMORY"])
        blocks = {"FABRIC": fabric.registers, "SYSTEM": fabric.system_registers}
        chosen = {name: Signal(name=f"chosen_{name.lower()}") for name in ("MEMORY", *blocks)}
        for name, signal in chosen.items():
            bits = region_address_bits(REGION[name])
            m.d.comb += signal.eq(bus.address[bits:ADDRESS_BITS] == REGION[name].base // BYTES >> bits)
        m.d.comb += [
            self.run.eq(fabric.run),
            missing.eq(bus.address[fabric.memory_words.bit_length() - 1 : memory_bits].any()),
            host.req_valid.eq(bus.valid & chosen["MEMORY"] & ~missing & ~waits),
            host.req_write.eq(bus.write),
            host.req_address.eq(bus.address[:memory_bits]),
            host.req_data.eq(bus.write_data),
        ]
        for name, port in blocks.items():
            m.d.comb += [
                port.address.eq(bus.address),
                port.read.eq(bus.valid & chosen[name] & ~bus.write),
                port.write.eq(bus.valid & chosen[name] & bus.write),
                port.write_data.eq(bus.write_data),
            ]
        with m.If(chosen["MEMORY"] & ~missing):
            m.d.comb += [
                bus.done.eq((host.req_valid & host.req_ready & bus.write) | host.rsp_valid),
                bus.read_data.eq(host.rsp_data),
            ]
        with m.Else():
            m.d.comb += [bus.done.eq(bus.valid), bus.fault.eq(1)]
            for name, port in blocks.items():
                with m.If(chosen[name]):
                    m.d.comb += [bus.fault.eq(0), bus.read_data.eq(port.read_data)]
        with m.If(host.rsp_valid):
            m.d.sync += waits.eq(0)
        with m.Elif(host.req_valid & host.req_ready & ~bus.write):
            m.d.sync += waits.eq(1)
        return m
