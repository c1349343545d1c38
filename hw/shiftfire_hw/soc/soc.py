"""The system on chip."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, connect, flipped
from shiftfire_spec.chip import ChipConfig

from ..io_tile.memory_port import MemoryPort
from .interconnect import Interconnect
from .ports import soc_ports
from .processor import Processor
from .wishbone_arbiter import WishboneArbiter


class Soc(Component):
    """Processor and `Interconnect`.

    The data bus wins against the instruction bus. The processor is the module ``VexRiscv`` (`processor.processor_verilog`).

    Parameters
    ----------
    chip: ChipConfig, memory_words: int, uart_divisor: int
        See `Interconnect`.

    Members
    -------
    memory: Out(memory_port())
        Main memory, see `Fabric`.
    tx: Out(1), rx: In(1)
        Serial line.
    halted: Out(1), exit_code: Out(32)
        See `System`.
    run: Out(1)
        The fabric runs.
    """

    memory: MemoryPort
    tx: Signal
    rx: Signal
    halted: Signal
    exit_code: Signal
    run: Signal

    def __init__(self, *, chip: ChipConfig, memory_words: int, uart_divisor: int) -> None:
        self.interconnect = Interconnect(chip=chip, memory_words=memory_words, uart_divisor=uart_divisor)
        super().__init__(soc_ports())

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.interconnect = inner = self.interconnect
        m.submodules.processor = processor = Processor()
        m.submodules.arbiter = arbiter = WishboneArbiter()
        connect(m, processor.data, arbiter.first)
        connect(m, processor.instructions, arbiter.second)
        connect(m, arbiter.bus, inner.bus)
        connect(m, inner.memory, flipped(self.memory))
        m.d.comb += [
            processor.interrupts.eq(inner.interrupts),
            inner.rx.eq(self.rx),
            self.tx.eq(inner.tx),
            self.halted.eq(inner.halted),
            self.exit_code.eq(inner.exit_code),
            self.run.eq(inner.run),
        ]
        return m
