"""Ingress: what the router delivers to the core."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import FLIT, SLOT_BITS, Kind

from ..layouts import flit_stream, struct
from ..noc.queue import Queue


class Ingress(wiring.Component):
    """Splits CREDIT from SPIKE and END.

    ``i`` is taken, whatever its kind, while the queue of ``ingress_queue_depth`` packets has room. A SPIKE or END is at ``o`` one cycle later at the
    earliest. A CREDIT strobes ``opened_set`` with ``opened_slot`` in the cycle in which it is taken (combinational) and uses no room.
    Reset: empty.
    """

    i: Any
    o: Any
    opened_set: Any
    opened_slot: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__({"i": In(flit_stream()), "o": Out(flit_stream()), "opened_set": Out(1), "opened_slot": Out(SLOT_BITS)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.queue = queue = Queue(shape=struct(FLIT), depth=self.chip.ingress_queue_depth)
        is_credit = self.i.payload.kind == Kind.CREDIT
        m.d.comb += [
            self.i.ready.eq(queue.i.ready),
            queue.i.valid.eq(self.i.valid & ~is_credit),
            queue.i.payload.eq(self.i.payload),
            self.opened_set.eq(self.i.valid & self.i.ready & is_credit),
            self.opened_slot.eq(self.i.payload.payload),
        ]
        wiring.connect(m, queue.o, wiring.flipped(self.o))
        return m
