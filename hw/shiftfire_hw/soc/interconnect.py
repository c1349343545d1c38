"""The SoC without its processor: bus, peripherals, fabric, memory port."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, ResetSignal, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import REGION, REGIONS, UART_DIVISOR_BITS, UART_LEAST_DIVISOR, Interrupt

from ..chip import Chip
from ..instance import instance_of
from ..io.memory_port import memory_port
from ..io.registers import BUS_ADDRESS_BITS
from .boot_ram import BootRam
from .csr_bank import INDEX_BITS
from .memory_arbiter import MemoryArbiter
from .memory_master import requests_in_flight
from .memory_slave import MemorySlave
from .register_port import WishboneRegisters
from .system import System
from .timer import Timer
from .uart import Uart
from .wishbone import BYTES, wishbone
from .wishbone_decoder import WishboneDecoder, region_address_bits

CHIP_MODULE = "shiftfire_chip"
BOOT_MODULE = "shiftfire_boot_ram"


class Interconnect(Component):
    """The regions of the contract's memory map behind one Wishbone slave.

    The chip and the boot RAM are modules of their own, ``shiftfire_chip`` (see `verilog.generate`) and ``shiftfire_boot_ram``.

    Parameters
    ----------
    chip: ChipConfig
        The fabric.
    memory_words: int
        Words of main memory: a power of two within its region. ContractError otherwise.
    uart_divisor: int
        Clock cycles per bit at reset. ContractError when the register cannot hold it.

    Members
    -------
    bus: In(wishbone())
        The processor. Addresses in no region, words of main memory that do not exist, and writes of part of a register are answered by ``err``.
    memory: Out(memory_port())
        Main memory. The fabric's requests come first and pass, as the answers do, in the same cycle (`MemoryArbiter`).
    tx: Out(1), rx: In(1)
        Serial port.
    interrupts: Out(4)
        By bit as in `Interrupt`.
    halted: Out(1), exit_code: Out(32)
        See `System`.
    run: Out(1)
        The fabric runs.
    """

    bus: Any
    memory: Any
    tx: Signal
    rx: Signal
    interrupts: Signal
    halted: Signal
    exit_code: Signal
    run: Signal

    def __init__(self, *, chip: ChipConfig, memory_words: int, uart_divisor: int) -> None:
        most = REGION["MEMORY"].size // BYTES
        if not 1 <= memory_words <= most or memory_words & (memory_words - 1):
            raise ContractError(f"main memory of {memory_words} words: give a power of two up to {most}")
        if not UART_LEAST_DIVISOR <= uart_divisor < 1 << UART_DIVISOR_BITS:
            raise ContractError(
                f"UART divisor {uart_divisor} is out of range: {UART_LEAST_DIVISOR}..{(1 << UART_DIVISOR_BITS) - 1}"
            )
        self.chip, self.memory_words, self.uart_divisor = chip, memory_words, uart_divisor
        super().__init__(
            {
                "bus": In(wishbone()),
                "memory": Out(memory_port()),
                "tx": Out(1),
                "rx": In(1),
                "interrupts": Out(len(Interrupt)),
                "halted": Out(1),
                "exit_code": Out(MEMORY_WORD_BITS),
                "run": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.decoder = decoder = WishboneDecoder(regions=REGIONS)
        m.submodules.boot, boot = instance_of(BOOT_MODULE, BootRam())
        m.submodules.uart = uart = Uart(divisor=self.uart_divisor)
        m.submodules.timer = timer = Timer()
        m.submodules.system = system = System(chip=self.chip, memory_words=self.memory_words)
        connect(m, flipped(self.bus), decoder.bus)
        connect(m, decoder.slave("BOOT"), boot.bus)
        for name, block in (("UART", uart), ("TIMER", timer), ("SYSTEM", system)):
            m.submodules[f"{name.lower()}_slave"] = slave = WishboneRegisters(address_bits=INDEX_BITS)
            connect(m, decoder.slave(name), slave.bus)
            connect(m, slave.registers, block.registers)
        fabric = self._elaborate_fabric(m, decoder, system)
        pending = {
            Interrupt.FABRIC: fabric.irq,
            Interrupt.TIMER: timer.interrupt,
            Interrupt.UART: uart.interrupt,
            Interrupt.FAULT: system.interrupt,
        }
        m.d.comb += [
            uart.rx.eq(self.rx),
            self.tx.eq(uart.tx),
            self.interrupts.eq(Cat(pending[number] for number in Interrupt)),
            system.bus_fault.eq(self.bus.cyc & self.bus.err),
            system.bus_address.eq(self.bus.adr << BYTES.bit_length() - 1),
            self.halted.eq(system.halted),
            self.exit_code.eq(system.exit_code),
            self.run.eq(fabric.run),
        ]
        return m

    def _elaborate_fabric(self, m: Module, decoder: WishboneDecoder, system: System) -> Any:
        """The chip, its registers, and the memory that it shares with the processor. Returns the chip's ports."""
        m.submodules.chip, chip = instance_of(CHIP_MODULE, Chip(chip=self.chip), reset=ResetSignal() | system.fabric_reset)
        m.submodules.chip_slave = slave = WishboneRegisters(address_bits=INDEX_BITS)
        bits = region_address_bits(REGION["MEMORY"])
        m.submodules.memory_slave = processor = MemorySlave(address_bits=bits, words=self.memory_words)
        m.submodules.arbiter = arbiter = MemoryArbiter(words=self.memory_words, depth=requests_in_flight(self.chip))
        connect(m, decoder.slave("FABRIC"), slave.bus)
        connect(m, decoder.slave("MEMORY"), processor.bus)
        connect(m, processor.port, arbiter.processor)
        connect(m, arbiter.memory, flipped(self.memory))
        for name, member in memory_port().members.items():
            source, target = (chip.memory, arbiter.fabric) if member.flow == Out else (arbiter.fabric, chip.memory)
            m.d.comb += getattr(target, name).eq(getattr(source, name))
        port, inside = slave.registers, Signal()
        m.d.comb += [
            inside.eq(port.address[BUS_ADDRESS_BITS:] == 0),
            chip.bus_address.eq(port.address),
            chip.bus_write.eq(port.write & inside),
            chip.bus_write_data.eq(port.write_data),
            port.read_data.eq(Mux(inside, chip.bus_read_data, 0)),
            system.draining.eq(arbiter.draining),
            system.dma_fault.eq(arbiter.fault),
            system.dma_address.eq(arbiter.fault_address),
        ]
        return chip
