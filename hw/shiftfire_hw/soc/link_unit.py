"""The link's server in hardware."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.link import LINK_CRC_BYTES, LINK_ESCAPE, LINK_ESCAPE_BIT, LINK_FLAG, LINK_MAX_WORDS, LinkOp, LinkStatus

from .link_bus import LinkBus, link_bus
from .link_crc import LinkCrc
from .serial_transmitter import BYTE_BITS
from .wishbone import BYTES

# Places of a frame's bytes, escapes taken out.
SEQUENCE, OPERATION, CONTENT = 0, 1, 2
WORDS = CONTENT + BYTES  # of the content behind the address: the words of a WRITE, the number of words of a READ
LEAST_FRAME = CONTENT + LINK_CRC_BYTES
LONGEST_FRAME = WORDS + BYTES * LINK_MAX_WORDS + LINK_CRC_BYTES
BUFFER_BYTES = 1 << (LONGEST_FRAME - 1).bit_length()
_WORD_ENDS = CONTENT % BYTES  # place modulo BYTES of the first byte behind a word


class LinkUnit(Component):
    """Serves READ and WRITE of the contract's link; IMAGE and unknown operations are refused.

    A request is carried out when its last FLAG has come and its CRC fits; what is received from then until the answer is out is dropped. A READ or
    WRITE of no words is refused; a READ that faults is answered without words. A frame's buffer is one block RAM.

    Members
    -------
    received: In(1), byte: In(8)
        High for one cycle: ``byte`` was received. At least 16 cycles apart, or bytes are lost.
    o: Out(stream(8))
        Bytes of the answer.
    bus: Out(link_bus())
        What the requests read and write.
    """

    received: Signal
    byte: Signal
    o: stream.Interface
    bus: LinkBus

    def __init__(self) -> None:
        super().__init__({"received": In(1), "byte": In(BYTE_BITS), "o": Out(stream.Signature(BYTE_BITS)), "bus": Out(link_bus())})
        self.place = Signal(range(BUFFER_BYTES))  # of the byte at hand
        self.end = Signal(range(BUFFER_BYTES))  # place behind the last byte but for the CRC
        self.word = Signal(BYTE_BITS * BYTES)
        self.status = Signal(LinkStatus)
        self.writes = Signal()  # the request is a WRITE
        self.crc = LinkCrc()
        self.buffer = Memory(shape=BYTE_BITS, depth=BUFFER_BYTES, init=[])
        self.write_port, self.read_port = self.buffer.write_port(), self.buffer.read_port()
        self.bit = Signal(range(BYTE_BITS))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc, m.submodules.buffer = self.crc, self.buffer
        m.d.comb += [
            self.read_port.addr.eq(self.place),
            self.write_port.addr.eq(self.place),
            self.crc.bit.eq(self.read_port.data.bit_select(self.bit, 1)),
            self.bus.write.eq(self.writes),
            self.bus.write_data.eq(self.word),
        ]
        with m.FSM():
            self._elaborate_receiving(m)
            self._elaborate_request(m)
            self._elaborate_words(m)
            self._elaborate_answer(m)
        return m

    def _elaborate_receiving(self, m: Module) -> None:
        """RECEIVE puts bytes into the buffer; ACCOUNT takes them from there into the CRC, a bit per cycle."""
        escaped = Signal()
        with m.State("RECEIVE"):
            m.d.comb += self.write_port.data.eq(self.byte ^ Mux(escaped, LINK_ESCAPE_BIT, 0))
            with m.If(self.received & (self.byte == LINK_FLAG)):
                m.d.comb += self.crc.start.eq(1)
                m.d.sync += [self.place.eq(SEQUENCE), escaped.eq(0), self.end.eq(self.place - LINK_CRC_BYTES)]
                with m.If((self.place >= LEAST_FRAME) & (self.place <= LONGEST_FRAME) & ~escaped & self.crc.intact):
                    m.next = "FETCH"
            with m.Elif(self.received & (self.byte == LINK_ESCAPE)):
                m.d.sync += escaped.eq(1)
            with m.Elif(self.received & (self.place <= LONGEST_FRAME)):
                m.d.comb += self.write_port.en.eq(1)
                m.d.sync += escaped.eq(0)
                m.next = "LOAD"
        with m.State("LOAD"):
            m.next = "ACCOUNT"
        with m.State("ACCOUNT"):
            m.d.comb += self.crc.step.eq(1)
            m.d.sync += self.bit.eq(self.bit + 1)
            with m.If(self.bit == BYTE_BITS - 1):
                m.d.sync += self.place.eq(self.place + 1)
                m.next = "RECEIVE"

    def _elaborate_request(self, m: Module) -> None:
        """FETCH gets the byte at ``place`` for PARSE, which goes through the request up to its address, and through every word of a WRITE."""
        byte, served, again, first = self.read_port.data, Signal(BYTE_BITS), Signal(), Signal(init=1)
        reads, fits = Signal(), Signal()
        m.d.comb += [
            reads.eq(byte == LinkOp.READ),
            fits.eq(Mux(reads, self.end == WORDS + 1, (self.end > WORDS) & (self.end[:2] == _WORD_ENDS))),
        ]
        with m.State("FETCH"):
            m.next = "PARSE"
        with m.State("PARSE"):
            m.d.sync += self.place.eq(self.place + 1)
            m.next = "FETCH"
            with m.Switch(self.place):
                with m.Case(SEQUENCE):
                    m.d.sync += [again.eq((byte == served) & ~first), served.eq(byte), first.eq(0)]
                with m.Case(OPERATION):
                    m.d.sync += self.writes.eq(byte == LinkOp.WRITE)
                    with m.If((byte == LinkOp.WRITE) & again):
                        m.next = "END"
                    with m.Elif(~fits | ((byte != LinkOp.WRITE) & ~reads)):
                        self._end(m, LinkStatus.REFUSED)
                with m.Default():
                    m.d.sync += self._shift_word()
                    with m.If(self.place[:2] == (_WORD_ENDS - 1) % BYTES):
                        m.next = "TRANSFER"
                        with m.If(self.place < WORDS):
                            m.next = "ADDRESS"
                    with m.If(~self.writes & (self.place == WORDS)):
                        m.d.sync += [self.end.eq(Cat(Const(CONTENT, 2), byte)), self.place.eq(CONTENT)]
                        m.next = "NEXT"
                        with m.If((byte == 0) | (byte > LINK_MAX_WORDS)):
                            self._end(m, LinkStatus.REFUSED)
        with m.State("ADDRESS"):
            m.d.sync += self.bus.address.eq(self.word[2:])
            m.next = "NEXT"
            with m.If(~self.writes):
                m.next = "FETCH"
            with m.If(self.word[:2] != 0):
                self._end(m, LinkStatus.REFUSED)

    def _elaborate_words(self, m: Module) -> None:
        """NEXT begins a word, TRANSFER plays it on the bus, STORE puts a word that was read into the buffer."""
        with m.State("NEXT"):
            m.next = "TRANSFER"
            with m.If(self.writes):
                m.next = "FETCH"
            with m.If(self.place == self.end):
                self._end(m, LinkStatus.OK)
        with m.State("TRANSFER"):
            m.d.comb += self.bus.valid.eq(1)
            with m.If(self.bus.done):
                m.d.sync += [self.word.eq(self.bus.read_data), self.bus.address.eq(self.bus.address + 1)]
                m.next = "STORE"
                with m.If(self.writes):
                    m.next = "NEXT"
                with m.If(self.bus.fault):
                    self._end(m, LinkStatus.FAULT)
        with m.State("STORE"):
            m.d.comb += [self.write_port.en.eq(1), self.write_port.data.eq(self.word)]
            m.d.sync += [self._shift_word(), self.place.eq(self.place + 1)]
            with m.If(self.place[:2] == (_WORD_ENDS - 1) % BYTES):
                m.next = "NEXT"

    def _shift_word(self) -> Any:
        """A byte of the word out, and one from the buffer in (which a word that goes out does not mind)."""
        return self.word.eq(Cat(self.word[BYTE_BITS:], self.read_port.data))

    def _end(self, m: Module, status: LinkStatus) -> None:
        m.d.sync += self.status.eq(status)
        m.next = "END"

    def _elaborate_answer(self, m: Module) -> None:
        """END says what is sent; then every byte goes through the CRC, and the CRC behind them."""
        tail, escapes, byte = Signal(), Signal(), Signal(BYTE_BITS)
        left = Signal(range(LINK_CRC_BYTES))
        m.d.comb += [
            byte.eq(Mux(tail, self.crc.low, self.read_port.data)),
            escapes.eq((byte == LINK_FLAG) | (byte == LINK_ESCAPE)),
            self.crc.out.eq(tail),
        ]
        with m.State("END"):
            m.d.sync += self.place.eq(OPERATION)
            with m.If(self.writes | (self.status != LinkStatus.OK)):
                m.d.sync += self.end.eq(CONTENT)
            m.next = "STATUS"
        with m.State("STATUS"):
            m.d.comb += [self.write_port.en.eq(1), self.write_port.data.eq(self.status)]
            m.d.sync += self.place.eq(SEQUENCE)
            m.next = "OPEN"
        with m.State("OPEN"):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(LINK_FLAG)]
            with m.If(self.o.ready):
                m.next = "GET"
        with m.State("GET"):
            m.next = "SEND"
        with m.State("SEND"):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(Mux(escapes, LINK_ESCAPE, byte))]
            with m.If(self.o.ready):
                m.next = "TAKE"
                with m.If(escapes):
                    m.next = "ESCAPED"
        with m.State("ESCAPED"):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(byte ^ LINK_ESCAPE_BIT)]
            with m.If(self.o.ready):
                m.next = "TAKE"
        with m.State("TAKE"):
            m.d.comb += self.crc.step.eq(1)
            m.d.sync += self.bit.eq(self.bit + 1)
            with m.If(self.bit == BYTE_BITS - 1):
                m.d.sync += [self.place.eq(self.place + 1), left.eq(left + tail)]
                m.next = "GET"
                with m.If(~tail & (self.place + 1 == self.end)):
                    m.d.sync += tail.eq(1)
                with m.If(tail & (left == LINK_CRC_BYTES - 1)):
                    m.next = "CLOSE"
        with m.State("CLOSE"):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(LINK_FLAG), self.crc.start.eq(1)]
            m.d.sync += [tail.eq(0), self.place.eq(SEQUENCE)]
            with m.If(self.o.ready):
                m.next = "RECEIVE"
