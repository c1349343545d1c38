"""Serial port: UART_REGISTERS, two queues, transmitter and receiver."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.errors import ContractError
from shiftfire_spec.soc import (
    UART_DIVISOR_BITS,
    UART_FIFO_BYTES,
    UART_LEAST_DIVISOR,
    UART_RECEIVE_VALID,
    UART_REGISTERS,
    UART_STATUS_FRAMING,
    UART_STATUS_LOST,
    UART_STATUS_RECEIVED,
    UART_STATUS_ROOM,
    UART_STATUS_SENDING,
)

from ..noc.queue import Queue
from .csr_bank import INDEX_BITS, CsrBank
from .register_port import RegisterPort, register_port
from .serial_receiver import SerialReceiver
from .serial_transmitter import BYTE_BITS, SerialTransmitter


def check_divisor(divisor: int) -> None:
    """Raises ContractError when a serial line cannot have ``divisor`` clock cycles per bit."""
    if not UART_LEAST_DIVISOR <= divisor < 1 << UART_DIVISOR_BITS:
        raise ContractError(f"UART divisor {divisor} is out of range: {UART_LEAST_DIVISOR}..{(1 << UART_DIVISOR_BITS) - 1}")


class Uart(Component):
    """Registers as the contract says; a queue of UART_FIFO_BYTES in each direction.

    Parameters
    ----------
    divisor: int
        DIVISOR at reset.

    Members
    -------
    registers: In(register_port(INDEX_BITS))
    tx: Out(1), rx: In(1)
        The lines.
    interrupt: Out(1)
        A byte was received and not yet read.
    """

    registers: RegisterPort
    tx: Signal
    rx: Signal
    interrupt: Signal

    def __init__(self, *, divisor: int) -> None:
        self.divisor = divisor
        super().__init__({"registers": In(register_port(INDEX_BITS)), "tx": Out(1), "rx": In(1), "interrupt": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bank = bank = CsrBank(table=UART_REGISTERS, resets={"divisor": self.divisor})
        m.submodules.transmitter = transmitter = SerialTransmitter()
        m.submodules.receiver = receiver = SerialReceiver()
        m.submodules.sent = sent = Queue(shape=BYTE_BITS, depth=UART_FIFO_BYTES)
        m.submodules.received = received = Queue(shape=BYTE_BITS, depth=UART_FIFO_BYTES)
        connect(m, flipped(self.registers), bank.registers)
        connect(m, sent.o, transmitter.i)
        lost, framing, status = Signal(), Signal(), bank.status
        m.d.comb += [
            transmitter.divisor.eq(bank.value.divisor),
            receiver.divisor.eq(bank.value.divisor),
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            sent.i.valid.eq(bank.written.transmit),
            sent.i.payload.eq(self.registers.write_data),
            received.i.valid.eq(receiver.valid),
            received.i.payload.eq(receiver.byte),
            received.o.ready.eq(bank.taken.receive),
            self.interrupt.eq(received.o.valid),
            status.receive[:BYTE_BITS].eq(received.o.payload),
            status.receive[UART_RECEIVE_VALID].eq(received.o.valid),
            status.status[UART_STATUS_ROOM].eq(sent.i.ready),
            status.status[UART_STATUS_RECEIVED].eq(received.o.valid),
            status.status[UART_STATUS_SENDING].eq(sent.o.valid | transmitter.busy),
            status.status[UART_STATUS_LOST].eq(lost),
            status.status[UART_STATUS_FRAMING].eq(framing),
        ]
        with m.If(bank.written.clear):
            m.d.sync += Cat(lost, framing).eq(0)
        with m.If((receiver.valid & ~received.i.ready) | (bank.written.transmit & ~sent.i.ready)):
            m.d.sync += lost.eq(1)
        with m.If(receiver.bad):
            m.d.sync += framing.eq(1)
        return m
