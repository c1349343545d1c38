"""Fire engine: walks a finished bank and applies one fire operation to every neuron."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.fire import CURRENT_OPS, FIRE_RANGE, MEMBRANE_OPS, WIDE_OPS, FireOp, Reset
from shiftfire_spec.packet import PAYLOAD_BITS, PayloadKind

from ..membrane_trace import membrane_shape, membrane_trace
from ..noc.config_write import ConfigWrite, config_write
from .argmax import Argmax, Largest
from .bank_ports import FireBankPort, fire_bank_port
from .bspn import POWER
from .count import Count
from .counters import COUNTER_BUMPS
from .delayed_reset import DelayedReset
from .digits import Digits
from .encoder import step_layout
from .fire_command import FireCommand, fire_command
from .fire_walker import FireWalker
from .leaky_integrator import Leak, decayed_shape
from .lif import Lif
from .multispike import MultiSpike
from .registers import CORE_STRUCT
from .requant import Requant
from .shift_units import ShiftUnits, requant_bits


class Fire(wiring.Component):
    """One FIRE: every step of the bank, ``fire_lanes`` neurons each (docs/architecture.md section 3, "Fire").

    A step passes four stages: the memories' words (F1), sum with bias and leak (F2), the operation and the next membrane (F3), payload and zero test (F4).
    It leaves to the encoder, one per cycle, those of `STEPPED_OPS` one per max(1, count_steps) cycles; those of the passes before the last leave without the
    encoder. A step that cannot leave stops all stages. Latency from start to the first step: 1 + FIRE_STAGES cycles, of `STEPPED_OPS` FIRE_STAGES + max(1, count_steps).

    Parameters
    ----------
    chip: ChipConfig
        The chip.
    trace_membrane: bool
        Adds a port that shows every membrane as it is written.

    Members
    -------
    run: In(1)
        While low, all but the memories is held in reset.
    core: In(CORE_STRUCT)
        Core registers, stable during a run.
    command: In(fire_command())
        Hands banks over.
    sums: Out(fire_bank_port(chip))
        The accumulators.
    step: Out(stream(step_layout(chip)))
        Steps of the last pass.
    config: In(config_write())
        Writes to Space.PARAMETER, and to Space.TABLE (chips with shift units).
    bumps: Out(COUNTER_BUMPS)
        Counter increments of this cycle.
    trace_membrane: Out(membrane_trace(chip))
        With the parameter of that name only: the membranes (and currents) that are written in this cycle.
    """

    run: Signal
    core: data.View
    command: FireCommand
    sums: FireBankPort
    step: stream.Interface
    config: ConfigWrite
    bumps: data.View
    trace_membrane: data.View

    def __init__(self, *, chip: ChipConfig, trace_membrane: bool = False) -> None:
        self.chip = chip
        self.traced = trace_membrane
        super().__init__(
            {
                "run": In(1),
                "core": In(CORE_STRUCT),
                "command": In(fire_command()),
                "sums": Out(fire_bank_port(chip)),
                "step": Out(stream.Signature(step_layout(chip))),
                "config": In(config_write()),
                "bumps": Out(COUNTER_BUMPS),
                **({"trace_membrane": Out(membrane_trace(chip))} if trace_membrane else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        chip = self.chip
        walker = FireWalker(chip=chip)
        m.submodules.walker = ResetInserter(~self.run)(walker)
        f1, _, _, f4 = walker.stages
        wiring.connect(m, wiring.flipped(self.command), walker.command)
        m.d.comb += [
            walker.core.eq(self.core),
            walker.step_ready.eq(self.step.ready),
            self.sums.owns.eq(~walker.command.idle),
            self.sums.bank.eq(walker.fire_bank),
            self.sums.read.eq(walker.acc_read),
            self.sums.read_address.eq(walker.acc_read_address),
            self.sums.clear.eq(f1.valid & f1.ends & walker.moves & f1.at.final & f1.at.first_sub & ~walker.held),
            self.sums.clear_address.eq(f1.at.acc),
            self.step.valid.eq(f4.valid & f4.ends & f4.at.final),
        ]
        configured = self.core.fire_control.op[: chip.op_bits]
        self.has_membrane, self.has_current, self.is_wide = Signal(), Signal(), Signal()
        for signal, ops in ((self.has_membrane, MEMBRANE_OPS), (self.has_current, CURRENT_OPS), (self.is_wide, WIDE_OPS)):
            m.d.comb += signal.eq(Cat(configured == op for op in ops if chip.has_op(op)).any())
        operands = self._sum(m, walker)
        outcome = self._operate(m, walker, operands)
        self._emit(m, walker, outcome)
        self._count(m, walker)
        return m

    def _sum(self, m: Module, walker: FireWalker) -> Any:
        """F1 and F2; returns what the step in F3 works on: sums, thresholds, membranes after the leak, which lanes are channels."""
        chip, core = self.chip, self.core
        lanes = chip.fire_lanes
        sums = data.ArrayLayout(signed(chip.accumulator_bits), lanes)
        membranes = data.ArrayLayout(signed(chip.membrane_bits), lanes)
        parameters, v = self._parameters(m, walker), self._membranes(m, walker)
        i = self._currents(m, walker) if chip.currents else None
        words: Any = data.View(data.ArrayLayout(sums, chip.steps_per_group), self.sums.read_data.as_value())
        part: Any = Signal(sums, name="part")
        with m.Switch(walker.stages[0].at.sub):  # an index into the array would multiply it by the width of an element
            for sub in range(chip.steps_per_group):
                with m.Case(sub):
                    m.d.comb += part.eq(words[sub])
        current = {} if i is None else {"i": membranes}
        taken: Any = Signal(
            data.StructLayout({"part": sums, "parameters": parameters.shape(), "v": membranes, **current}), name="taken"
        )
        operands: Any = Signal(
            data.StructLayout(
                {
                    "a": sums,
                    "theta": sums,
                    "decayed": data.ArrayLayout(decayed_shape(chip.membrane_bits), lanes),
                    "valid": lanes,
                    **current,
                }
            ),
            name="operands",
        )
        with m.If(walker.moves):
            m.d.sync += [taken.part.eq(part), taken.parameters.eq(parameters), taken.v.eq(v)]
            if i is not None:
                m.d.sync += [taken.i.eq(i), operands.i.eq(taken.i)]
        current_first = self.has_current & walker.stages[1].count_first  # the leak is the current's, then the membrane's
        for lane in range(lanes):
            m.submodules[f"leak{lane}"] = leak = Leak(membrane_bits=chip.membrane_bits, terms=chip.leak_terms)
            m.d.comb += [leak.v.eq(taken.v[lane]), leak.leak.eq(core.fire_leak)]
            if i is not None:
                with m.If(current_first):
                    m.d.comb += [leak.v.eq(taken.i[lane]), leak.leak.eq(core.fire_current_leak)]
            decayed = leak.decayed
            if chip.resets:
                enable = core.fire_control.delayed_reset & ~current_first
                decayed = self._delayed_reset(m, lane, taken, enable, leak.decayed)
            with m.If(walker.moves):
                m.d.sync += [
                    operands.a[lane].eq(taken.part[lane] + taken.parameters[2 * lane]),
                    operands.theta[lane].eq(taken.parameters[2 * lane + 1]),
                    operands.decayed[lane].eq(decayed),
                    operands.valid[lane].eq(walker.stages[1].at.channel + lane < core.fire_channels.channels),
                ]
        return operands

    def _delayed_reset(self, m: Module, lane: int, taken: Any, enable: Value, decayed: Value) -> Value:
        """The membrane of a lane in F2, after its leak, less what it owes."""
        chip = self.chip
        m.submodules[f"delayed{lane}"] = unit = DelayedReset(
            accumulator_bits=chip.accumulator_bits, membrane_bits=chip.membrane_bits
        )
        m.d.comb += [
            unit.v.eq(taken.v[lane]),
            unit.theta.eq(taken.parameters[2 * lane + 1]),
            unit.strict.eq(self.core.fire_control.strict),
            unit.enable.eq(enable),
            unit.decayed.eq(decayed),
        ]
        return unit.o

    def _parameters(self, m: Module, walker: FireWalker) -> Any:
        """Bias and threshold of each lane of the step in F1."""
        chip = self.chip
        m.submodules.parameters = memory = Memory(
            shape=data.ArrayLayout(signed(chip.accumulator_bits), 2 * chip.fire_lanes),
            depth=chip.parameter_groups * chip.steps_per_group,
            init=[],
        )
        write, read = memory.write_port(granularity=1), memory.read_port()
        element_bits, config = (2 * chip.fire_lanes - 1).bit_length(), self.config
        m.d.comb += [
            write.en.eq(Mux(config.to(Space.PARAMETER), 1 << config.offset[:element_bits], 0)),
            write.addr.eq(config.offset[element_bits:]),
            *(write.data[i].eq(config.word) for i in range(2 * chip.fire_lanes)),
            read.en.eq(walker.issue),
            read.addr.eq(walker.parameter_address),
        ]
        return read.data

    def _membranes(self, m: Module, walker: FireWalker) -> Any:
        """Membrane potentials of the step in F1; ``self.v_next`` is written as the step in F3 goes on. A FIRE visits each once."""
        chip = self.chip
        shape = membrane_shape(chip)
        m.submodules.membranes = memory = Memory(shape=shape, depth=chip.accumulator_groups * chip.steps_per_group, init=[])
        write, port = memory.write_port(), memory.read_port()
        self.v_next: Any = Signal(shape, name="v_next")
        core = self.core
        self.membrane_write = Signal()
        f3 = walker.stages[2]
        m.d.comb += [
            self.membrane_write.eq(f3.valid & f3.ends & walker.moves & self.has_membrane),
            port.en.eq(walker.issue & self.has_membrane & ~walker.from_init),
            port.addr.eq(walker.membrane_address),
            write.en.eq(self.membrane_write),
            write.addr.eq(f3.at.membrane),
            write.data.eq(self.v_next),
        ]
        if self.traced:
            m.d.comb += [
                self.trace_membrane.write.eq(write.en),
                self.trace_membrane.address.eq(write.addr),
                self.trace_membrane.word.eq(write.data),
            ]
        v: Any = Signal(shape, name="v")
        m.d.comb += [v[lane].eq(Mux(walker.from_init, core.fire_v_init.value, port.data[lane])) for lane in range(chip.fire_lanes)]
        return v

    def _currents(self, m: Module, walker: FireWalker) -> Any:
        """Synaptic currents of the step in F1; ``self.i_next`` is written with the membrane. Read and written as the membranes are."""
        chip = self.chip
        shape = membrane_shape(chip)
        m.submodules.currents = memory = Memory(shape=shape, depth=chip.accumulator_groups * chip.steps_per_group, init=[])
        write, port = memory.write_port(), memory.read_port()
        self.i_next: Any = Signal(shape, name="i_next")
        m.d.comb += [
            port.en.eq(walker.issue & self.has_current & ~walker.from_init),
            port.addr.eq(walker.membrane_address),
            write.en.eq(self.membrane_write & self.has_current),
            write.addr.eq(walker.stages[2].at.membrane),
            write.data.eq(self.i_next),
        ]
        if self.traced:
            m.d.comb += self.trace_membrane.current.eq(self.i_next)
        i: Any = Signal(shape, name="i")
        m.d.comb += [i[lane].eq(Mux(walker.from_init, 0, port.data[lane])) for lane in range(chip.fire_lanes)]
        return i

    def _operate(self, m: Module, walker: FireWalker, operands: Any) -> Any:
        """F3: the fire operations side by side; returns what the configured one says, as F4 has it."""
        chip = self.chip
        core = self.core
        control, f3 = core.fire_control, walker.stages[2]
        goes_on = Signal()
        m.d.comb += goes_on.eq(f3.valid & f3.ends & walker.moves)
        m.submodules.largest = largest = Largest(
            accumulator_bits=chip.accumulator_bits, lanes=chip.fire_lanes, index_bits=chip.channel_bits
        )
        m.d.comb += [largest.a.eq(operands.a), largest.valid.eq(operands.valid), largest.base.eq(f3.at.channel)]
        units = self._units(m, walker, operands, goes_on) if chip.shift_units else None
        value_shape = signed(FIRE_RANGE.field("span").bits + 1)
        outcome: Any = Signal(
            data.StructLayout(
                {
                    "value": data.ArrayLayout(value_shape, chip.fire_lanes),
                    "power": data.ArrayLayout(POWER, chip.fire_lanes),
                    "emits_power": 1,
                    "valid": chip.fire_lanes,
                    "largest": largest.o.shape(),
                    **({"u": membrane_shape(chip)} if chip.wide_values else {}),
                }
            ),
            name="outcome",
        )
        with m.If(walker.moves):
            m.d.sync += [outcome.valid.eq(operands.valid), outcome.largest.eq(largest.o)]
            if units is not None:
                m.d.sync += [outcome.power.eq(units.power), outcome.emits_power.eq(units.emits_power)]
        for lane in range(chip.fire_lanes):
            m.submodules[f"lif{lane}"] = lif = Lif(accumulator_bits=chip.accumulator_bits, membrane_bits=chip.membrane_bits)
            m.submodules[f"count{lane}"] = count = Count(accumulator_bits=chip.accumulator_bits)
            m.d.comb += [
                lif.decayed.eq(operands.decayed[lane]),
                lif.a.eq(operands.a[lane]),
                lif.theta.eq(operands.theta[lane]),
                lif.strict.eq(control.strict),
                lif.reset.eq(control.reset),
                lif.v_min.eq(core.fire_v_min.value),
                lif.v_max.eq(core.fire_v_max.value),
                self.v_next[lane].eq(lif.v_next),
                count.a.eq(operands.a[lane]),
                count.theta.eq(operands.theta[lane]),
                count.first.eq(f3.count_first),
                count.advance.eq(f3.valid & ~f3.ends & walker.moves),
                count.idle.eq(control.count_steps == 0),
                count.bit.eq(f3.count_bit),
                count.lo.eq(core.fire_range.lo),
                count.span.eq(core.fire_range.span),
            ]
            if chip.resets:
                m.d.comb += lif.v_reset.eq(core.fire_v_reset.value)
                with m.If(control.delayed_reset):
                    m.d.comb += lif.reset.eq(Reset.NONE)
            if chip.currents:
                self._drive(m, walker, lane, operands, lif)
            if chip.wide_values:
                with m.If(walker.moves):
                    m.d.sync += outcome.u[lane].eq(lif.u)
            spikes = self._spikes(m, walker, lane, operands, lif.u) if chip.multispike else None
            requant = self._requant(m, lane, operands.a[lane]) if chip.requant else None
            value = Signal(value_shape, name=f"value{lane}")
            with m.Switch(control.op[: chip.op_bits]):
                with m.Case(*(op for op in (FireOp.LIF, FireOp.CUBALIF) if chip.has_op(op))):
                    m.d.comb += value.eq(lif.spike)
                with m.Case(FireOp.COUNT):
                    m.d.comb += value.eq(count.n)
                    if units is not None:
                        with m.If(control.levels):
                            m.d.comb += value.eq(units.value[lane])
                if spikes is not None:
                    with m.Case(FireOp.MULTISPIKE):
                        m.d.comb += [value.eq(spikes.n), self.v_next[lane].eq(spikes.v_next)]
                if requant is not None:
                    with m.Case(FireOp.REQUANT):
                        m.d.comb += value.eq(requant.y)
                if units is not None:
                    with m.Case(FireOp.PTSOFTMAX, FireOp.BSPN, FireOp.SHIFTLIF, FireOp.TABLE):
                        m.d.comb += value.eq(units.value[lane])
            with m.If(walker.moves):
                m.d.sync += outcome.value[lane].eq(value)
            if units is not None and requant is not None:
                m.d.comb += [
                    units.u[lane].eq(lif.u),
                    units.count[lane].eq(count.index),
                    units.requant[lane].eq(requant.y),
                    requant.a.eq(units.requant_a[lane]),
                ]
                with m.If(control.op == FireOp.SHIFTLIF):
                    m.d.comb += self.v_next[lane].eq(units.v_next[lane])
        return outcome

    def _drive(self, m: Module, walker: FireWalker, lane: int, operands: Any, lif: Lif) -> None:
        """The current of a lane, before its membrane: the integrator takes it in the step's first cycle, and drives the membrane with it in the second."""
        core, f3 = self.core, walker.stages[2]
        new = Signal(signed(self.chip.membrane_bits), name=f"current{lane}")
        m.d.comb += self.i_next[lane].eq(new)
        with m.If(f3.count_first & walker.moves):
            m.d.sync += new.eq(lif.u)
        with m.If(self.has_current):
            with m.If(f3.count_first):
                m.d.comb += [lif.v_min.eq(core.fire_i_min.value), lif.v_max.eq(core.fire_i_max.value)]
            with m.Else():
                m.d.comb += lif.a.eq(Mux(core.fire_control.old_current, operands.i[lane], new))

    def _spikes(self, m: Module, walker: FireWalker, lane: int, operands: Any, u: Any) -> MultiSpike:
        """The multi-spike unit of a lane, connected; ``u`` is its membrane before the spikes."""
        core, f3 = self.core, walker.stages[2]
        m.submodules[f"spikes{lane}"] = spikes = MultiSpike(
            accumulator_bits=self.chip.accumulator_bits, membrane_bits=self.chip.membrane_bits
        )
        m.d.comb += [
            spikes.u.eq(u),
            spikes.theta.eq(operands.theta[lane]),
            spikes.first.eq(f3.count_first),
            spikes.advance.eq(f3.valid & ~f3.ends & walker.moves),
            spikes.bit.eq(f3.count_bit),
            spikes.span.eq(core.fire_range.span),
            spikes.floor_at_theta.eq(core.fire_control.floor_at_theta),
        ]
        return spikes

    def _requant(self, m: Module, lane: int, a: Any) -> Requant:
        """The requantiser of a lane, connected; the shift units may give it something else than ``a``."""
        core = self.core
        m.submodules[f"requant{lane}"] = requant = Requant(accumulator_bits=requant_bits(self.chip))
        m.d.comb += [
            requant.a.eq(a),
            requant.shift.eq(core.fire_control.shift),
            requant.rounding.eq(core.fire_control.rounding),
            requant.lo.eq(core.fire_range.lo),
            requant.span.eq(core.fire_range.span),
        ]
        return requant

    def _units(self, m: Module, walker: FireWalker, operands: Any, goes_on: Signal) -> ShiftUnits:
        """The shift units, connected but for what goes by lane."""
        m.submodules.units = units = ShiftUnits(chip=self.chip)
        at = walker.stages[2].at
        wiring.connect(m, wiring.flipped(self.config), units.config)
        m.d.comb += [
            units.core.eq(self.core),
            units.a.eq(operands.a),
            units.theta.eq(operands.theta),
            units.valid.eq(operands.valid),
            units.phase.eq(at.phase),
            units.final.eq(at.final),
            units.first_of_pass.eq(at.first_of_pass),
            units.advance.eq(goes_on),
        ]
        return units

    def _emit(self, m: Module, walker: FireWalker, outcome: Any) -> None:
        """F4: payloads, and which lanes have one; ARGMAX's running maximum."""
        core = self.core
        control, dead_zone, at = core.fire_control, core.fire_range.dead_zone, walker.stages[3].at
        m.submodules.argmax = argmax = Argmax(accumulator_bits=self.chip.accumulator_bits, index_bits=self.chip.channel_bits)
        m.d.comb += [
            argmax.i.eq(outcome.largest),
            argmax.first.eq(at.first_step),
            argmax.advance.eq(walker.leave),
            self.step.payload.axon.eq(at.axon),
            self.step.payload.last.eq(at.last),
        ]
        for lane in range(self.chip.fire_lanes):
            value = outcome.value[lane]
            payload, fires = Signal(PAYLOAD_BITS, name=f"payload{lane}"), Signal(name=f"fires{lane}")
            magnitude = Signal(len(value), name=f"magnitude{lane}")
            m.d.comb += [magnitude.eq(Mux(value < 0, -value, value)), payload.eq(value), fires.eq(magnitude > dead_zone)]
            with m.If((control.payload_kind == PayloadKind.SIGNED) & (value < 0)):
                m.d.comb += [payload.eq(magnitude), payload[-1].eq(1)]
            with m.If(outcome.emits_power):
                power = outcome.power[lane]
                m.d.comb += [payload.eq(power.exponent), payload[-1].eq(power.negative), fires.eq(power.nonzero)]
            if self.chip.wide_values:
                m.submodules[f"digits{lane}"] = digits = Digits(bits=self.chip.membrane_bits)
                m.d.comb += [
                    digits.i.eq(outcome.u[lane]),
                    self.step.payload.digits[lane].eq(digits.digits),
                    self.step.payload.negative[lane].eq(digits.negative),
                ]
                with m.If(self.is_wide):
                    m.d.comb += fires.eq(outcome.u[lane] != 0)
            m.d.comb += [
                self.step.payload.mask[lane].eq(outcome.valid[lane] & fires),
                self.step.payload.payload[lane].eq(payload),
            ]
        if self.chip.wide_values:
            m.d.comb += self.step.payload.wide.eq(self.is_wide)
        with m.If(control.op[: self.chip.op_bits] == FireOp.ARGMAX):
            m.d.comb += [
                self.step.payload.mask.eq(at.last),
                self.step.payload.axon.eq((core.port_control.axon_base + argmax.index)[: self.chip.axon_bits]),
                self.step.payload.payload[0].eq(1),
            ]

    def _count(self, m: Module, walker: FireWalker) -> None:
        strobes = {
            Counter.FIRE_BUSY: walker.busy_stages & walker.moves,
            Counter.FIRE_STALL: walker.stalled,
            Counter.FIRE_STEPS: walker.leave & walker.stages[3].at.final,
            Counter.MEMBRANE_READS: walker.issue & self.has_membrane & ~walker.from_init,
            Counter.MEMBRANE_WRITES: self.membrane_write,
            Counter.ACC_READS: walker.acc_read,
            Counter.ACC_WRITES: self.sums.clear,
        }
        m.d.comb += [self.bumps[counter.name].eq(strobe) for counter, strobe in strobes.items()]
