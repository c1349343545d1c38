"""BSPN: normalisation by powers of two over groups of channels."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.packet import UNIT_EXPONENT_BITS
from shiftfire_spec.shift_units import BSPN_CODES, BSPN_GUARD_BITS, BSPN_SHIFT_BITS, GroupScale, check_unit

from . import thermometer
from .log_round import LogRound

POWER = data.StructLayout({"exponent": UNIT_EXPONENT_BITS, "negative": 1, "nonzero": 1})


def bspn_parameters(value_bits: int) -> data.StructLayout:
    """Parameters of one channel: signed left shift, sign of the weight, beta."""
    return data.StructLayout({"shift": signed(BSPN_SHIFT_BITS), "negative": 1, "beta": signed(value_bits)})


class Bspn(wiring.Component):
    """Step unit of BSPN, ``lanes`` channels per step; the values are those of ``golden/bspn.py``.

    Two passes over a group of ``group`` channels (a shorter group is divided by ``group`` all the same). *Sum* (``emit`` low): each step with ``advance``
    adds the magnitudes of its ``valid`` lanes; ``first`` starts a group. *Emit* (``emit`` high): the same steps again, any number of times and in any
    order; the outputs follow ``a``, ``valid`` and ``parameters`` combinationally, from the cycle after the last step of the sum on.

    ``scale``: GroupScale, stable during a row. ``guard``: fraction bits below exponent 0. ``y``: before the last rounding; ``power``: nearest signed power
    of two; ``index``: the power's entry in the table of codes (``network.neurons.bspn.Bspn.codes``). Lanes that are not valid give 0.
    ``parameters.shift`` at most ``value_bits - 2 - log2(group)``; with ``group_in_shift`` log2 of the group's size is part of it (at most ``value_bits - 2``),
    and ``group`` is the largest size.

    Parameters
    ----------
    accumulator_bits, lanes, value_bits: int
        Width of an entry, lanes of a step, width of y.
    group: int
        Channels of a group, or of the largest one.
    group_in_shift: bool
        Log2 of the group's size is part of every shift.

    Members
    -------
    a: In(array of lanes x signed(accumulator_bits)), valid: In(lanes)
        Entries of the step, and which lanes there are.
    first: In(1), emit: In(1), advance: In(1)
        The step starts a group; its pass; it leaves in this cycle.
    scale: In(1), guard: In(BSPN_GUARD_BITS)
        GroupScale, and fraction bits below exponent 0.
    parameters: In(array of lanes x bspn_parameters(value_bits))
        Shift, sign and beta of each lane.
    y: Out(array of lanes x signed(value_bits)), power: Out(array of lanes x POWER), index: Out(array of lanes x range(BSPN_CODES))
        Results, see above.
    """

    a: data.View
    valid: Signal
    first: Signal
    emit: Signal
    advance: Signal
    scale: Signal
    guard: Signal
    parameters: data.View
    y: data.View
    power: data.View
    index: data.View

    def __init__(
        self, *, accumulator_bits: int, lanes: int, group: int = 64, value_bits: int = 24, group_in_shift: bool = False
    ) -> None:
        check_unit("bspn", accumulator_bits=accumulator_bits, lanes=lanes, group=group, value_bits=value_bits)
        if lanes > group:
            raise ValueError(f"bspn: lanes = {lanes} exceeds group = {group}; a step must not span groups")
        self.accumulator_bits, self.lanes, self.group, self.value_bits = accumulator_bits, lanes, group, value_bits
        self.group_log2 = 0 if group_in_shift else group.bit_length() - 1
        super().__init__(
            {
                "a": In(data.ArrayLayout(signed(accumulator_bits), lanes)),
                "valid": In(lanes),
                "first": In(1),
                "emit": In(1),
                "advance": In(1),
                "scale": In(1),
                "guard": In(BSPN_GUARD_BITS),
                "parameters": In(data.ArrayLayout(bspn_parameters(value_bits), lanes)),
                "y": Out(data.ArrayLayout(signed(value_bits), lanes)),
                "power": Out(data.ArrayLayout(POWER, lanes)),
                "index": Out(data.ArrayLayout(range(BSPN_CODES), lanes)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        base, whole = self._sum(m)
        for lane in range(self.lanes):
            self._round(m, lane, self._scale(m, lane, base, whole))
        return m

    def _sum(self, m: Module) -> tuple[Signal, Signal]:
        """Sum S of magnitudes; returns registers: its bit length plus what every right shift has in common, and whether that is one more than ceil(log2 S)."""
        bits, top = self.accumulator_bits + self.group.bit_length() - 1, self.value_bits - 2
        total, so_far, reached = Signal(bits), Signal(bits), Signal(bits)
        addends: Any = Mux(self.first, 0, total)
        for lane in range(self.lanes):  # a negative entry's magnitude is its complement and one more
            negative, magnitude = Signal(name=f"minus{lane}"), Signal(self.accumulator_bits, name=f"magnitude{lane}")
            m.d.comb += [
                negative.eq(self.a[lane][-1] & self.valid[lane]),
                magnitude.eq(
                    (self.a[lane] ^ self.a[lane][-1].replicate(len(magnitude))) & self.valid[lane].replicate(len(magnitude))
                ),
            ]
            addends = addends + magnitude + negative
        base, whole = Signal(range(bits + top - self.group_log2 + 1)), Signal()
        m.d.comb += [so_far.eq(addends), reached.eq(thermometer.from_leading_one(so_far))]
        with m.If(self.advance & ~self.emit):
            m.d.sync += [
                total.eq(so_far),
                base.eq(thermometer.count(reached) + (top - self.group_log2)),
                whole.eq((self.scale == GroupScale.CEIL) & reached[0] & ~(so_far & (reached >> 1)).any()),
            ]
        return base, whole

    def _scale(self, m: Module, lane: int, base: Signal, whole: Signal) -> Signal:
        """y of one lane before it saturates: one right shift of the input moved to the top, sign, beta."""
        top = self.value_bits - 2
        parameters, valid = self.parameters[lane], self.valid[lane]
        right = Signal(range(top + (1 << (BSPN_SHIFT_BITS - 1)) + len(self.a[lane]) + self.group.bit_length()), name=f"right{lane}")
        shift, a = Signal(signed(len(right)), name=f"shift{lane}"), Signal(signed(self.accumulator_bits), name=f"entry{lane}")
        scaled = Signal(signed(self.value_bits), name=f"scaled{lane}")
        product, beta = Signal.like(scaled, name=f"product{lane}"), Signal.like(scaled, name=f"beta{lane}")
        y = Signal(signed(self.value_bits + 1), name=f"wide{lane}")
        m.d.comb += [
            a.eq(Mux(valid, self.a[lane], 0)),
            beta.eq(Mux(valid, parameters.beta, 0)),
            shift.eq(parameters.shift),
            right.eq((Cat(~whole, base) + Cat(~whole, ~shift))[1:]),  # base - shift - whole
            scaled.eq((a << top) >> right),
            product.eq(scaled ^ parameters.negative.replicate(len(scaled))),  # its sign's carry goes into the sum
            y.eq((Cat(parameters.negative, product).as_signed() + Cat(parameters.negative, beta).as_signed())[1:]),
        ]
        return y

    def _round(self, m: Module, lane: int, wide: Signal) -> None:
        """Saturation of y, and its nearest signed power of two in the log domain."""
        power, bits = self.power[lane], self.value_bits - 1
        negative, over, least = wide[-1], Signal(name=f"over{lane}"), Signal(name=f"least{lane}")
        m.submodules[f"log{lane}"] = log = LogRound(bits=bits)
        saturated = Mux(over, (~negative).replicate(bits), wide[:bits])
        m.d.comb += [
            over.eq(wide[-1] != wide[-2]),
            least.eq(negative & ~over & ~wide[:bits].any()),  # -2^bits, one below the limit
            self.y[lane].eq(Cat(saturated[0] | over | least, saturated[1:], negative)),
            log.i.eq((wide[:bits] ^ negative.replicate(bits)) | over.replicate(bits)),
            log.more.eq(negative),
            log.guard.eq(self.guard),
            power.exponent.eq(log.exponent),
            power.nonzero.eq(log.nonzero),
            power.negative.eq(negative & log.nonzero),
            self.index[lane].eq(Cat(power.exponent, power.negative, ~power.nonzero)),
        ]
