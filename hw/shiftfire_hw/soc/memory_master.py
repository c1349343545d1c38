"""From the fabric's memory port to a Wishbone master, pipelined or classic."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.chip import ChipConfig

from ..io_tile.memory_port import MemoryPort, memory_port
from ..noc.queue import Queue
from .wishbone import ADDRESS_BITS, BYTES, PipelinedWishbone, Wishbone, wishbone


def requests_in_flight(chip: ChipConfig) -> int:
    """Requests of a chip that a bus should be able to hold: what the I/O tile prefetches at most, and as many writes."""
    return 2 * (2 * chip.config_entries_in_flight + chip.inject_queue_depth)


class _MemoryMaster(Component):
    """What both masters share.

    Members
    -------
    port: In(memory_port())
        ``req_ready`` and ``rsp_valid`` follow from the bus. A read that the bus answers with ``err`` gives 0.
    bus: Out(wishbone())
        Whole words at ``base`` plus the port's word address; bits past the bus's are dropped.
    base: In(30)
        Word address of the memory's word 0 on the bus; stable while requests are under way.
    error: Out(1)
        High from the cycle after an ``err`` on, until reset.
    """

    port: MemoryPort
    bus: Wishbone
    base: Signal
    error: Signal

    def __init__(self, *, pipelined: bool) -> None:
        super().__init__(
            {
                "port": In(memory_port()),
                "bus": Out(wishbone(pipelined=pipelined)),
                "base": In(ADDRESS_BITS),
                "error": Out(1),
            }
        )

    def _elaborate_error(self, m: Module) -> None:
        with m.If(self.bus.cyc & self.bus.err):
            m.d.sync += self.error.eq(1)


class PipelinedMaster(_MemoryMaster):
    """One request per cycle: pipelined Wishbone.

    A request is on the bus in the cycle in which it stands at the port, ``req_ready`` follows ``stall``, and an answer goes to the port in the
    cycle in which it comes. So a memory of latency L behind the bus is one of latency L at the port. The bus must not answer in the cycle of the request.

    Parameters
    ----------
    depth: int
        Requests, reads and writes, that can wait for their answers; ``req_ready`` is low while so many do.

    Members
    -------
    port: In(memory_port()), bus: Out(wishbone(pipelined=True)), base: In(30), error: Out(1)
        See `_MemoryMaster`.
    """

    bus: PipelinedWishbone

    def __init__(self, *, depth: int) -> None:
        self.depth = depth
        super().__init__(pipelined=True)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        port, bus = self.port, self.bus
        m.submodules.pending = pending = Queue(shape=1, depth=self.depth)  # of the requests not yet answered: 1 is a write
        answer = Signal()
        m.d.comb += [
            bus.cyc.eq(bus.stb | (pending.level > 0)),
            bus.stb.eq(port.req_valid & pending.i.ready),
            bus.we.eq(port.req_write),
            bus.adr.eq(port.req_address + self.base),
            bus.sel.eq((1 << BYTES) - 1),
            bus.dat_w.eq(port.req_data),
            port.req_ready.eq(~bus.stall & pending.i.ready),
            pending.i.valid.eq(port.req_valid & ~bus.stall),
            pending.i.payload.eq(port.req_write),
            answer.eq(bus.ack | bus.err),
            pending.o.ready.eq(answer),
            port.rsp_valid.eq(answer & pending.o.valid & ~pending.o.payload),
            port.rsp_data.eq(Mux(bus.err, 0, bus.dat_r)),
        ]
        self._elaborate_error(m)
        return m


class ClassicMaster(_MemoryMaster):
    """One transfer at a time: classic Wishbone .

    A request taken at the port is on the bus from the next cycle on; a read's answer goes to the port in the cycle after it came. The next request is
    taken from the cycle after the answer on, so a transfer that the bus answers in its n-th cycle takes n + 1 cycles.

    Members
    -------
    port: In(memory_port()), bus: Out(wishbone()), base: In(30), error: Out(1)
        See `_MemoryMaster`.
    """

    def __init__(self) -> None:
        super().__init__(pipelined=False)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        port, bus = self.port, self.bus
        m.d.comb += [bus.stb.eq(bus.cyc), bus.sel.eq((1 << BYTES) - 1), port.req_ready.eq(~bus.cyc)]
        m.d.sync += [port.rsp_valid.eq(0), port.rsp_data.eq(Mux(bus.err, 0, bus.dat_r))]
        with m.If(bus.cyc):
            with m.If(bus.ack | bus.err):
                m.d.sync += [bus.cyc.eq(0), port.rsp_valid.eq(~bus.we)]
        with m.Elif(port.req_valid):
            m.d.sync += [
                bus.cyc.eq(1),
                bus.we.eq(port.req_write),
                bus.adr.eq(port.req_address + self.base),
                bus.dat_w.eq(port.req_data),
            ]
        self._elaborate_error(m)
        return m
