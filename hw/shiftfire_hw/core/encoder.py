"""Zero-skipping encoder."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import AXON_BITS, PAYLOAD_BITS

EVENT = data.StructLayout({"end": 1, "axon": AXON_BITS, "payload": PAYLOAD_BITS})


def step_layout(chip: ChipConfig) -> data.StructLayout:
    """Outcome of one fire step: which lanes emit, their payloads, the axon of lane 0, and whether the vector ends."""
    return data.StructLayout(
        {"mask": chip.fire_lanes, "payload": data.ArrayLayout(PAYLOAD_BITS, chip.fire_lanes), "axon": AXON_BITS, "last": 1}
    )


class Encoder(wiring.Component):
    """Emits the masked lanes of a step one per cycle, lowest lane first, then END if the step is the vector's last.

    Parameters
    ----------
    chip: ChipConfig
        ``fire_lanes`` and ``axon_bits`` are used.

    Members
    -------
    i: In(stream(step_layout(chip)))
        Steps. ``ready``: nothing is held, or the one thing held leaves in this cycle. Steps without events take one cycle and emit nothing.
    o: Out(stream(EVENT))
        Events; the first of a step in the cycle after it was taken.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__({"i": In(stream.Signature(step_layout(chip))), "o": Out(stream.Signature(EVENT))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes = self.chip.fire_lanes
        held: Any = Signal(step_layout(self.chip), name="held")
        rest = Signal(lanes)
        lane = Signal(range(max(2, lanes)))
        leaves, single = Signal(), Signal()
        for index in reversed(range(lanes)):
            with m.If(held.mask[index]):
                m.d.comb += lane.eq(index)
        m.d.comb += [
            rest.eq(held.mask & (held.mask - 1)),
            self.o.valid.eq(held.mask.any() | held.last),
            self.o.payload.end.eq(~held.mask.any()),
            self.o.payload.axon.eq(Mux(held.mask.any(), (held.axon + lane)[: self.chip.axon_bits], 0)),
            self.o.payload.payload.eq(Mux(held.mask.any(), held.payload[lane], 0)),
            leaves.eq(self.o.valid & self.o.ready),
            single.eq(Mux(held.mask.any(), (rest == 0) & ~held.last, 1)),
            self.i.ready.eq(~self.o.valid | (leaves & single)),
        ]
        with m.If(leaves):
            m.d.sync += held.mask.eq(rest)
            with m.If(~held.mask.any()):
                m.d.sync += held.last.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += held.eq(self.i.payload)
        return m
