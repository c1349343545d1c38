"""F4 of the fire engine: payloads, and which lanes have one."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Mux, Signal
from shiftfire_spec.fire import FireOp
from shiftfire_spec.packet import PAYLOAD_BITS, PayloadKind

from .argmax import Argmax
from .digits import Digits
from .fire_parts import FireParts


def emit(fire: FireParts, outcome: Any, step: Any) -> None:
    """F4: payloads, and which lanes have one; ARGMAX's running maximum."""
    core = fire.core
    control, dead_zone, at = core.fire_control, core.fire_range.dead_zone, fire.walker.stages[3].at
    fire.m.submodules.argmax = argmax = Argmax(accumulator_bits=fire.chip.accumulator_bits, index_bits=fire.chip.channel_bits)
    fire.m.d.comb += [
        argmax.i.eq(outcome.largest),
        argmax.first.eq(at.first_step),
        argmax.advance.eq(fire.walker.leave),
        step.axon.eq(at.axon),
        step.last.eq(at.last),
    ]
    for lane in range(fire.chip.fire_lanes):
        value = outcome.value[lane]
        payload, fires = Signal(PAYLOAD_BITS, name=f"payload{lane}"), Signal(name=f"fires{lane}")
        magnitude = Signal(len(value), name=f"magnitude{lane}")
        fire.m.d.comb += [magnitude.eq(Mux(value < 0, -value, value)), payload.eq(value), fires.eq(magnitude > dead_zone)]
        with fire.m.If((control.payload_kind == PayloadKind.SIGNED) & (value < 0)):
            fire.m.d.comb += [payload.eq(magnitude), payload[-1].eq(1)]
        with fire.m.If(outcome.emits_power):
            power = outcome.power[lane]
            fire.m.d.comb += [payload.eq(power.exponent), payload[-1].eq(power.negative), fires.eq(power.nonzero)]
        if fire.chip.wide_values:
            fire.m.submodules[f"digits{lane}"] = digits = Digits(bits=fire.chip.accumulator_bits)
            fire.m.d.comb += [
                digits.i.eq(outcome.whole[lane]),
                step.digits[lane].eq(digits.digits),
                step.negative[lane].eq(digits.negative),
            ]
            with fire.m.If(fire.is_wide):
                fire.m.d.comb += fires.eq(outcome.whole[lane] != 0)
        fire.m.d.comb += [
            step.mask[lane].eq(outcome.valid[lane] & fires),
            step.payload[lane].eq(payload),
        ]
    if fire.chip.wide_values:
        fire.m.d.comb += step.wide.eq(fire.is_wide)
    with fire.m.If(control.op[: fire.chip.op_bits] == FireOp.ARGMAX):
        fire.m.d.comb += [
            step.mask.eq(at.last),
            step.axon.eq((core.port_control.axon_base + argmax.index)[: fire.chip.axon_bits]),
            step.payload[0].eq(1),
        ]
