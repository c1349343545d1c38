"""SYSTEM_REGISTERS: what the SoC is, faults, reset of the fabric, exit."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.image import chip_digest
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import FAULT_BUS, FAULT_DMA, SYSTEM_REGISTERS

from .csr_bank import INDEX_BITS, CsrBank
from .register_port import RegisterPort, register_port


class System(Component):
    """Registers as the contract says.

    Parameters
    ----------
    chip: ChipConfig
        CHIP_DIGEST, CLOCK_KHZ.
    memory_words: int
        MEMORY_WORDS.

    Members
    -------
    registers: In(register_port(INDEX_BITS))
    dma_fault: In(1), dma_address: In(32)
        The fabric asks for a word that does not exist.
    bus_fault: In(1), bus_address: In(32)
        An access of the processor fails.
    interrupt: Out(1)
        A fault is recorded: from the cycle after it on. Of several before CLEAR the first one's address is kept; a fault in the cycle of
        the write of CLEAR is not recorded.
    draining: In(1)
        Memory requests of the fabric wait for their answers.
    fabric_reset: Out(1)
        From the cycle after a write of FABRIC_RESET on, for one cycle and as long as ``draining`` is high.
    halted: Out(1), exit_code: Out(32)
        Registers: EXIT was written, and with what.
    """

    registers: RegisterPort
    dma_fault: Signal
    dma_address: Signal
    bus_fault: Signal
    bus_address: Signal
    interrupt: Signal
    draining: Signal
    fabric_reset: Signal
    halted: Signal
    exit_code: Signal

    def __init__(self, *, chip: ChipConfig, memory_words: int) -> None:
        self.constants = {
            "chip_digest": chip_digest(chip),
            "clock_khz": round(chip.clock_mhz * 1000),
            "memory_words": memory_words,
        }
        super().__init__(
            {
                "registers": In(register_port(INDEX_BITS)),
                "dma_fault": In(1),
                "dma_address": In(MEMORY_WORD_BITS),
                "bus_fault": In(1),
                "bus_address": In(MEMORY_WORD_BITS),
                "interrupt": Out(1),
                "draining": In(1),
                "fabric_reset": Out(1),
                "halted": Out(1),
                "exit_code": Out(MEMORY_WORD_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bank = bank = CsrBank(table=SYSTEM_REGISTERS)
        connect(m, flipped(self.registers), bank.registers)
        dma, bus = Signal(), Signal()
        dma_address, bus_address = Signal(MEMORY_WORD_BITS), Signal(MEMORY_WORD_BITS)
        m.d.comb += [
            *(bank.status[name].eq(value) for name, value in self.constants.items()),
            bank.status.fault[FAULT_DMA].eq(dma),
            bank.status.fault[FAULT_BUS].eq(bus),
            bank.status.dma_address.eq(dma_address),
            bank.status.bus_address.eq(bus_address),
            bank.status.resetting.eq(self.fabric_reset),
            self.interrupt.eq(dma | bus),
        ]
        with m.If(bank.written.clear):
            m.d.sync += Cat(dma, bus).eq(0)
        with m.Else():
            for flag, address, fault, where in (
                (dma, dma_address, self.dma_fault, self.dma_address),
                (bus, bus_address, self.bus_fault, self.bus_address),
            ):
                with m.If(fault & ~flag):
                    m.d.sync += [flag.eq(1), address.eq(where)]
        with m.If(bank.written.fabric_reset):
            m.d.sync += self.fabric_reset.eq(1)
        with m.Elif(~self.draining):
            m.d.sync += self.fabric_reset.eq(0)
        with m.If(bank.written.exit):
            m.d.sync += [self.halted.eq(1), self.exit_code.eq(self.registers.write_data)]
        return m
