"""Bus adapters side by side under one top, with a register file behind the AXI4-Lite bridge."""

from typing import Any

from amaranth.hdl import Array, Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_hw.io_tile.memory_port import memory_port
from shiftfire_hw.soc.axi4_lite import Axi4LiteBridge, axi4_lite
from shiftfire_hw.soc.memory_master import ClassicMaster, PipelinedMaster
from shiftfire_hw.soc.register_port import WishboneRegisters
from shiftfire_hw.soc.wishbone import ADDRESS_BITS, wishbone
from shiftfire_hw.soc.wishbone_arbiter import WishboneArbiter

INDEX_BITS = 3


class BusBank(Component):
    """``pipelined_*`` and ``classic_*``: the memory masters; ``axi``: bridge, Wishbone slave, eight registers; ``first``, ``second``, ``shared``: the arbiter."""

    axi: Any
    first: Any
    second: Any
    shared: Any

    def __init__(self, *, depth: int) -> None:
        self.masters = {"pipelined": PipelinedMaster(depth=depth), "classic": ClassicMaster()}
        members = {
            "axi": In(axi4_lite(INDEX_BITS + 2)),
            "first": In(wishbone()),
            "second": In(wishbone()),
            "shared": Out(wishbone()),
        }
        for name in self.masters:
            members |= {
                f"{name}_port": In(memory_port()),
                f"{name}_bus": Out(wishbone(pipelined=name == "pipelined")),
                f"{name}_base": In(ADDRESS_BITS),
                f"{name}_error": Out(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name, master in self.masters.items():
            m.submodules[name] = master
            connect(m, flipped(getattr(self, f"{name}_port")), master.port)
            connect(m, master.bus, flipped(getattr(self, f"{name}_bus")))
            m.d.comb += [master.base.eq(getattr(self, f"{name}_base")), getattr(self, f"{name}_error").eq(master.error)]
        m.submodules.arbiter = arbiter = WishboneArbiter()
        for name, bus in (("first", arbiter.first), ("second", arbiter.second)):
            connect(m, flipped(getattr(self, name)), bus)
        connect(m, arbiter.bus, flipped(self.shared))
        m.submodules.bridge = bridge = Axi4LiteBridge(address_bits=INDEX_BITS)
        m.submodules.slave = slave = WishboneRegisters(address_bits=INDEX_BITS)
        connect(m, flipped(self.axi), bridge.axi)
        connect(m, bridge.bus, slave.bus)
        port = slave.registers
        registers = Array([Signal(32, name=f"register_{i}") for i in range(1 << INDEX_BITS)])
        m.d.comb += port.read_data.eq(registers[port.address])
        with m.If(port.write):
            m.d.sync += registers[port.address].eq(port.write_data)
        return m
