"""Main memory's arbiter: the fabric first, then the processor; the fabric's addresses are checked."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..io_tile.memory_port import MemoryPort, memory_port


class MemoryArbiter(Component):
    """Two memory ports in front of one.

    Parameters
    ----------
    words: int
        Words of the memory, a power of two; ValueError otherwise.
    depth: int
        Reads of the fabric that can wait for their answers; no request is taken while so many do.

    Members
    -------
    fabric: In(memory_port())
        Requests pass in the cycle in which they stand there, whatever the processor does; answers in the cycle in which they come. So the fabric sees the
        memory as if it were alone, latency and all. A write past the end of memory is taken and lost; a read there is answered with the word
        at the address modulo ``words``.
    processor: In(memory_port())
        Requests pass in cycles without one of the fabric, and without a read of the processor that waits for its answer: one at a time.
        ``req_ready`` depends on the fabric's ``req_valid``.
    memory: Out(memory_port())
        The memory; addresses are below ``words``.
    fault: Out(1), fault_address: Out(32)
        For one cycle: the fabric's request that is taken is for ``fault_address``, past the end of memory.
    draining: Out(1)
        Reads of the fabric wait for their answers.
    """

    fabric: MemoryPort
    processor: MemoryPort
    memory: MemoryPort
    fault: Signal
    fault_address: Signal
    draining: Signal

    def __init__(self, *, words: int, depth: int) -> None:
        if words < 1 or words & (words - 1):
            raise ValueError(f"memory of {words} words: give a power of two")
        self.words, self.depth = words, depth
        super().__init__(
            {
                "fabric": In(memory_port()),
                "processor": In(memory_port()),
                "memory": Out(memory_port()),
                "fault": Out(1),
                "fault_address": Out(MEMORY_WORD_BITS),
                "draining": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        fabric, processor, memory = self.fabric, self.processor, self.memory
        count, ahead, waits = Signal(range(self.depth + 1)), Signal(range(self.depth + 1)), Signal()
        ready, outside, lost, reads, begins, ends = (
            Signal(name=n) for n in ("ready", "outside", "lost", "reads", "begins", "ends")
        )
        m.d.comb += [
            ready.eq(memory.req_ready & (count != self.depth)),
            outside.eq(
                fabric.req_address[self.words.bit_length() - 1 :].any()
            ),  # no carry chain: this is the longest way around the cores
            lost.eq(fabric.req_write & outside),
            fabric.req_ready.eq(ready),
            processor.req_ready.eq(ready & ~fabric.req_valid & ~waits),
            self.fault.eq(fabric.req_valid & ready & outside),
            self.fault_address.eq(fabric.req_address),
        ]
        for client, chosen in ((processor, ~fabric.req_valid), (fabric, fabric.req_valid)):
            with m.If(chosen):
                m.d.comb += [
                    memory.req_write.eq(client.req_write),
                    memory.req_address.eq(client.req_address & (self.words - 1)),
                    memory.req_data.eq(client.req_data),
                ]
            m.d.comb += client.rsp_data.eq(memory.rsp_data)
        m.d.comb += [
            memory.req_valid.eq((count != self.depth) & Mux(fabric.req_valid, ~lost, processor.req_valid & ~waits)),
            reads.eq(fabric.req_valid & fabric.req_ready & ~fabric.req_write),
            begins.eq(processor.req_valid & processor.req_ready & ~processor.req_write),
            ends.eq(memory.rsp_valid & waits & (ahead == 0)),
            processor.rsp_valid.eq(ends),
            fabric.rsp_valid.eq(memory.rsp_valid & ~ends),
            self.draining.eq(count > 0),
        ]
        m.d.sync += count.eq(count + reads - fabric.rsp_valid)
        with m.If(begins):
            m.d.sync += [waits.eq(1), ahead.eq(count - fabric.rsp_valid)]
        with m.Elif(ends):
            m.d.sync += waits.eq(0)
        with m.Elif(memory.rsp_valid & waits):
            m.d.sync += ahead.eq(ahead - 1)
        return m
