"""The system on chip without a processor: a host on the serial line drives the fabric."""

from amaranth.hdl import Const, Module, Signal
from amaranth.lib.wiring import Component, connect, flipped
from shiftfire_spec.chip import ChipConfig

from ..io_tile.memory_port import MemoryPort
from .link_interconnect import LinkInterconnect
from .link_unit import LinkUnit
from .ports import soc_ports
from .serial_receiver import SerialReceiver
from .serial_transmitter import SerialTransmitter
from .uart import check_divisor


class LinkSoc(Component):
    """`LinkUnit` on a serial line and `LinkInterconnect` behind it. The ports are those of `Soc`.

    Parameters
    ----------
    chip: ChipConfig, memory_words: int
        See `Fabric`.
    uart_divisor: int
        Clock cycles per bit, for good. ContractError when it is no divisor of the contract.

    Members
    -------
    memory: Out(memory_port())
        Main memory, see `Fabric`.
    tx: Out(1), rx: In(1)
        Serial line.
    halted: Out(1), exit_code: Out(32)
        Always 0: nothing here ends.
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
        check_divisor(uart_divisor)
        self.uart_divisor = uart_divisor
        self.interconnect = LinkInterconnect(chip=chip, memory_words=memory_words)
        super().__init__(soc_ports())

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = self.uart_divisor.bit_length()
        m.submodules.interconnect = inner = self.interconnect
        m.submodules.link = link = LinkUnit()
        m.submodules.receiver = receiver = SerialReceiver(divisor_bits=bits)
        m.submodules.transmitter = transmitter = SerialTransmitter(divisor_bits=bits)
        connect(m, link.bus, inner.bus)
        connect(m, link.o, transmitter.i)
        connect(m, inner.memory, flipped(self.memory))
        m.d.comb += [
            receiver.divisor.eq(Const(self.uart_divisor)),
            transmitter.divisor.eq(Const(self.uart_divisor)),
            receiver.rx.eq(self.rx),
            link.received.eq(receiver.valid),
            link.byte.eq(receiver.byte),
            self.tx.eq(transmitter.tx),
            self.run.eq(inner.run),
        ]
        return m
