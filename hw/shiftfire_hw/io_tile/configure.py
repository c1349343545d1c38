"""Configuration DMA: plays the configuration image into the chain and stores what it reads."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.address import CONFIG_ADDRESS
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..layouts import struct
from ..noc.config_chain import ConfigLink, config_link
from ..noc.queue import Queue
from .memory_port import MemoryPort, memory_port


class ConfigDma(Component):
    """Reads (address, data) pairs, sends them along the chain, counts them back in, stores the values of reads: counters, of ``counter_bits``. Without
    counters it stores nothing.

    Parameters
    ----------
    chip: ChipConfig
        ``memory_latency_cycles`` and ``tiles`` give the number of entries in flight. Addresses and counts have ``memory_address_bits``.

    Members
    -------
    start: In(1)
        Begin in the next cycle. Only while ``busy`` is low.
    busy: Out(1)
        The configuration is under way.
    cycles: Out(32)
        CONFIG_CYCLES: cycles in which ``busy`` was high, from the last start on.
    base, count, read_base: In(memory_address_bits)
        CONFIG_BASE, CONFIG_COUNT, READ_BASE; stable while ``busy`` is high.
    memory: Out(memory_port())
        ``req_valid`` depends on registers only.
    o: Out(config_link()), i: In(config_link())
        To the first tile (a register), and from the last.

    Registers: ``busy`` (0); set to 0 by ``start``: ``cycles``, ``requested`` (words), ``entries`` (in flight), ``returned``
    (entries), ``stored`` (values), ``second`` (the next response is a data word); ``o``; a Queue of values read.
    On the values at the start of the cycle, while ``busy`` is high:

    * cycles + 1.
    * request, when the queue has a value: write it at ``read_base + stored``; when accepted pop, stored + 1.
    * request, otherwise, when ``requested`` has not reached ``2 * count`` and (``requested`` is odd or ``entries`` is less than
      ``chip.config_entries_in_flight``): read ``base + requested``; when accepted requested + 1, and, if it was even, entries + 1.
    * a response with second = 0 goes to ``o.address``, of its offset the ``config_offset_bits``; with second = 1 it makes ``o`` valid in the next cycle, with the response as data.
      second toggles. (The next address comes in that cycle at the earliest, and shows in the one after.)
    * a valid word at ``i``: returned + 1, entries - 1; if it is a read its data is pushed into the queue.
    * when ``returned == count`` and the queue is empty, ``busy`` falls (this was the last cycle).

    With a memory that always accepts and answers after L cycles, an image of N > 0 writes (no reads) takes ``2 N + L + tiles +
    2`` cycles; N = 0 takes one cycle. A value read and stored delays the requests behind it by one cycle.
    """

    start: Signal
    busy: Signal
    cycles: Signal
    base: Signal
    count: Signal
    read_base: Signal
    memory: MemoryPort
    o: ConfigLink
    i: ConfigLink

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "start": In(1),
                "busy": Out(1),
                "cycles": Out(MEMORY_WORD_BITS),
                "base": In(chip.memory_address_bits),
                "count": In(chip.memory_address_bits),
                "read_base": In(chip.memory_address_bits),
                "memory": Out(memory_port()),
                "o": Out(config_link()),
                "i": In(config_link()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        returned = Signal.like(self.count)
        values = stream.Signature(max(1, self.chip.counter_bits)).create()  # read and not yet stored
        if self.chip.counter_bits:
            m.submodules.values = queue = Queue(shape=self.chip.counter_bits, depth=self.chip.config_entries_in_flight)
            m.d.comb += [queue.i.valid.eq(self.i.valid & self.i.address.read), queue.i.payload.eq(self.i.data)]
            connect(m, queue.o, flipped(values))
        self._elaborate_requests(m, values)
        self._elaborate_responses(m)
        with m.If(self.busy):
            m.d.sync += [self.cycles.eq(self.cycles + 1), returned.eq(returned + self.i.valid)]
            with m.If((returned == self.count) & ~values.valid):
                m.d.sync += self.busy.eq(0)
        with m.Elif(self.start):
            m.d.sync += [self.busy.eq(1), self.cycles.eq(0), returned.eq(0)]
        return m

    def _elaborate_requests(self, m: Module, values: Any) -> None:
        limit = self.chip.config_entries_in_flight
        requested, stored = Signal(len(self.count) + 1), Signal.like(self.count)
        address = Signal.like(self.base)
        entries = Signal(range(limit + 1))
        write, read, accepted = Signal(), Signal(), Signal()
        m.d.comb += [
            write.eq(values.valid),
            read.eq(self.busy & ~write & (requested != self.count << 1) & (requested[0] | (entries < limit))),
            self.memory.req_valid.eq(write | read),
            self.memory.req_write.eq(write),
            address.eq(Mux(write, self.read_base + stored, self.base + requested)),
            self.memory.req_address.eq(address),
            self.memory.req_data.eq(values.payload),
            values.ready.eq(self.memory.req_ready),
            accepted.eq(self.memory.req_ready & read),
        ]
        with m.If(self.start & ~self.busy):
            m.d.sync += [requested.eq(0), stored.eq(0), entries.eq(0)]
        with m.Else():
            m.d.sync += [
                requested.eq(requested + accepted),
                stored.eq(stored + (self.memory.req_ready & write)),
                entries.eq(entries + (accepted & ~requested[0]) - self.i.valid),
            ]

    def _elaborate_responses(self, m: Module) -> None:
        second, response = Signal(), Signal()
        m.d.comb += response.eq(self.busy & self.memory.rsp_valid)
        m.d.sync += [self.o.valid.eq(response & second), self.o.data.eq(self.memory.rsp_data)]
        with m.If(self.start & ~self.busy):
            m.d.sync += second.eq(0)
        with m.Elif(response):
            m.d.sync += second.eq(~second)
            with m.If(~second):
                word = data.View(struct(CONFIG_ADDRESS), self.memory.rsp_data)
                m.d.sync += [self.o.address[field].eq(word[field]) for field in word.shape().members]
                m.d.sync += self.o.address.offset.eq(word.offset[: self.chip.config_offset_bits])
