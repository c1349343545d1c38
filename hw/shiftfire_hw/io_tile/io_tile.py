"""The I/O tile: the chip's only way in and out."""

from amaranth.hdl import Const, Module, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out, PureInterface, Signature, connect, flipped
from shiftfire_spec import address
from shiftfire_spec.address import Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.packet import FLIT, Kind

from ..interface import TypedSignature
from ..layouts import flit_stream, struct
from ..noc.config_chain import ConfigLink, config_link
from ..noc.queue import Queue
from .collect import CollectDma
from .configure import ConfigDma
from .inject import InjectDma
from .memory_port import MemoryPort, memory_port
from .registers import BUS_ADDRESS_BITS, IoRegisters
from .store_table import StoreTable


class TraceLink(PureInterface):
    """Interface of `trace_link`."""

    valid: Signal
    flit: data.View


def trace_link() -> Signature:
    """Signature of a trace output: ``flit`` passes in a cycle with ``valid``."""
    return TypedSignature(TraceLink, {"valid": Out(1), "flit": Out(struct(FLIT))})


class IoTile(Component):
    """Register bus, configuration DMA, injection DMA and collection DMA over one memory port; the table of stored streams.

    Parameters
    ----------
    chip: ChipConfig
        Sizes, mesh, memory latency.

    Members
    -------
    bus_address: In(BUS_ADDRESS_BITS), bus_write: In(1), bus_write_data: In(32), bus_read_data: Out(32)
        IO_REGISTERS by index; reads are combinational, a write in cycle t shows from t+1 on. Addresses and counts must not be
        written while the tile is busy.
    memory: Out(memory_port())
        Memory that should answer reads ``memory_latency_cycles`` after the request; any other time works, with other cycle counts.
    chain_o: Out(config_link()), chain_i: In(config_link())
        Start (a register of this tile) and end of the configuration chain. Writes that come back with tile = IO_CONFIG_TILE are for
        the table of stored streams: Space.STORE and Space.ROOM.
    run: Out(1)
        Register: the run is under way. Mesh and cores count while it is high, and should be held in reset while it is low.
    o: Out(flit_stream()), i: In(flit_stream())
        To and from the west port of tile (0, 0). ``o.valid`` and ``i.ready`` depend on registers only.
    idle: In(1)
        Register: in the cycle before, nothing in the mesh moved. Used on chips with feedback only.
    interrupt: Out(1)
        Pending interrupt (register).
    cycle: Out(32)
        Run cycle: 0 in the first cycle with ``run``; stays at CYCLES afterwards.
    trace_inject: Out(trace_link())
        In the cycle ``cycle``, the mesh accepts this packet.
    trace_collect: Out(trace_link())
        In the cycle ``cycle``, this SPIKE or END from the mesh is accepted (CREDITs are not shown).

    Cycle rules
    -----------
    All on the values at the start of the cycle, effects at its end; ``InjectDma``, ``CollectDma`` and ``ConfigDma`` hold the
    rules of their parts, this is what joins them.

    * ``outstanding`` (0): read requests accepted minus responses. ``busy = configuring or run or outstanding > 0``.
    * A write of CONTROL while not busy: with the configure bit, configuring is 1 from the next cycle on; with the run bit, run is 1 from
      the next cycle (cycle 0) on, and ``cycle``, COLLECT_COUNT and the overflow flag are 0 in it; with both, both. Both bits
      are ignored while busy, and busy lasts until the configuration and the run have ended and all reads have been answered.
    * In cycle 0 of a run injection and collection are in their reset state: queues empty, no slot open, state IDLE. The first
      injection request is made in cycle 0.
    * While run: cycle + 1. In the cycle in which the collection is ``finished``, run falls (it was the last cycle). Packets
      accepted or sent in the last cycle count; what is left in the queues is lost. With COLLECT_ENDS = 0 a run lasts one cycle.
    * Started with the drain bit, on a chip with feedback: the last cycle is the first one in which the collection is ``finished`` and,
      in the cycle before, the mesh was quiet, the injection ``done`` and the collection ``empty``.
    * Port: of the requests standing in a cycle, the first of (collection, injection, configuration) goes to the memory and moves if
      ``req_ready``; the others see not ready. So, in a run with an always ready memory, injection requests in exactly those
      cycles in which the collection does not write; a configuration beside a run has the cycles that are left, and changes nothing
      in the run's. Responses go to whom they are for; those for the injection are lost when run is low. A response L
      cycles after its request (accepted in t) is pushed in t+L and can be popped in t+L+1.
    * Table (``StoreTable``): a write for it takes effect at the end of the cycle in which it is at ``chain_i``. It keeps its
      content between runs.
    * COLLECT_COUNT + 1 with every packet done that is not stored; the overflow flag rises with the first of them that was not written.
    * STATUS: configuring; running = run or (outstanding > 0 and not configuring); interrupt; overflow.
    * The interrupt rises in the second cycle in which busy is low again, and falls after a write of CONTROL with the clear bit,
      unless it rises at the same time.
    """

    bus_address: Signal
    bus_write: Signal
    bus_write_data: Signal
    bus_read_data: Signal
    memory: MemoryPort
    chain_o: ConfigLink
    chain_i: ConfigLink
    run: Signal
    o: stream.Interface
    i: stream.Interface
    idle: Signal
    interrupt: Signal
    cycle: Signal
    trace_inject: TraceLink
    trace_collect: TraceLink

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "bus_address": In(BUS_ADDRESS_BITS),
                "bus_write": In(1),
                "bus_write_data": In(MEMORY_WORD_BITS),
                "bus_read_data": Out(MEMORY_WORD_BITS),
                "memory": Out(memory_port()),
                "chain_o": Out(config_link()),
                "chain_i": In(config_link()),
                "run": Out(1),
                "o": Out(flit_stream()),
                "i": In(flit_stream()),
                "idle": In(1),
                "interrupt": Out(1),
                "cycle": Out(MEMORY_WORD_BITS),
                "trace_inject": Out(trace_link()),
                "trace_collect": Out(trace_link()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.registers = registers = IoRegisters(chip=self.chip)
        m.submodules.inject = inject = InjectDma(chip=self.chip)
        m.submodules.collect = collect = CollectDma(chip=self.chip)
        m.submodules.config = config = ConfigDma(chip=self.chip)
        connect(m, flipped(self.o), inject.o)
        connect(m, flipped(self.i), collect.i)
        connect(m, flipped(self.chain_o), config.o)
        connect(m, flipped(self.chain_i), config.i)
        self._elaborate_table(m, collect)
        value = registers.value
        m.d.comb += [
            registers.address.eq(self.bus_address),
            registers.write.eq(self.bus_write),
            registers.write_data.eq(self.bus_write_data),
            self.bus_read_data.eq(registers.read_data),
            inject.run.eq(self.run),
            inject.base.eq(value.inject_base),
            inject.count.eq(value.inject_count),
            inject.cycle.eq(self.cycle),
            inject.credit_valid.eq(collect.credit_valid),
            inject.credit_slot.eq(collect.credit_slot),
            collect.run.eq(self.run),
            collect.cycle.eq(self.cycle),
            collect.base.eq(value.collect_base),
            collect.limit.eq(value.collect_limit),
            collect.ends.eq(value.collect_ends),
            config.base.eq(value.config_base),
            config.count.eq(value.config_count),
            config.read_base.eq(value.read_base),
            self.trace_inject.valid.eq(self.o.valid & self.o.ready),
            self.trace_inject.flit.eq(self.o.payload),
            self.trace_collect.valid.eq(self.run & self.i.valid & self.i.ready & (self.i.payload.kind != Kind.CREDIT)),
            self.trace_collect.flit.eq(self.i.payload),
        ]
        outstanding = self._elaborate_port(m, collect, config, inject)
        self._elaborate_control(m, registers, collect, config, outstanding, self._elaborate_end(m, registers, collect, inject))
        return m

    def _elaborate_table(self, m: Module, collect: CollectDma) -> None:
        """The table of stored streams, written from the end of the chain."""
        word = self.chain_i
        write = word.valid & (word.address.tile == address.IO_CONFIG_TILE) & ~word.address.read
        m.submodules.table = table = StoreTable(chip=self.chip)
        connect(m, collect.table, table.access)
        m.d.comb += [
            table.write.eq(write & (word.address.space == Space.STORE)),
            table.write_room.eq(write & (word.address.space == Space.ROOM)),
            table.offset.eq(word.address.offset),
            table.word.eq(word.data),
        ]

    def _elaborate_port(self, m: Module, collect: CollectDma, config: ConfigDma, inject: InjectDma) -> Signal:
        """Share the memory port; returns the number of reads not yet answered."""
        in_flight = address.CONFIG_ENTRY_WORDS * self.chip.config_entries_in_flight + self.chip.inject_queue_depth
        m.submodules.owners = owners = Queue(shape=1, depth=in_flight)  # of the reads not yet answered: 1 is the configuration
        free = Const(1)
        for client in (collect.memory, inject.memory, config.memory):
            with m.If(client.req_valid & free):
                m.d.comb += [
                    self.memory.req_valid.eq(1),
                    self.memory.req_write.eq(client.req_write),
                    self.memory.req_address.eq(client.req_address),
                    self.memory.req_data.eq(client.req_data),
                ]
            m.d.comb += client.req_ready.eq(self.memory.req_ready & free)
            free = free & ~client.req_valid
        m.d.comb += [
            owners.i.valid.eq(self.memory.req_valid & self.memory.req_ready & ~self.memory.req_write),
            owners.i.payload.eq(config.memory.req_valid & config.memory.req_ready),
            owners.o.ready.eq(self.memory.rsp_valid),
        ]
        for client, mine in ((config.memory, owners.o.payload), (inject.memory, ~owners.o.payload)):
            m.d.comb += [client.rsp_valid.eq(self.memory.rsp_valid & mine), client.rsp_data.eq(self.memory.rsp_data)]
        return owners.level

    def _elaborate_end(self, m: Module, registers: IoRegisters, collect: CollectDma, inject: InjectDma) -> Signal:
        """Returns whether this cycle is the last of a run."""
        if not self.chip.feedback:
            return collect.finished
        drain, quiet, last = Signal(), Signal(), Signal()
        with m.If(~self.run):
            m.d.sync += drain.eq(registers.drain)
        m.d.sync += quiet.eq(self.run & inject.done & collect.empty)
        m.d.comb += last.eq(collect.finished & (~drain | (quiet & self.idle)))
        return last

    def _elaborate_control(
        self, m: Module, registers: IoRegisters, collect: CollectDma, config: ConfigDma, outstanding: Signal, last: Signal
    ) -> None:
        """Start and end of runs and configurations, status, interrupt."""
        busy, was_busy, overflow, start = Signal(), Signal(), Signal(), Signal()
        collected, status = Signal(self.chip.memory_address_bits), registers.status
        m.d.comb += [
            busy.eq(config.busy | self.run | (outstanding > 0)),
            config.start.eq(registers.configure & ~busy),
            start.eq(registers.run & ~busy),
            collect.collected.eq(collected),
            collect.overflow.eq(overflow),
            status.collect_count.eq(collected),
            status.cycles.eq(self.cycle),
            status.config_cycles.eq(config.cycles),
            status.status[address.STATUS_CONFIGURING].eq(config.busy),
            status.status[address.STATUS_RUNNING].eq(self.run | ((outstanding > 0) & ~config.busy)),
            status.status[address.STATUS_INTERRUPT].eq(self.interrupt),
            status.status[address.STATUS_OVERFLOW].eq(overflow),
        ]
        with m.If(start):
            m.d.sync += [self.run.eq(1), self.cycle.eq(0), collected.eq(0), overflow.eq(0)]
        with m.Elif(self.run):
            m.d.sync += [
                self.run.eq(~last),
                self.cycle.eq(self.cycle + 1),
                collected.eq(collected + collect.packet_done),
                overflow.eq(overflow | (collect.packet_done & collect.overflowed)),
            ]
        m.d.sync += was_busy.eq(busy)
        with m.If(was_busy & ~busy):
            m.d.sync += self.interrupt.eq(1)
        with m.Elif(registers.clear):
            m.d.sync += self.interrupt.eq(0)
