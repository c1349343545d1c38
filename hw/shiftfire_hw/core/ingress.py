"""Ingress: what the router delivers to the core."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import FLIT, Kind

from ..layouts import flit_stream, struct
from ..noc.queue import Queue
from .credit import SlotOpening, slot_opening


class Ingress(wiring.Component):
    """Splits CREDIT from SPIKE and END.

    Parameters
    ----------
    chip: ChipConfig
        ``ingress_queue_depth`` is used: SPIKEs and ENDs that wait for the integrate engine.

    Members
    -------
    i: In(flit_stream())
        Packets; taken, whatever their kind, while the queue has room.
    o: Out(flit_stream())
        SPIKEs and ENDs, one cycle later at the earliest.
    slot: Out(slot_opening())
        A CREDIT opens its slot in the cycle in which it is taken (combinational); it uses no room.

    Reset: empty.
    """

    i: stream.Interface
    o: stream.Interface
    slot: SlotOpening

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__({"i": In(flit_stream()), "o": Out(flit_stream()), "slot": Out(slot_opening())})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = Queue(shape=struct(FLIT), depth=self.chip.ingress_queue_depth)
        is_credit = self.i.payload.kind == Kind.CREDIT
        m.d.comb += [
            self.i.ready.eq(queue.i.ready),
            queue.i.valid.eq(self.i.valid & ~is_credit),
            queue.i.payload.eq(self.i.payload),
            self.slot.opened.eq(self.i.valid & self.i.ready & is_credit),
            self.slot.slot.eq(self.i.payload.payload),
        ]
        wiring.connect(m, queue.o, wiring.flipped(self.o))
        return m
