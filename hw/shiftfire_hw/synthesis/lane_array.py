"""The core's lanes alone."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.weights import SLICES

from ..core.lane import Lane

_SHARED = ("weight_format", "magnitude", "negative", "shift")


class LaneArray(wiring.Component):
    """``lanes`` lanes (`core.lane.Lane`) on one event, wired as the integrate engine wires them; combinational.

    Parameters
    ----------
    lanes: additions per cycle. accumulator_bits: width of a sum.

    Members
    -------
    weight: In: a weight for every lane. enable: In: lanes that take part. weight_format, magnitude, negative, shift: In: of the event, for all lanes.
    i, o: sums in and out; accumulators and weight memory are outside.
    """

    weight: data.View
    enable: Signal
    weight_format: Signal
    magnitude: Signal
    negative: Signal
    shift: Signal
    i: data.View
    o: data.View

    def __init__(self, *, lanes: int, accumulator_bits: int) -> None:
        self.lanes = [Lane(accumulator_bits=accumulator_bits) for _ in range(lanes)]
        members = self.lanes[0].signature.members
        sums = data.ArrayLayout(signed(accumulator_bits), lanes)
        super().__init__(
            {
                "weight": In(data.ArrayLayout(signed(SLICES), lanes)),
                "enable": In(lanes),
                **{name: In(members[name].shape) for name in _SHARED},
                "i": In(sums),
                "o": Out(sums),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for index, lane in enumerate(self.lanes):
            m.submodules[f"lane{index}"] = lane
            m.d.comb += [getattr(lane, name).eq(getattr(self, name)) for name in _SHARED]
            m.d.comb += [lane.weight.eq(self.weight[index]), lane.enable.eq(self.enable[index])]
            m.d.comb += [lane.i.eq(self.i[index]), self.o[index].eq(lane.o)]
        return m
