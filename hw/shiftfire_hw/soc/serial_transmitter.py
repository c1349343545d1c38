"""Serial transmitter, 8N1."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.soc import UART_DIVISOR_BITS

BYTE_BITS = 8
FRAME_BITS = BYTE_BITS + 2  # start, data with the least significant bit first, stop


class SerialTransmitter(Component):
    """Sends bytes as frames of FRAME_BITS bits.

    Parameters
    ----------
    divisor_bits: int
        Of ``divisor``.

    Members
    -------
    divisor: In(divisor_bits)
        Cycles per bit, at least 1; taken anew with every bit.
    i: In(stream(8))
        ``ready`` while no frame is under way. The start bit begins in the cycle after a byte was taken.
    busy: Out(1)
        A frame is under way.
    tx: Out(1)
        The line (a register); high at rest and after reset.
    """

    divisor: Signal
    i: stream.Interface
    busy: Signal
    tx: Signal

    def __init__(self, *, divisor_bits: int = UART_DIVISOR_BITS) -> None:
        self.divisor_bits = divisor_bits
        super().__init__({"divisor": In(divisor_bits), "i": In(stream.Signature(BYTE_BITS)), "busy": Out(1), "tx": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left, wait, rest = Signal(range(FRAME_BITS + 1)), Signal(self.divisor_bits), Signal(FRAME_BITS - 1)
        line = Signal(init=1)
        m.d.comb += [self.tx.eq(line), self.busy.eq(left > 0), self.i.ready.eq(~self.busy)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                line.eq(0),
                rest.eq(Cat(self.i.payload, Const(1, 1))),
                left.eq(FRAME_BITS),
                wait.eq(self.divisor - 1),
            ]
        with m.Elif(self.busy & (wait > 0)):
            m.d.sync += wait.eq(wait - 1)
        with m.Elif(self.busy):
            m.d.sync += [line.eq(rest[0]), rest.eq(Cat(rest[1:], Const(1, 1))), left.eq(left - 1), wait.eq(self.divisor - 1)]
        return m
