"""Egress: sends vectors when their destinations have opened, and credits at once."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import Kind
from shiftfire_spec.stream import GROUP_CREDIT, PORT_CONTROL, PORT_SLOTS

from ..layouts import flit_stream, struct
from .counters import COUNTER_BUMPS
from .credit import CreditRequest, SlotOpening, credit_request, slot_opening
from .encoder import EVENT


class Egress(wiring.Component):
    """Sends vectors when their destinations have opened, and credits at once.

    Parameters
    ----------
    chip: ChipConfig
        ``slots`` and ``tag_bits`` are used.

    Members
    -------
    i: In(stream(EVENT))
        From the egress queue. Sending starts the cycle after it is valid and all slots of ``slots.mask`` have opened (which closes them), and ends with
        END; then one event per cycle.
    o: Out(flit_stream())
        To the router.
    port: In(PORT_CONTROL), slots: In(PORT_SLOTS)
        Of the core's output.
    group_credit: In(GROUP_CREDIT)
        Of the present stream group: the CREDIT to send.
    credit: In(credit_request())
        Goes before an event, in any cycle in which ``o`` is ready.
    slot: In(slot_opening())
        A slot opens.
    bumps: Out(COUNTER_BUMPS)
        Counter increments of this cycle.
    """

    i: stream.Interface
    o: stream.Interface
    port: data.View
    slots: data.View
    group_credit: data.View
    credit: CreditRequest
    slot: SlotOpening
    bumps: data.View

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "i": In(stream.Signature(EVENT)),
                "o": Out(flit_stream()),
                "port": In(struct(PORT_CONTROL)),
                "slots": In(struct(PORT_SLOTS)),
                "group_credit": In(struct(GROUP_CREDIT)),
                "credit": In(credit_request()),
                "slot": In(slot_opening()),
                "bumps": Out(COUNTER_BUMPS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        sending = Signal()
        opened = Signal(self.chip.slots)
        mask = self.slots.mask[: self.chip.slots]
        begin, send, ready = Signal(), Signal(), Signal()
        flit = self.o.payload
        m.d.comb += [
            ready.eq((opened & mask) == mask),
            begin.eq(~sending & self.i.valid & ready),
            send.eq(sending & self.i.valid & ~self.credit.request),
            self.o.valid.eq(self.credit.request | send),
            self.credit.ready.eq(self.o.ready),
            self.i.ready.eq(send & self.o.ready),
            flit.tag.eq(self.port.tag[: self.chip.tag_bits]),
            flit.kind.eq(Mux(self.i.payload.end, Kind.END, Kind.SPIKE)),
            flit.axon.eq(self.i.payload.axon),
            flit.payload.eq(self.i.payload.payload),
        ]
        with m.If(self.credit.request):
            m.d.comb += [
                flit.kind.eq(Kind.CREDIT),
                flit.tag.eq(self.group_credit.tag[: self.chip.tag_bits]),
                flit.axon.eq(0),
                flit.payload.eq(self.group_credit.slot[: self.chip.slot_bits]),
            ]
        m.d.sync += opened.eq((opened & ~Mux(begin, mask, 0)) | Mux(self.slot.opened, (1 << self.slot.slot)[: self.chip.slots], 0))
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
