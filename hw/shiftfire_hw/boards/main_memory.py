"""Main memory of a board, on its FPGA."""

from amaranth.hdl import Module, Signal
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..io_tile.memory_port import MemoryPort, memory_port
from .single_port_ram import SinglePortRam


class MainMemory(Component):
    """Takes a request in every cycle, and answers a read ``latency`` cycles later: the memory with which a run takes the simulator's cycles.

    Parameters
    ----------
    words: int
        Of `SinglePortRam`; requests are for addresses below.
    latency: int
        At least 1; ValueError otherwise.

    Members
    -------
    port: In(memory_port())
    """

    port: MemoryPort

    def __init__(self, *, words: int, latency: int) -> None:
        if latency < 1:
            raise ValueError(f"memory latency of {latency} cycles: give 1 or more")
        self.words, self.latency = words, latency
        super().__init__({"port": In(memory_port())})

    def elaborate(self, platform: object) -> Module:
        """With two cycles or more, one goes into a register of the request: the way from the fabric's DMA through the arbiter to a memory is long."""
        m = Module()
        m.submodules.ram = ram = SinglePortRam(words=self.words)
        port = self.port
        request = Signal(StructLayout({"valid": 1, "write": 1, "address": ram.address.shape(), "data": MEMORY_WORD_BITS}))
        domain, later = ("comb", 1) if self.latency == 1 else ("sync", 2)
        m.d[domain] += [
            request.valid.eq(port.req_valid),
            request.write.eq(port.req_write),
            request.address.eq(port.req_address),
            request.data.eq(port.req_data),
        ]
        m.d.comb += [
            port.req_ready.eq(1),
            ram.enable.eq(request.valid),
            ram.write.eq(request.write),
            ram.address.eq(request.address),
            ram.write_data.eq(request.data),
        ]
        valid, answer = Signal(), ram.read_data
        m.d.sync += valid.eq(request.valid & ~request.write)
        for n in range(later, self.latency):
            next_valid, next_answer = Signal(name=f"valid_{n}"), Signal(MEMORY_WORD_BITS, name=f"answer_{n}", reset_less=True)
            m.d.sync += [next_valid.eq(valid), next_answer.eq(answer)]
            valid, answer = next_valid, next_answer
        m.d.comb += [port.rsp_valid.eq(valid), port.rsp_data.eq(answer)]
        return m
