"""The chip with Wishbone ports, for a system on chip of one's own."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig

from ..chip import Chip
from ..io_tile.registers import BUS_ADDRESS_BITS
from .axi4_lite import Axi4Lite, Axi4LiteBridge, axi4_lite
from .memory_master import ClassicMaster, PipelinedMaster, requests_in_flight
from .register_port import WishboneRegisters
from .wishbone import ADDRESS_BITS, BYTES, PipelinedWishbone, Wishbone, wishbone


class WishboneChip(Component):
    """``Chip`` with a Wishbone slave in front of its registers and a Wishbone master behind its memory port. No trace outputs.

    Parameters
    ----------
    chip: ChipConfig
        The chip. Cycle counts are those of the simulator when the memory takes a request per cycle and answers after ``memory_latency_cycles``.
    pipelined: bool
        Memory master: pipelined Wishbone (`PipelinedMaster`), or classic (`ClassicMaster`).

    Members
    -------
    registers: In(wishbone(BUS_ADDRESS_BITS))
        IO_REGISTERS by word address; see `WishboneRegisters`.
    memory: Out(wishbone(pipelined=pipelined))
        The memory of both DMA engines.
    memory_base: In(30)
        Word address on that bus of what the chip's registers call word 0.
    memory_error: Out(1)
        The bus has answered with ``err`` since reset.
    irq: Out(1)
        Pending interrupt.
    """

    registers: Wishbone
    memory: PipelinedWishbone
    memory_base: Signal
    memory_error: Signal
    irq: Signal

    def __init__(self, *, chip: ChipConfig, pipelined: bool = True) -> None:
        self.chip, self.pipelined = chip, pipelined
        super().__init__(
            {
                "registers": In(wishbone(BUS_ADDRESS_BITS)),
                "memory": Out(wishbone(pipelined=pipelined)),
                "memory_base": In(ADDRESS_BITS),
                "memory_error": Out(1),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.chip = chip = Chip(chip=self.chip)
        m.submodules.slave = slave = WishboneRegisters(address_bits=BUS_ADDRESS_BITS)
        m.submodules.master = master = PipelinedMaster(depth=requests_in_flight(self.chip)) if self.pipelined else ClassicMaster()
        connect(m, flipped(self.registers), slave.bus)
        connect(m, chip.memory, master.port)
        connect(m, master.bus, flipped(self.memory))
        m.d.comb += [
            chip.bus_address.eq(slave.registers.address),
            chip.bus_write.eq(slave.registers.write),
            chip.bus_write_data.eq(slave.registers.write_data),
            slave.registers.read_data.eq(chip.bus_read_data),
            master.base.eq(self.memory_base),
            self.memory_error.eq(master.error),
            self.irq.eq(chip.irq),
        ]
        return m


class Axi4LiteChip(Component):
    """``WishboneChip`` whose registers are an AXI4-Lite slave (`Axi4LiteBridge`); the parameters are the same.

    Members
    -------
    registers: In(axi4_lite(BUS_ADDRESS_BITS + 2))
        IO_REGISTERS by byte address, four bytes each.
    memory: Out(wishbone(pipelined=pipelined)), memory_base: In(30), memory_error: Out(1), irq: Out(1)
        As there.
    """

    registers: Axi4Lite
    memory: PipelinedWishbone
    memory_base: Signal
    memory_error: Signal
    irq: Signal

    def __init__(self, *, chip: ChipConfig, pipelined: bool = True) -> None:
        self.chip, self.pipelined = chip, pipelined
        super().__init__(
            {
                "registers": In(axi4_lite(BUS_ADDRESS_BITS + BYTES.bit_length() - 1)),
                "memory": Out(wishbone(pipelined=pipelined)),
                "memory_base": In(ADDRESS_BITS),
                "memory_error": Out(1),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.chip = chip = WishboneChip(chip=self.chip, pipelined=self.pipelined)
        m.submodules.bridge = bridge = Axi4LiteBridge(address_bits=BUS_ADDRESS_BITS)
        connect(m, flipped(self.registers), bridge.axi)
        connect(m, bridge.bus, chip.registers)
        connect(m, chip.memory, flipped(self.memory))
        m.d.comb += [chip.memory_base.eq(self.memory_base), self.memory_error.eq(chip.memory_error), self.irq.eq(chip.irq)]
        return m
