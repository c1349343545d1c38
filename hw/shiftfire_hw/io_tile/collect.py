"""Collection DMA: writes the packets that reach the I/O tile to memory."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import COLLECT_STAMP, INJECT_EVENT, MEMORY_WORD_BITS
from shiftfire_spec.packet import FLIT, Kind

from ..layouts import flit_stream, struct
from ..noc.queue import Queue
from .memory_port import MemoryPort, memory_port
from .store_table import StoreAccess, region_address_bits, store_access


class CollectDma(Component):
    """Takes packets from the mesh, hands CREDITs to the injector; stores the others for a later round, or collects them with their stamp.

    Parameters
    ----------
    chip: ChipConfig
        ``ingress_queue_depth`` is the depth of the queue of stamped packets. Addresses and counts have ``memory_address_bits``.

    Members
    -------
    run: In(1)
        While low, all state is held at reset and nothing is requested; packets that arrive are taken and lost.
    cycle: In(32)
        Run cycle: the stamp of a packet accepted in this cycle.
    base, limit, ends: In(memory_address_bits)
        COLLECT_BASE, COLLECT_LIMIT, COLLECT_ENDS; stable while ``run`` is high.
    collected: In(memory_address_bits), overflow: In(1)
        COLLECT_COUNT and the overflow flag, which the owner keeps: 0 as ``run`` rises, then as ``packet_done`` and ``overflowed`` tell.
    i: In(flit_stream())
        From the mesh. ``ready = queue level < depth`` for every kind of packet, CREDIT included.
    memory: Out(memory_port())
        Writes only. ``req_valid`` depends on registers (and ``run``) only.
    table: Out(store_access(memory_address_bits))
        The store table, which is not part of this state: it keeps its content while ``run`` is low.
    credit_valid, credit_slot: Out
        High in the cycle in which a CREDIT is accepted.
    packet_done: Out(1)
        High in the cycle in which a packet that is not stored is done with.
    overflowed: Out(1)
        With ``packet_done``: the packet was not written.
    finished: Out(1)
        The ENDs are all done: low until the cycle of the last one. In it the run ends, unless it drains.
    empty: Out(1)
        The queue is empty.

    Registers, and their value at reset: a Queue of (flit, cycle) (empty), ``second`` (0), ``ended`` (0).
    On the values at the start of the cycle, while ``run`` is high:

    * take: an accepted SPIKE or END is pushed with ``cycle``; a CREDIT is not pushed.
    * store, when the queue has a head whose tag is an enabled entry of the store table, and second = 0: request a write of
      INJECT_EVENT (op = packet kind) at the entry's address. When accepted: pop, the entry moves on, and ended + 1 for an END. So
      a packet takes one cycle at least.
    * collect, when the queue has any other head: ``writes = not overflow and collected < limit``. If writes: request a write of INJECT_EVENT at
      ``base + 2 * collected`` (``second`` = 0), or of COLLECT_STAMP one word further (``second`` = 1); the step is done when the
      request is accepted. If not writes: nothing is requested and the step is done at once. A step done: second = not second;
      with second = 1 also: pop, ``packet_done``, and ended + 1 for an END. So a packet takes two cycles at least, written or not.
    * ``finished`` = (ended, plus 1 when an END is popped in this cycle) has reached ends.

    An entry that is enabled between the two words of a packet counts from the next packet on.
    """

    run: Signal
    cycle: Signal
    base: Signal
    limit: Signal
    ends: Signal
    collected: Signal
    overflow: Signal
    i: stream.Interface
    memory: MemoryPort
    table: StoreAccess
    credit_valid: Signal
    credit_slot: Signal
    packet_done: Signal
    overflowed: Signal
    finished: Signal
    empty: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "cycle": In(MEMORY_WORD_BITS),
                "base": In(chip.memory_address_bits),
                "limit": In(chip.memory_address_bits),
                "ends": In(chip.memory_address_bits),
                "collected": In(chip.memory_address_bits),
                "overflow": In(1),
                "i": In(flit_stream()),
                "memory": Out(memory_port()),
                "table": Out(store_access(region_address_bits(chip))),
                "credit_valid": Out(1),
                "credit_slot": Out(FLIT.field("payload").bits),
                "packet_done": Out(1),
                "overflowed": Out(1),
                "finished": Out(1),
                "empty": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Any:
        m = Module()
        stamped = data.StructLayout({"flit": struct(FLIT), "cycle": COLLECT_STAMP.field("cycle").bits})
        m.submodules.packets = packets = Queue(shape=stamped, depth=self.chip.ingress_queue_depth)
        credit = self.i.payload.kind == Kind.CREDIT
        m.d.comb += [
            self.i.ready.eq(packets.i.ready),
            packets.i.valid.eq(self.i.valid & ~credit),
            packets.i.payload.flit.eq(self.i.payload),
            packets.i.payload.cycle.eq(self.cycle),
            self.credit_valid.eq(self.i.valid & self.i.ready & credit),
            self.credit_slot.eq(self.i.payload.payload),
            self.empty.eq(~packets.o.valid),
        ]
        self._elaborate_writes(m, packets.o)
        return ResetInserter(~self.run)(m)

    def _elaborate_writes(self, m: Module, head: stream.Interface) -> None:
        second, stores, writes, step, pop, end = Signal(), Signal(), Signal(), Signal(), Signal(), Signal()
        ended = Signal.like(self.ends)
        packet, stamp = Signal(struct(INJECT_EVENT)), Signal(struct(COLLECT_STAMP))
        flit = head.payload.flit
        m.d.comb += [
            packet.op.eq(flit.kind),
            packet.axon.eq(flit.axon),
            packet.payload.eq(flit.payload),
            stamp.tag.eq(flit.tag),
            stamp.cycle.eq(head.payload.cycle),
            self.table.tag.eq(flit.tag),
            stores.eq(self.table.enable & ~second),
            writes.eq(stores | (~self.overflow & (self.collected < self.limit))),
            self.memory.req_valid.eq(self.run & head.valid & writes),
            self.memory.req_write.eq(1),
            self.memory.req_address.eq(Mux(stores, self.table.address, self.base + Cat(second, self.collected))),
            self.memory.req_data.eq(Mux(second, stamp, packet)),
            step.eq(self.run & head.valid & (self.memory.req_ready | ~writes)),
            pop.eq(step & (second | stores)),
            head.ready.eq(pop),
            self.table.stored.eq(step & stores),
            self.table.end.eq(flit.kind == Kind.END),
            self.packet_done.eq(step & second),
            self.overflowed.eq(~writes),
            end.eq(pop & (flit.kind == Kind.END)),
            self.finished.eq(self.run & (ended + end == self.ends)),  # from 0 on, by one at a time
        ]
        m.d.sync += [
            second.eq(second ^ (step & ~stores)),
            ended.eq(ended + end),
        ]
