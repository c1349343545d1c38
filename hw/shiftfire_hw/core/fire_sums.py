"""F1 and F2 of the fire engine: the words of a step, their sum with the bias, and the leak."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Mux, Signal, Value, signed, unsigned
from amaranth.lib import data

from ..membrane_trace import refractory_shape
from .bank_ports import FireBankPort
from .delayed_reset import DelayedReset
from .fire_parts import FireParts
from .leaky_integrator import Leak, decayed_shape


def sums_and_leak(fire: FireParts, bank: FireBankPort, parameters: Any, leaks: Any, v: Any, i: Any, left: Any) -> Any:
    """F1 and F2, of the accumulators' words, the parameters', the leaks' (None without leaks of channels) and the states' (``i``: None without currents, ``left`` without refractory periods).

    Returns what the step in F3 works on: sums, thresholds, membranes after the leak, which lanes are channels.
    """
    chip, core = fire.chip, fire.core
    lanes = chip.fire_lanes
    sums = data.ArrayLayout(signed(chip.accumulator_bits), lanes)
    membranes = data.ArrayLayout(signed(chip.membrane_bits), lanes)
    words: Any = data.View(data.ArrayLayout(sums, chip.steps_per_group), bank.read_data.as_value())
    part: Any = Signal(sums, name="part")
    with fire.m.Switch(fire.walker.stages[0].at.sub):  # an index into the array would multiply it by the width of an element
        for sub in range(chip.steps_per_group):
            with fire.m.Case(sub):
                fire.m.d.comb += part.eq(words[sub])
    current = {} if i is None else {"i": membranes}
    periods = {} if left is None else {"left": refractory_shape(chip)}
    own = {} if leaks is None else {"leaks": data.ArrayLayout(unsigned(chip.leak_bits), lanes)}
    taken: Any = Signal(
        data.StructLayout({"part": sums, "parameters": parameters.shape(), "v": membranes, **own, **current, **periods}),
        name="taken",
    )
    operands: Any = Signal(
        data.StructLayout(
            {
                "a": sums,
                "theta": sums,
                "decayed": data.ArrayLayout(decayed_shape(chip.membrane_bits), lanes),
                "valid": lanes,
                **current,
                **periods,
            }
        ),
        name="operands",
    )
    channel_bits = (chip.accumulator_groups * chip.lanes).bit_length()
    with fire.m.If(fire.walker.moves):
        fire.m.d.sync += [taken.part.eq(part), taken.parameters.eq(parameters), taken.v.eq(v)]
        if i is not None:
            fire.m.d.sync += [taken.i.eq(i), operands.i.eq(taken.i)]
        if leaks is not None:
            fire.m.d.sync += [taken.leaks[lane].eq(word) for lane, word in enumerate(_leak_words(fire, leaks))]
        if left is not None:
            fire.m.d.sync += [
                *(taken.left[lane].eq(Mux(fire.has_refractory, left[lane], 0)) for lane in range(lanes)),
                operands.left.eq(taken.left),
            ]
    current_first = fire.has_current & fire.walker.stages[1].count_first  # the leak is the current's, then the membrane's
    for lane in range(lanes):
        fire.m.submodules[f"leak{lane}"] = leak = Leak(membrane_bits=chip.membrane_bits, terms=chip.leak_terms)
        fire.m.d.comb += [leak.v.eq(taken.v[lane]), leak.leak.eq(core.fire_leak)]
        if i is not None:
            with fire.m.If(current_first):
                fire.m.d.comb += [leak.v.eq(taken.i[lane]), leak.leak.eq(core.fire_current_leak)]
        if leaks is not None:
            with fire.m.If(core.fire_control.neuron_leaks):
                fire.m.d.comb += leak.leak.as_value().eq(taken.leaks[lane])
        decayed = leak.decayed
        if chip.resets:
            enable = core.fire_control.delayed_reset & ~current_first
            decayed = _delayed_reset(fire, lane, taken, enable, leak.decayed)
        if left is not None:  # a silent neuron holds its membrane
            decayed = Mux(taken.left[lane].any() & ~current_first, taken.v[lane], decayed)
        with fire.m.If(fire.walker.moves):
            fire.m.d.sync += [
                operands.a[lane].eq(taken.part[lane] + taken.parameters[2 * lane]),
                operands.theta[lane].eq(taken.parameters[2 * lane + 1]),
                operands.decayed[lane].eq(decayed),
                operands.valid[lane].eq(fire.walker.stages[1].at.channel + lane < core.fire_channels.channels[:channel_bits]),
            ]
    return operands


def _leak_words(fire: FireParts, leaks: Any) -> list[Any]:
    """The leak of each lane in F1 for what F2 does with it: the current's in the first cycle of a step with one, else the membrane's."""
    if not fire.chip.currents:
        return [leaks[lane] for lane in range(fire.chip.fire_lanes)]
    current_first = fire.has_current & fire.walker.stages[0].count_first
    return [Mux(current_first, leaks[2 * lane + 1], leaks[2 * lane]) for lane in range(fire.chip.fire_lanes)]


def _delayed_reset(fire: FireParts, lane: int, taken: Any, enable: Value, decayed: Value) -> Value:
    """The membrane of a lane in F2, after its leak, less what it owes."""
    chip = fire.chip
    fire.m.submodules[f"delayed{lane}"] = unit = DelayedReset(
        accumulator_bits=chip.accumulator_bits, membrane_bits=chip.membrane_bits
    )
    fire.m.d.comb += [
        unit.v.eq(taken.v[lane]),
        unit.theta.eq(taken.parameters[2 * lane + 1]),
        unit.strict.eq(fire.core.fire_control.strict),
        unit.enable.eq(enable),
        unit.decayed.eq(decayed),
    ]
    return unit.o
