"""The fabric as a part of a system on chip: the chip, its registers, SYSTEM, and the main memory that it shares."""

from amaranth.hdl import Module, Mux, ResetSignal, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import REGION

from ..chip import chip_ports
from ..instance import instance_of
from ..io_tile.memory_port import MemoryPort, memory_port
from ..io_tile.registers import BUS_ADDRESS_BITS
from ..modules import CHIP_MODULE
from .csr_bank import INDEX_BITS
from .memory_arbiter import MemoryArbiter
from .memory_master import requests_in_flight
from .register_port import RegisterPort, register_port
from .system import System
from .wishbone import BYTES


class Fabric(Component):
    """The chip, a module of its own (``shiftfire_chip``, see `verilog.generate`), with what joins it to a SoC.

    Parameters
    ----------
    chip: ChipConfig
        The fabric.
    memory_words: int
        Words of main memory: a power of two within its region. ContractError otherwise.

    Members
    -------
    registers: In(register_port(INDEX_BITS))
        FABRIC; words past the I/O tile's registers read as 0.
    system_registers: In(register_port(INDEX_BITS))
        SYSTEM.
    host: In(memory_port())
        Memory requests of who drives the SoC; addresses below ``memory_words``.
    memory: Out(memory_port())
        Main memory. The fabric's requests come first and pass, as the answers do, in the same cycle (`MemoryArbiter`).
    bus_fault: In(1), bus_address: In(32)
        See `System`.
    irq: Out(1), fault: Out(1)
        The chip's interrupt; a fault is recorded in SYSTEM.
    halted: Out(1), exit_code: Out(32)
        See `System`.
    run: Out(1)
        The fabric runs.
    """

    registers: RegisterPort
    system_registers: RegisterPort
    host: MemoryPort
    memory: MemoryPort
    bus_fault: Signal
    bus_address: Signal
    irq: Signal
    fault: Signal
    halted: Signal
    exit_code: Signal
    run: Signal

    def __init__(self, *, chip: ChipConfig, memory_words: int) -> None:
        most = REGION["MEMORY"].size // BYTES
        if not 1 <= memory_words <= most or memory_words & (memory_words - 1):
            raise ContractError(f"main memory of {memory_words} words: give a power of two up to {most}")
        self.chip, self.memory_words = chip, memory_words
        super().__init__(
            {
                "registers": In(register_port(INDEX_BITS)),
                "system_registers": In(register_port(INDEX_BITS)),
                "host": In(memory_port()),
                "memory": Out(memory_port()),
                "bus_fault": In(1),
                "bus_address": In(MEMORY_WORD_BITS),
                "irq": Out(1),
                "fault": Out(1),
                "halted": Out(1),
                "exit_code": Out(MEMORY_WORD_BITS),
                "run": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.system = system = System(chip=self.chip, memory_words=self.memory_words)
        m.submodules.chip, chip = instance_of(CHIP_MODULE, chip_ports(self.chip), reset=ResetSignal() | system.fabric_reset)
        m.submodules.arbiter = arbiter = MemoryArbiter(words=self.memory_words, depth=requests_in_flight(self.chip))
        connect(m, flipped(self.system_registers), system.registers)
        connect(m, flipped(self.host), arbiter.processor)
        connect(m, arbiter.memory, flipped(self.memory))
        connect(m, chip.memory, arbiter.fabric)
        port, inside = self.registers, Signal()
        m.d.comb += [
            inside.eq(port.address[BUS_ADDRESS_BITS:] == 0),
            chip.bus_address.eq(port.address),
            chip.bus_write.eq(port.write & inside),
            chip.bus_write_data.eq(port.write_data),
            port.read_data.eq(Mux(inside, chip.bus_read_data, 0)),
            system.draining.eq(arbiter.draining),
            system.dma_fault.eq(arbiter.fault),
            system.dma_address.eq(arbiter.fault_address),
            system.bus_fault.eq(self.bus_fault),
            system.bus_address.eq(self.bus_address),
            self.irq.eq(chip.irq),
            self.fault.eq(system.interrupt),
            self.halted.eq(system.halted),
            self.exit_code.eq(system.exit_code),
            self.run.eq(chip.run),
        ]
        return m
