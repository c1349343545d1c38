"""F3 of the fire engine: the fire operations side by side."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Mux, Signal, signed
from amaranth.lib import data, wiring
from shiftfire_spec.fire import FIRE_RANGE, FireOp, Reset

from ..noc.config_write import ConfigWrite
from .argmax import Largest
from .bspn import POWER
from .count import Count
from .fire_parts import FireParts
from .lif import Lif
from .multispike import MultiSpike
from .refractory import Refractory
from .requant import Requant
from .shift_units import ShiftUnits, requant_bits


def operate(fire: FireParts, operands: Any, config: ConfigWrite) -> Any:
    """F3: the fire operations side by side; returns what the configured one says, as F4 has it."""
    chip = fire.chip
    core = fire.core
    control, f3 = core.fire_control, fire.walker.stages[2]
    goes_on = Signal()
    fire.m.d.comb += goes_on.eq(f3.valid & f3.ends & fire.walker.moves)
    fire.m.submodules.largest = largest = Largest(
        accumulator_bits=chip.accumulator_bits, lanes=chip.fire_lanes, index_bits=chip.channel_bits
    )
    fire.m.d.comb += [largest.a.eq(operands.a), largest.valid.eq(operands.valid), largest.base.eq(f3.at.channel)]
    units = _units(fire, operands, goes_on, config) if chip.shift_units else None
    value_shape = signed(FIRE_RANGE.field("span").bits + 1)
    outcome: Any = Signal(
        data.StructLayout(
            {
                "value": data.ArrayLayout(value_shape, chip.fire_lanes),
                "power": data.ArrayLayout(POWER, chip.fire_lanes),
                "emits_power": 1,
                "valid": chip.fire_lanes,
                "largest": largest.o.shape(),
                **({"whole": data.ArrayLayout(signed(chip.accumulator_bits), chip.fire_lanes)} if chip.wide_values else {}),
            }
        ),
        name="outcome",
    )
    with fire.m.If(fire.walker.moves):
        fire.m.d.sync += [outcome.valid.eq(operands.valid), outcome.largest.eq(largest.o)]
        if units is not None:
            fire.m.d.sync += [outcome.power.eq(units.power), outcome.emits_power.eq(units.emits_power)]
    is_sum = control.op[: chip.op_bits] == FireOp.SUM  # sent as they are
    for lane in range(chip.fire_lanes):
        fire.m.submodules[f"lif{lane}"] = lif = Lif(accumulator_bits=chip.accumulator_bits, membrane_bits=chip.membrane_bits)
        fire.m.submodules[f"count{lane}"] = count = Count(accumulator_bits=chip.accumulator_bits)
        fire.m.d.comb += [
            lif.decayed.eq(operands.decayed[lane]),
            lif.a.eq(operands.a[lane]),
            lif.theta.eq(operands.theta[lane]),
            lif.strict.eq(control.strict),
            lif.reset.eq(control.reset),
            lif.v_min.eq(core.fire_v_min.value),
            lif.v_max.eq(core.fire_v_max.value),
            fire.v_next[lane].eq(lif.v_next),
            count.a.eq(operands.a[lane]),
            count.theta.eq(operands.theta[lane]),
            count.first.eq(f3.count_first),
            count.advance.eq(f3.valid & ~f3.ends & fire.walker.moves),
            count.idle.eq(control.count_steps == 0),
            count.bit.eq(f3.count_bit),
            count.lo.eq(core.fire_range.lo),
            count.span.eq(core.fire_range.span),
        ]
        if chip.resets:
            fire.m.d.comb += lif.v_reset.eq(core.fire_v_reset.value)
            with fire.m.If(control.delayed_reset):
                fire.m.d.comb += lif.reset.eq(Reset.NONE)
        if chip.currents:
            _drive(fire, lane, operands, lif)
        spike = _refractory(fire, lane, operands, lif) if chip.refractory else lif.spike
        if chip.wide_values:
            with fire.m.If(fire.walker.moves):
                fire.m.d.sync += outcome.whole[lane].eq(Mux(is_sum, operands.a[lane], lif.u))
        spikes = _spikes(fire, lane, operands, lif.u) if chip.multispike else None
        requant = _requant(fire, lane, operands.a[lane]) if chip.requant else None
        value = Signal(value_shape, name=f"value{lane}")
        with fire.m.Switch(control.op[: chip.op_bits]):
            with fire.m.Case(*(op for op in (FireOp.LIF, FireOp.CUBALIF) if chip.has_op(op))):
                fire.m.d.comb += value.eq(spike)
            with fire.m.Case(FireOp.COUNT):
                fire.m.d.comb += value.eq(count.n)
                if units is not None:
                    with fire.m.If(control.levels):
                        fire.m.d.comb += value.eq(units.value[lane])
            if spikes is not None:
                with fire.m.Case(FireOp.MULTISPIKE):
                    fire.m.d.comb += [value.eq(spikes.n), fire.v_next[lane].eq(spikes.v_next)]
            if requant is not None:
                with fire.m.Case(FireOp.REQUANT):
                    fire.m.d.comb += value.eq(requant.y)
            if units is not None:
                with fire.m.Case(FireOp.PTSOFTMAX, FireOp.BSPN, FireOp.SHIFTLIF, FireOp.TABLE):
                    fire.m.d.comb += value.eq(units.value[lane])
        with fire.m.If(fire.walker.moves):
            fire.m.d.sync += outcome.value[lane].eq(value)
        if units is not None and requant is not None:
            fire.m.d.comb += [
                units.u[lane].eq(lif.u),
                units.count[lane].eq(count.index),
                units.requant[lane].eq(requant.y),
                requant.a.eq(units.requant_a[lane]),
            ]
            with fire.m.If(control.op == FireOp.SHIFTLIF):
                fire.m.d.comb += fire.v_next[lane].eq(units.v_next[lane])
    return outcome


def _drive(fire: FireParts, lane: int, operands: Any, lif: Lif) -> None:
    """The current of a lane, before its membrane: the integrator takes it in the step's first cycle, and drives the membrane with it in the second."""
    core, f3 = fire.core, fire.walker.stages[2]
    new = Signal(signed(fire.chip.membrane_bits), name=f"current{lane}")
    fire.m.d.comb += fire.i_next[lane].eq(new)
    with fire.m.If(f3.count_first & fire.walker.moves):
        fire.m.d.sync += new.eq(lif.u)
    with fire.m.If(fire.has_current):
        with fire.m.If(f3.count_first):
            fire.m.d.comb += [lif.v_min.eq(core.fire_i_min.value), lif.v_max.eq(core.fire_i_max.value)]
        with fire.m.Else():
            fire.m.d.comb += lif.a.eq(Mux(core.fire_control.old_current, operands.i[lane], new))


def _refractory(fire: FireParts, lane: int, operands: Any, lif: Lif) -> Signal:
    """The refractory period of a lane: a silent neuron keeps the membrane that F2 held, nothing is added; returns whether it fires."""
    fire.m.submodules[f"refractory{lane}"] = unit = Refractory()
    fire.m.d.comb += [
        unit.left.eq(operands.left[lane]),
        unit.passes.eq(lif.spike),
        unit.steps.eq(fire.core.fire_control.refractory),
        fire.left_next[lane].eq(unit.following),
    ]
    current_first = fire.has_current & fire.walker.stages[2].count_first
    with fire.m.If(unit.silent & ~current_first):
        fire.m.d.comb += [lif.a.eq(0), fire.v_next[lane].eq(lif.u)]
    return unit.fires


def _spikes(fire: FireParts, lane: int, operands: Any, u: Any) -> MultiSpike:
    """The multi-spike unit of a lane, connected; ``u`` is its membrane before the spikes."""
    core, f3 = fire.core, fire.walker.stages[2]
    fire.m.submodules[f"spikes{lane}"] = spikes = MultiSpike(
        accumulator_bits=fire.chip.accumulator_bits, membrane_bits=fire.chip.membrane_bits
    )
    fire.m.d.comb += [
        spikes.u.eq(u),
        spikes.theta.eq(operands.theta[lane]),
        spikes.first.eq(f3.count_first),
        spikes.advance.eq(f3.valid & ~f3.ends & fire.walker.moves),
        spikes.bit.eq(f3.count_bit),
        spikes.span.eq(core.fire_range.span),
        spikes.floor_at_theta.eq(core.fire_control.floor_at_theta),
    ]
    return spikes


def _requant(fire: FireParts, lane: int, a: Any) -> Requant:
    """The requantiser of a lane, connected; the shift units may give it something else than ``a``."""
    core = fire.core
    fire.m.submodules[f"requant{lane}"] = requant = Requant(accumulator_bits=requant_bits(fire.chip))
    fire.m.d.comb += [
        requant.a.eq(a),
        requant.shift.eq(core.fire_control.shift),
        requant.rounding.eq(core.fire_control.rounding),
        requant.lo.eq(core.fire_range.lo),
        requant.span.eq(core.fire_range.span),
    ]
    return requant


def _units(fire: FireParts, operands: Any, goes_on: Signal, config: ConfigWrite) -> ShiftUnits:
    """The shift units, connected but for what goes by lane."""
    fire.m.submodules.units = units = ShiftUnits(chip=fire.chip)
    at = fire.walker.stages[2].at
    wiring.connect(fire.m, wiring.flipped(config), units.config)
    fire.m.d.comb += [
        units.core.eq(fire.core),
        units.a.eq(operands.a),
        units.theta.eq(operands.theta),
        units.valid.eq(operands.valid),
        units.phase.eq(at.phase),
        units.final.eq(at.final),
        units.first_of_pass.eq(at.first_of_pass),
        units.advance.eq(goes_on),
    ]
    return units
