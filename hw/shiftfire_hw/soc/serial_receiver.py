"""Serial receiver, 8N1."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.soc import UART_DIVISOR_BITS

from .serial_transmitter import BYTE_BITS


class SerialReceiver(Component):
    """Receives frames of a start bit, eight data bits and a stop bit.

    Parameters
    ----------
    divisor_bits: int
        Of ``divisor``.

    Members
    -------
    divisor: In(divisor_bits)
        Cycles per bit, at least 4; bits are looked at in their middle.
    rx: In(1)
        The line, from any clock; it goes through two registers.
    valid: Out(1), byte: Out(8)
        ``valid`` for one cycle, in the middle of the stop bit.
    bad: Out(1)
        For one cycle in its place, when the stop bit is low; nothing is received then. The next frame is waited for with a high line first.
    """

    divisor: Signal
    rx: Signal
    valid: Signal
    byte: Signal
    bad: Signal

    def __init__(self, *, divisor_bits: int = UART_DIVISOR_BITS) -> None:
        self.divisor_bits = divisor_bits
        super().__init__({"divisor": In(divisor_bits), "rx": In(1), "valid": Out(1), "byte": Out(BYTE_BITS), "bad": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line, wait, bit, middle = Signal(init=1), Signal(self.divisor_bits), Signal(range(BYTE_BITS + 2)), Signal()
        m.submodules.line = FFSynchronizer(self.rx, line, init=1)
        m.d.comb += middle.eq(wait == 0)
        m.d.sync += wait.eq(Mux(middle, self.divisor - 1, wait - 1))
        with m.FSM():
            with m.State("HIGH"):
                with m.If(line):
                    m.next = "IDLE"
            with m.State("IDLE"):
                m.d.sync += [wait.eq((self.divisor >> 1) - 1), bit.eq(0)]
                with m.If(~line):
                    m.next = "FRAME"
            with m.State("FRAME"):
                with m.If(middle):
                    m.d.sync += bit.eq(bit + 1)
                    with m.If(bit == 0):  # still low, or it was a spike
                        with m.If(line):
                            m.next = "IDLE"
                    with m.Elif(bit <= BYTE_BITS):
                        m.d.sync += self.byte.eq(Cat(self.byte[1:], line))
                    with m.Else():
                        m.d.comb += [self.valid.eq(line), self.bad.eq(~line)]
                        m.next = "HIGH"
        return m
