"""Timer: TIMER_REGISTERS."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import TIMER_REGISTERS

from .csr_bank import INDEX_BITS, CsrBank
from .register_port import RegisterPort, register_port


class Timer(Component):
    """A counter down to an interrupt, and one of all cycles.

    Members
    -------
    registers: In(register_port(INDEX_BITS))
        After LOAD = n in cycle t, VALUE is n in t+1 and one less in every cycle after.
    interrupt: Out(1)
        High from the cycle after the one with VALUE = 1 on, until LOAD is written.
    """

    registers: RegisterPort
    interrupt: Signal

    def __init__(self) -> None:
        super().__init__({"registers": In(register_port(INDEX_BITS)), "interrupt": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bank = bank = CsrBank(table=TIMER_REGISTERS)
        connect(m, flipped(self.registers), bank.registers)
        value, cycles = Signal(MEMORY_WORD_BITS), Signal(MEMORY_WORD_BITS)
        m.d.comb += [bank.status.value.eq(value), bank.status.cycles.eq(cycles)]
        m.d.sync += cycles.eq(cycles + 1)
        with m.If(bank.written.load):
            m.d.sync += [value.eq(self.registers.write_data), self.interrupt.eq(0)]
        with m.Elif(value > 0):
            m.d.sync += [value.eq(value - 1), self.interrupt.eq(value == 1)]
        return m
