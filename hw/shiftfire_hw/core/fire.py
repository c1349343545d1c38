"""Fire engine: walks a finished bank and applies one fire operation to every neuron."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, ResetInserter, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.fire import FireOp
from shiftfire_spec.packet import PAYLOAD_BITS, PayloadKind

from .accumulators import bank_address, bank_word
from .argmax import Argmax
from .count import Count
from .counters import COUNTER_BUMPS
from .encoder import step_layout
from .fire_walker import FireWalker
from .lif import Lif
from .registers import CORE_STRUCT
from .requant import Requant
from .shift_units import ShiftUnits, requant_bits


class Fire(wiring.Component):
    """One FIRE: every step of the bank, ``fire_lanes`` neurons each (docs/architecture.md section 3, "Fire").

    ``start`` (with ``first``, ``hold``, ``bank``) strobes only while ``idle``. Steps leave to the encoder through ``step`` when
    ``step_valid & step_ready``: one per cycle, COUNT one per max(1, count_steps) cycles; those of the passes before the last leave after one
    cycle, without the encoder. Latency from start to the first step: 2 cycles, COUNT 1 + max(1, count_steps). ``core`` registers are stable
    during a run. ``parameter_write``, ``table_write``: ``word`` goes to ``offset``. ``bumps``: counter increments.
    """

    run: Any
    core: Any
    start: Any
    first: Any
    hold: Any
    bank: Any
    idle: Any
    fire_bank: Any
    acc_read: Any
    acc_read_address: Any
    acc_read_data: Any
    acc_clear: Any
    acc_clear_address: Any
    step: Any
    step_valid: Any
    step_ready: Any
    parameter_write: Any
    table_write: Any
    offset: Any
    word: Any
    bumps: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        address = bank_address(chip)
        super().__init__(
            {
                "run": In(1),
                "core": In(CORE_STRUCT),
                "start": In(1),
                "first": In(1),
                "hold": In(1),
                "bank": In(1),
                "idle": Out(1),
                "fire_bank": Out(1),
                "acc_read": Out(1),
                "acc_read_address": Out(address),
                "acc_read_data": In(bank_word(chip)),
                "acc_clear": Out(1),
                "acc_clear_address": Out(address),
                "step": Out(step_layout(chip)),
                "step_valid": Out(1),
                "step_ready": In(1),
                "parameter_write": In(1),
                "table_write": In(1),
                "offset": In(CONFIG_ADDRESS.field("offset").bits),
                "word": In(CONFIG_DATA_BITS),
                "bumps": Out(COUNTER_BUMPS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        chip = self.chip
        core: Any = self.core
        walker = FireWalker(chip=chip)
        m.submodules.walker = ResetInserter(~self.run)(walker)
        m.d.comb += [
            walker.core.eq(core),
            walker.start.eq(self.start),
            walker.first.eq(self.first),
            walker.hold.eq(self.hold),
            walker.bank.eq(self.bank),
            walker.step_ready.eq(self.step_ready),
            self.idle.eq(walker.idle),
            self.fire_bank.eq(walker.fire_bank),
            self.acc_read.eq(walker.acc_read),
            self.acc_read_address.eq(walker.acc_read_address),
            self.acc_clear.eq(walker.leave & walker.f1.final & walker.f1.first_sub & ~walker.held),
            self.acc_clear_address.eq(walker.f1.acc),
            self.step_valid.eq(walker.step_valid & walker.f1.final),
        ]
        parameters = self._parameters(m, walker)
        v = self._membranes(m, walker)
        a: Any = Signal(data.ArrayLayout(signed(chip.accumulator_bits), chip.fire_lanes), name="a")
        sub_words: Any = data.View(
            data.ArrayLayout(data.ArrayLayout(signed(chip.accumulator_bits), chip.fire_lanes), chip.steps_per_group),
            self.acc_read_data.as_value(),
        )
        part: Any = Signal(a.shape(), name="part")
        with m.Switch(walker.f1.sub):  # an index into the array would multiply it by the width of an element
            for sub in range(chip.steps_per_group):
                with m.Case(sub):
                    m.d.comb += part.eq(sub_words[sub])
        m.d.comb += [a[lane].eq(part[lane] + parameters[2 * lane]) for lane in range(chip.fire_lanes)]
        self._operate(m, walker, a, parameters, v)
        self._count(m, walker)
        return m

    def _parameters(self, m: Module, walker: FireWalker) -> Any:
        """Bias and threshold of each lane of the step in F1."""
        chip = self.chip
        m.submodules.parameters = memory = Memory(
            shape=data.ArrayLayout(signed(chip.accumulator_bits), 2 * chip.fire_lanes),
            depth=chip.parameter_groups * chip.steps_per_group,
            init=[],
        )
        write, read = memory.write_port(granularity=1), memory.read_port()
        element_bits = (2 * chip.fire_lanes - 1).bit_length()
        m.d.comb += [
            write.en.eq(Mux(self.parameter_write, 1 << self.offset[:element_bits], 0)),
            write.addr.eq(self.offset[element_bits:]),
            *(write.data[i].eq(self.word) for i in range(2 * chip.fire_lanes)),
            read.en.eq(walker.issue),
            read.addr.eq(walker.parameter_address),
        ]
        return read.data

    def _membranes(self, m: Module, walker: FireWalker) -> Any:
        """Membrane potentials of the step in F1; their next values are written by ``self.v_next`` as the step leaves."""
        chip = self.chip
        shape = data.ArrayLayout(signed(chip.membrane_bits), chip.fire_lanes)
        m.submodules.membranes = memory = Memory(shape=shape, depth=chip.accumulator_groups * chip.steps_per_group, init=[])
        write, port = memory.write_port(), memory.read_port()
        self.v_next: Any = Signal(shape, name="v_next")
        core: Any = self.core
        self.has_membrane = Signal()
        m.d.comb += self.has_membrane.eq(core.fire_control.op == FireOp.LIF)
        if chip.shift_units:
            with m.If(core.fire_control.op == FireOp.SHIFTLIF):
                m.d.comb += self.has_membrane.eq(1)
        m.d.comb += [
            port.en.eq(walker.issue & self.has_membrane & ~walker.from_init),
            port.addr.eq(walker.membrane_address),
            write.en.eq(walker.leave & self.has_membrane),
            write.addr.eq(walker.f1.membrane),
            write.data.eq(self.v_next),
        ]
        v: Any = Signal(shape, name="v")
        m.d.comb += [v[lane].eq(Mux(walker.from_init, core.fire_v_init.value, port.data[lane])) for lane in range(chip.fire_lanes)]
        return v

    def _operate(self, m: Module, walker: FireWalker, a: Any, parameters: Any, v: Any) -> None:
        """The fire operations side by side; the configured one drives the step."""
        chip = self.chip
        core: Any = self.core
        control = core.fire_control
        valid = Signal(chip.fire_lanes)
        m.d.comb += [valid[lane].eq(walker.f1.channel + lane < core.fire_channels.channels) for lane in range(chip.fire_lanes)]
        m.submodules.argmax = argmax = Argmax(accumulator_bits=chip.accumulator_bits, lanes=chip.fire_lanes)
        m.d.comb += [
            argmax.a.eq(a),
            argmax.valid.eq(valid),
            argmax.base.eq(walker.f1.channel),
            argmax.first.eq(walker.f1.first_step),
            argmax.advance.eq(walker.leave),
            self.step.axon.eq(walker.f1.axon),
            self.step.last.eq(walker.f1.last),
        ]
        units = self._units(m, walker, a, parameters, valid) if chip.shift_units else None
        for lane in range(chip.fire_lanes):
            m.submodules[f"lif{lane}"] = lif = Lif(accumulator_bits=chip.accumulator_bits, membrane_bits=chip.membrane_bits)
            m.submodules[f"count{lane}"] = count = Count(accumulator_bits=chip.accumulator_bits)
            m.submodules[f"requant{lane}"] = requant = Requant(accumulator_bits=requant_bits(chip))
            theta = parameters[2 * lane + 1]
            m.d.comb += [
                lif.v.eq(v[lane]),
                lif.a.eq(a[lane]),
                lif.theta.eq(theta),
                lif.leak.eq(core.fire_leak),
                lif.strict.eq(control.strict),
                lif.reset.eq(control.reset),
                lif.v_min.eq(core.fire_v_min.value),
                lif.v_max.eq(core.fire_v_max.value),
                self.v_next[lane].eq(lif.v_next),
                count.a.eq(a[lane]),
                count.theta.eq(theta),
                count.first.eq(walker.count_first),
                count.advance.eq(walker.counting),
                count.idle.eq(control.count_steps == 0),
                count.bit.eq(walker.count_bit),
                count.lo.eq(core.fire_range.lo),
                count.span.eq(core.fire_range.span),
                requant.a.eq(a[lane]),
                requant.shift.eq(control.shift),
                requant.rounding.eq(control.rounding),
                requant.lo.eq(core.fire_range.lo),
                requant.span.eq(core.fire_range.span),
            ]
            value = Signal(signed(len(count.n)), name=f"value{lane}")
            with m.Switch(control.op):
                with m.Case(FireOp.LIF):
                    m.d.comb += value.eq(lif.spike)
                with m.Case(FireOp.COUNT):
                    m.d.comb += value.eq(count.n)
                    if units is not None:
                        with m.If(control.levels):
                            m.d.comb += value.eq(units.value[lane])
                with m.Case(FireOp.REQUANT):
                    m.d.comb += value.eq(requant.y)
                if units is not None:
                    with m.Case(FireOp.PTSOFTMAX, FireOp.BSPN, FireOp.SHIFTLIF, FireOp.TABLE):
                        m.d.comb += value.eq(units.value[lane])
            payload, fires = Signal(PAYLOAD_BITS, name=f"payload{lane}"), Signal(name=f"fires{lane}")
            dead_zone = core.fire_range.dead_zone
            m.d.comb += [payload.eq(value), fires.eq((value > dead_zone) | (value < -dead_zone))]
            with m.If((control.payload_kind == PayloadKind.SIGNED) & (value < 0)):
                m.d.comb += [payload.eq(-value), payload[-1].eq(1)]
            if units is not None:
                m.d.comb += [
                    units.u[lane].eq(lif.u),
                    units.count[lane].eq(count.index),
                    units.requant[lane].eq(requant.y),
                    requant.a.eq(units.requant_a[lane]),
                ]
                with m.If(control.op == FireOp.SHIFTLIF):
                    m.d.comb += self.v_next[lane].eq(units.v_next[lane])
                with m.If(units.emits_power):
                    power = units.power[lane]
                    m.d.comb += [payload.eq(power.exponent), payload[-1].eq(power.negative), fires.eq(power.nonzero)]
            m.d.comb += [self.step.mask[lane].eq(valid[lane] & fires), self.step.payload[lane].eq(payload)]
        with m.If(control.op == FireOp.ARGMAX):
            m.d.comb += [
                self.step.mask.eq(walker.f1.last),
                self.step.axon.eq(core.port_control.axon_base + argmax.index),
                self.step.payload[0].eq(1),
            ]

    def _units(self, m: Module, walker: FireWalker, a: Any, parameters: Any, valid: Signal) -> ShiftUnits:
        """The shift units, connected but for what goes by lane."""
        m.submodules.units = units = ShiftUnits(chip=self.chip)
        m.d.comb += [
            units.core.eq(self.core),
            units.a.eq(a),
            *(units.theta[lane].eq(parameters[2 * lane + 1]) for lane in range(self.chip.fire_lanes)),
            units.valid.eq(valid),
            units.phase.eq(walker.f1.phase),
            units.final.eq(walker.f1.final),
            units.first_of_pass.eq(walker.f1.first_of_pass),
            units.advance.eq(walker.leave),
            units.table_write.eq(self.table_write),
            units.offset.eq(self.offset),
            units.word.eq(self.word),
        ]
        return units

    def _count(self, m: Module, walker: FireWalker) -> None:
        strobes = {
            Counter.FIRE_BUSY: walker.f1_valid & ~walker.stalled,
            Counter.FIRE_STALL: walker.stalled,
            Counter.FIRE_STEPS: walker.leave & walker.f1.final,
            Counter.MEMBRANE_READS: walker.issue & self.has_membrane & ~walker.from_init,
            Counter.MEMBRANE_WRITES: walker.leave & self.has_membrane,
            Counter.ACC_READS: walker.acc_read,
            Counter.ACC_WRITES: self.acc_clear,
        }
        m.d.comb += [self.bumps[counter.name].eq(strobe) for counter, strobe in strobes.items()]
