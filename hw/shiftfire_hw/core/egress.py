"""Egress: sends vectors when their destinations have opened, and credits at once."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import FLIT, SLOT_BITS, Kind
from shiftfire_spec.stream import GROUP_CREDIT, PORT_CONTROL, PORT_SLOTS

from ..layouts import struct
from .counters import COUNTER_BUMPS
from .encoder import EVENT


class Egress(wiring.Component):
    """From the egress queue (``i``) to the router (``o``).

    Sending starts the cycle after ``i`` is valid and all slots of ``slots.mask`` have opened (which clears them) and ends with END; then one event
    per cycle. A ``credit_request`` goes first, in any cycle in which ``o`` is ready (``credit_ready``). ``opened_set`` strobes as the slot
    ``opened_slot`` opens.
    """

    i: Any
    o: Any
    port: Any
    slots: Any
    credit: Any
    credit_request: Any
    credit_ready: Any
    opened_set: Any
    opened_slot: Any
    bumps: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "i": In(stream.Signature(EVENT)),
                "o": Out(stream.Signature(struct(FLIT))),
                "port": In(struct(PORT_CONTROL)),
                "slots": In(struct(PORT_SLOTS)),
                "credit": In(struct(GROUP_CREDIT)),
                "credit_request": In(1),
                "credit_ready": Out(1),
                "opened_set": In(1),
                "opened_slot": In(SLOT_BITS),
                "bumps": Out(COUNTER_BUMPS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        sending = Signal()
        opened = Signal(self.chip.slots)
        mask = self.slots.mask[: self.chip.slots]
        begin, send, ready = Signal(), Signal(), Signal()
        flit: Any = self.o.payload
        m.d.comb += [
            ready.eq((opened & mask) == mask),
            begin.eq(~sending & self.i.valid & ready),
            send.eq(sending & self.i.valid & ~self.credit_request),
            self.o.valid.eq(self.credit_request | send),
            self.credit_ready.eq(self.o.ready),
            self.i.ready.eq(send & self.o.ready),
            flit.tag.eq(self.port.tag[: self.chip.tag_bits]),
            flit.kind.eq(Mux(self.i.payload.end, Kind.END, Kind.SPIKE)),
            flit.axon.eq(self.i.payload.axon),
            flit.payload.eq(self.i.payload.payload),
        ]
        with m.If(self.credit_request):
            m.d.comb += [
                flit.kind.eq(Kind.CREDIT),
                flit.tag.eq(self.credit.tag[: self.chip.tag_bits]),
                flit.axon.eq(0),
                flit.payload.eq(self.credit.slot[: self.chip.slot_bits]),
            ]
        m.d.sync += opened.eq((opened & ~Mux(begin, mask, 0)) | Mux(self.opened_set, (1 << self.opened_slot)[: self.chip.slots], 0))
        with m.If(begin):
            m.d.sync += sending.eq(1)
        sent = self.i.valid & self.i.ready
        with m.If(sent & self.i.payload.end):
            m.d.sync += sending.eq(0)
        strobes = {
            Counter.EGRESS_WAIT_CREDIT: ~sending & self.i.valid & ~ready,
            Counter.EGRESS_STALL: sending & self.i.valid & ~self.i.ready,
            Counter.EVENTS_OUT: sent & ~self.i.payload.end,
            Counter.VECTORS_OUT: sent & self.i.payload.end,
        }
        m.d.comb += [self.bumps[counter.name].eq(strobe) for counter, strobe in strobes.items()]
        return m
