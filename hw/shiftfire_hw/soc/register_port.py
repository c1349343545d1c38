"""The port of a block of registers, and the Wishbone slave in front of it."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out, PureInterface, Signature
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..interface import TypedSignature
from .wishbone import BYTES, Wishbone, wishbone


class RegisterPort(PureInterface):
    """Interface of `register_port`."""

    address: Signal
    read: Signal
    write: Signal
    write_data: Signal
    read_data: Signal


def register_port(address_bits: int) -> Signature:
    """Signature of the port of a block of registers, from the side of who accesses it.

    ``read_data`` is the value of register ``address`` in the same cycle (combinational). ``write``: it takes ``write_data`` at the end of the cycle.
    ``read`` tells in which cycle a value is taken; only registers whose reading does something look at it.
    """
    return TypedSignature(
        RegisterPort,
        {
            "address": Out(address_bits),
            "read": Out(1),
            "write": Out(1),
            "write_data": Out(MEMORY_WORD_BITS),
            "read_data": In(MEMORY_WORD_BITS),
        },
    )


class WishboneRegisters(Component):
    """Wishbone slave in front of a register port.

    Parameters
    ----------
    address_bits: int
        Of the register's index.

    Members
    -------
    bus: In(wishbone(address_bits))
        A transfer is answered in the cycle after its first; one transfer every two cycles. Reads give the whole word, whatever ``sel``.
        A write of part of a word does nothing and is answered by ``err``.
    registers: Out(register_port(address_bits))
        ``read`` or ``write`` is high in the first cycle of a transfer.
    """

    bus: Wishbone
    registers: RegisterPort

    def __init__(self, *, address_bits: int) -> None:
        super().__init__({"bus": In(wishbone(address_bits)), "registers": Out(register_port(address_bits))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus, registers = self.bus, self.registers
        first, whole = Signal(), Signal()
        m.d.comb += [
            first.eq(bus.cyc & bus.stb & ~bus.ack & ~bus.err),
            whole.eq(bus.sel == (1 << BYTES) - 1),
            registers.address.eq(bus.adr),
            registers.write_data.eq(bus.dat_w),
            registers.read.eq(first & ~bus.we),
            registers.write.eq(first & bus.we & whole),
        ]
        m.d.sync += [
            bus.ack.eq(first & (~bus.we | whole)),
            bus.err.eq(first & bus.we & ~whole),
            bus.dat_r.eq(registers.read_data),
        ]
        return m
