"""Zero-skipping encoder."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import AXON_BITS, PAYLOAD_BITS

EVENT = data.StructLayout({"end": 1, "axon": AXON_BITS, "payload": PAYLOAD_BITS})


def step_layout(chip: ChipConfig) -> data.StructLayout:
    """Outcome of one fire step: which lanes emit, their payloads, the axon of lane 0, and whether the vector ends.

    On chips with wide values ``wide`` says that each lane sends a packet per bit of its ``digits``, subtracted where ``negative``, instead of its payload.
    """
    digits = data.ArrayLayout(chip.accumulator_bits, chip.fire_lanes)
    return data.StructLayout(
        {
            "mask": chip.fire_lanes,
            "payload": data.ArrayLayout(PAYLOAD_BITS, chip.fire_lanes),
            "axon": AXON_BITS,
            "last": 1,
            **({"wide": 1, "digits": digits, "negative": digits} if chip.wide_values else {}),
        }
    )


class Encoder(wiring.Component):
    """Emits the masked lanes of a step one per cycle, lowest lane first, then END if the step is the vector's last.

    A lane of a wide value takes a cycle per digit, lowest first.

    Parameters
    ----------
    chip: ChipConfig
        ``fire_lanes``, ``axon_bits``, ``accumulator_bits`` and ``wide_values`` are used.

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
        payload, more = self._payload(m, held, lane, leaves) if self.chip.wide_values else (held.payload[lane], Const(0))
        for index in reversed(range(lanes)):
            with m.If(held.mask[index]):
                m.d.comb += lane.eq(index)
        m.d.comb += [
            rest.eq(held.mask & (held.mask - 1)),
            self.o.valid.eq(held.mask.any() | held.last),
            self.o.payload.end.eq(~held.mask.any()),
            self.o.payload.axon.eq(Mux(held.mask.any(), (held.axon + lane)[: self.chip.axon_bits], 0)),
            self.o.payload.payload.eq(Mux(held.mask.any(), payload, 0)),
            leaves.eq(self.o.valid & self.o.ready),
            single.eq(Mux(held.mask.any(), (rest == 0) & ~held.last & ~more, 1)),
            self.i.ready.eq(~self.o.valid | (leaves & single)),
        ]
        with m.If(leaves):
            with m.If(~more):
                m.d.sync += held.mask.eq(rest)
            with m.If(~held.mask.any()):
                m.d.sync += held.last.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += held.eq(self.i.payload)
        return m

    def _payload(self, m: Module, held: Any, lane: Signal, leaves: Signal) -> tuple[Value, Value]:
        """Payload of the event of ``lane``, and whether that lane has more; its digit is taken off as the event ``leaves``."""
        bits = self.chip.accumulator_bits
        digits, rest, lowest = (Signal(bits, name=name) for name in ("digits", "digits_left", "lowest"))
        negative, more = Signal(bits, name="negative"), Signal(name="more")
        wide: Any = Signal(data.StructLayout({"exponent": PAYLOAD_BITS - 1, "negative": 1}), name="digit")
        weight = range(bits.bit_length())
        m.d.comb += [
            lowest.eq(digits ^ rest),
            wide.exponent.eq(Cat(Cat(lowest[k] for k in range(bits) if k >> n & 1).any() for n in weight)),
            wide.negative.eq((lowest & negative).any()),
        ]
        for index in range(self.chip.fire_lanes):  # indexed by `lane`, digits of any width would need a product
            own = held.digits[index]
            left = Signal(bits, name=f"left{index}")  # chosen late: whether more follows decides if the fire engine goes on
            m.d.comb += left.eq(own & (own - 1))
            with m.If(lane == index):
                m.d.comb += [digits.eq(own), rest.eq(left), more.eq(left.any()), negative.eq(held.negative[index])]
                with m.If(leaves):
                    m.d.sync += own.eq(left)
        return Mux(held.wide, wide.as_value(), held.payload[lane]), held.wide & held.mask.any() & more
