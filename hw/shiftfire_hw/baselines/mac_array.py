"""Multiply-accumulate array: what the lane array is compared with."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.packet import PAYLOAD_BITS


class MacArray(wiring.Component):
    """``o[lane] = i[lane] + weight[lane] * activation`` where ``enable[lane]``, else ``i[lane]``; combinational. Sums wrap.

    Parameters
    ----------
    lanes: products per cycle. accumulator_bits: width of a sum. weight_bits: width of a weight, two's complement.

    Members
    -------
    weight: In: a weight for every lane. activation: In, two's complement, as many bits as a packet's payload: one for all lanes.
    enable: In: lanes that take part. i, o: sums in and out; the accumulators are outside, as they are for `core.lane.Lane`.

    One activation per cycle, whatever its value. Source: the textbook multiply-accumulate; written for this comparison.
    """

    weight: data.View
    activation: Signal
    enable: Signal
    i: data.View
    o: data.View

    def __init__(self, *, lanes: int, accumulator_bits: int, weight_bits: int) -> None:
        self.lanes, self.accumulator_bits = lanes, accumulator_bits
        sums = data.ArrayLayout(signed(accumulator_bits), lanes)
        super().__init__(
            {
                "weight": In(data.ArrayLayout(signed(weight_bits), lanes)),
                "activation": In(signed(PAYLOAD_BITS)),
                "enable": In(lanes),
                "i": In(sums),
                "o": Out(sums),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for lane in range(self.lanes):
            product = Mux(self.enable[lane], self.weight[lane] * self.activation, 0)
            m.d.comb += self.o[lane].eq(self.i[lane] + product)
        return m
