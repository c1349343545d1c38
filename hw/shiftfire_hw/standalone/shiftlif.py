"""SHIFTLIF on its own: a layer of neurons with their membranes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.fire import FIRE_LEAK
from shiftfire_spec.shift_units import SHIFTLIF_MAX_LEVEL, check_unit

from ..core.shiftlif import ShiftLif
from ..layouts import struct
from ..noc.queue import Queue

QUEUE_DEPTH = 3  # a result may be in the making while one waits and one leaves


class ShiftLifUnit(wiring.Component):
    """A layer of up to ``neurons`` neurons, ``lanes`` per beat; a row of beats is one time step (`core.shiftlif.ShiftLif`; values: ``golden/shiftlif.py``).

    Parameters
    ----------
    accumulator_bits: 8..32, width of an input. membrane_bits: 4..32. lanes: a power of two up to 64. neurons: most neurons of a row.

    Members
    -------
    i: In(stream): ``a`` (lanes signed inputs, bias included), ``mask`` (lanes that exist), ``start`` (this time step starts from ``v_init``), ``first`` and
        ``last`` beat of the row. Lanes outside the mask keep their membranes and do not spike.
    o: Out(stream): ``spike`` (lanes), ``exponent`` (lanes; the spike is worth ``2**(exponent - levels)``); ``first``, ``last`` as they came in.
    theta_log2, levels, rounding, leak, v_min, v_max, v_init: In: as in `core.shiftlif.ShiftLif`, for the layer; change them only while no row is inside.

    One beat per cycle; the result of a beat taken in cycle t is offered from t + 2 on. ``i.ready`` and ``o.valid`` depend on registers only. Reset: empty;
    membranes are undefined before the first ``start``.
    """

    i: stream.Interface
    o: stream.Interface
    theta_log2: Signal
    levels: Signal
    rounding: Signal
    leak: data.View
    v_min: Signal
    v_max: Signal
    v_init: Signal

    def __init__(self, *, accumulator_bits: int = 20, membrane_bits: int = 16, lanes: int = 4, neurons: int = 64) -> None:
        check_unit("shiftlif unit", accumulator_bits=accumulator_bits, membrane_bits=membrane_bits, lanes=lanes, neurons=neurons)
        self.accumulator_bits, self.membrane_bits, self.lanes = accumulator_bits, membrane_bits, lanes
        self.beats = -(-neurons // lanes)
        flags = {"first": 1, "last": 1}
        self.beat = data.StructLayout({"a": data.ArrayLayout(signed(accumulator_bits), lanes), "mask": lanes, "start": 1, **flags})
        self.result = data.StructLayout(
            {"exponent": data.ArrayLayout(range(SHIFTLIF_MAX_LEVEL + 1), lanes), "spike": lanes, **flags}
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.beat)),
                "o": Out(stream.Signature(self.result)),
                "theta_log2": In(5),
                "levels": In(range(SHIFTLIF_MAX_LEVEL + 1)),
                "rounding": In(2),
                "leak": In(struct(FIRE_LEAK)),
                "v_min": In(signed(membrane_bits)),
                "v_max": In(signed(membrane_bits)),
                "v_init": In(signed(membrane_bits)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.queue = queue = Queue(shape=self.result, depth=QUEUE_DEPTH)
        membranes = data.ArrayLayout(signed(self.membrane_bits), self.lanes)
        m.submodules.membranes = memory = Memory(shape=membranes, depth=self.beats, init=[])
        write = memory.write_port()
        read = memory.read_port(transparent_for=[write])
        position, address, held_address = (
            Signal(range(self.beats + 1), name=name) for name in ("position", "address", "held_address")
        )
        held: Any = Signal(self.beat)
        busy, taken = Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(queue.level + busy < QUEUE_DEPTH),
            taken.eq(self.i.valid & self.i.ready),
            address.eq(Mux(self.i.payload.first, 0, position)),
            read.addr.eq(address),
            write.en.eq(busy),
            write.addr.eq(held_address),
            queue.i.valid.eq(busy),
            queue.i.payload.first.eq(held.first),
            queue.i.payload.last.eq(held.last),
            self.o.valid.eq(queue.o.valid),
            self.o.payload.eq(queue.o.payload),
            queue.o.ready.eq(self.o.ready),
        ]
        m.d.sync += busy.eq(taken)
        with m.If(taken):
            m.d.sync += [held.eq(self.i.payload), held_address.eq(address), position.eq(address + 1)]
        for lane in range(self.lanes):
            m.submodules[f"neuron{lane}"] = neuron = ShiftLif(
                accumulator_bits=self.accumulator_bits, membrane_bits=self.membrane_bits
            )
            m.d.comb += [getattr(neuron, name).eq(getattr(self, name)) for name in ("theta_log2", "levels", "rounding", "leak")]
            m.d.comb += [
                neuron.v.eq(Mux(held.start, self.v_init, read.data[lane])),
                neuron.a.eq(held.a[lane]),
                neuron.v_min.eq(self.v_min),
                neuron.v_max.eq(self.v_max),
                write.data[lane].eq(Mux(held.mask[lane], neuron.v_next, neuron.v)),
                queue.i.payload.spike[lane].eq(neuron.spike & held.mask[lane]),
                queue.i.payload.exponent[lane].eq(Mux(held.mask[lane], neuron.exponent, 0)),
            ]
        return m
