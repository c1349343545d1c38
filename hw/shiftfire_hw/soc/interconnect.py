"""The SoC without its processor: bus, peripherals, fabric, memory port."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import REGION, REGIONS, Interrupt

from ..instance import instance_of
from ..io_tile.memory_port import MemoryPort, memory_port
from ..modules import BOOT_MODULE
from .boot_ram import boot_ram_ports
from .csr_bank import INDEX_BITS
from .fabric import Fabric
from .memory_slave import MemorySlave
from .register_port import WishboneRegisters
from .timer import Timer
from .uart import Uart, check_divisor
from .wishbone import BYTES, Wishbone, wishbone
from .wishbone_decoder import WishboneDecoder, region_address_bits


class Interconnect(Component):
    """The regions of the contract's memory map behind one Wishbone slave.

    The chip (see `Fabric`) and the boot RAM are modules of their own, ``shiftfire_chip`` and ``shiftfire_boot_ram``.

    Parameters
    ----------
    chip: ChipConfig
        The chip, see `Fabric`.
    memory_words: int
        See `Fabric`.
    uart_divisor: int
        Clock cycles per bit at reset. ContractError when the register cannot hold it.

    Members
    -------
    bus: In(wishbone())
        The processor. Addresses in no region, words of main memory that do not exist, and writes of part of a register are answered by ``err``.
    memory: Out(memory_port())
        Main memory, see `Fabric`.
    tx: Out(1), rx: In(1)
        Serial port.
    interrupts: Out(4)
        By bit as in `Interrupt`.
    halted: Out(1), exit_code: Out(32)
        See `System`.
    run: Out(1)
        The fabric runs.
    """

    bus: Wishbone
    memory: MemoryPort
    tx: Signal
    rx: Signal
    interrupts: Signal
    halted: Signal
    exit_code: Signal
    run: Signal

    def __init__(self, *, chip: ChipConfig, memory_words: int, uart_divisor: int) -> None:
        check_divisor(uart_divisor)
        self.fabric, self.uart_divisor = Fabric(chip=chip, memory_words=memory_words), uart_divisor
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
        m.submodules.boot, boot = instance_of(BOOT_MODULE, boot_ram_ports())
        m.submodules.uart = uart = Uart(divisor=self.uart_divisor)
        m.submodules.timer = timer = Timer()
        m.submodules.fabric = fabric = self.fabric
        memory_bits = region_address_bits(REGION["MEMORY"])
        m.submodules.memory_slave = memory = MemorySlave(address_bits=memory_bits, words=self.fabric.memory_words)
        connect(m, flipped(self.bus), decoder.bus)
        connect(m, decoder.slave("BOOT"), boot.bus)
        connect(m, decoder.slave("MEMORY"), memory.bus)
        connect(m, memory.port, fabric.host)
        connect(m, fabric.memory, flipped(self.memory))
        blocks = {"UART": uart.registers, "TIMER": timer.registers, "SYSTEM": fabric.system_registers, "FABRIC": fabric.registers}
        for name, registers in blocks.items():
            m.submodules[f"{name.lower()}_slave"] = slave = WishboneRegisters(address_bits=INDEX_BITS)
            connect(m, decoder.slave(name), slave.bus)
            connect(m, slave.registers, registers)
        pending = {
            Interrupt.FABRIC: fabric.irq,
            Interrupt.TIMER: timer.interrupt,
            Interrupt.UART: uart.interrupt,
            Interrupt.FAULT: fabric.fault,
        }
        m.d.comb += [
            uart.rx.eq(self.rx),
            self.tx.eq(uart.tx),
            self.interrupts.eq(Cat(pending[number] for number in Interrupt)),
            fabric.bus_fault.eq(self.bus.cyc & self.bus.err),
            fabric.bus_address.eq(self.bus.adr << BYTES.bit_length() - 1),
            self.halted.eq(fabric.halted),
            self.exit_code.eq(fabric.exit_code),
            self.run.eq(fabric.run),
        ]
        return m
