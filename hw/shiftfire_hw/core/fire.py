"""Fire engine: walks a finished bank and applies one fire operation to every neuron."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, ResetInserter, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.fire import CURRENT_OPS, MEMBRANE_OPS, WIDE_OPS

from ..membrane_trace import membrane_shape, membrane_trace, refractory_shape
from ..noc.config_write import ConfigWrite, config_write
from .bank_ports import FireBankPort, fire_bank_port
from .counters import COUNTER_BUMPS
from .encoder import step_layout
from .fire_command import FireCommand, fire_command
from .fire_memories import leaks, parameters, state
from .fire_operations import operate
from .fire_parts import FireParts
from .fire_payloads import emit
from .fire_sums import sums_and_leak
from .fire_walker import FireWalker
from .registers import CORE_STRUCT


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
        Writes to Space.PARAMETER, to Space.LEAK (chips with leaks of channels), and to Space.TABLE (chips with shift units).
    bumps: Out(COUNTER_BUMPS)
        Counter increments of this cycle.
    trace_membrane: Out(membrane_trace(chip))
        With the parameter of that name only: the membranes (currents, refractory periods) that are written in this cycle.
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
        fire = self._parts(m, walker)
        words = parameters(fire, self.config)
        own_leaks = leaks(fire, self.config) if chip.neuron_leaks else None
        writes, holds_current = fire.membrane_write, fire.has_current
        initial = self.core.fire_v_init.value
        v = state(fire, "membranes", has_state=fire.has_membrane, write_enable=writes, initial=initial, following=fire.v_next)
        i = None
        if chip.currents:
            i = state(
                fire, "currents", has_state=holds_current, write_enable=writes & holds_current, initial=0, following=fire.i_next
            )
        left = None
        if chip.refractory:
            periods = fire.has_refractory
            left = state(fire, "refractory", has_state=periods, write_enable=writes & periods, initial=0, following=fire.left_next)
        operands = sums_and_leak(fire, self.sums, words, own_leaks, v, i, left)
        outcome = operate(fire, operands, self.config)
        emit(fire, outcome, self.step.payload)
        self._count(fire)
        if self.traced:
            self._trace(fire)
        return m

    def _parts(self, m: Module, walker: FireWalker) -> FireParts:
        chip = self.chip
        configured = self.core.fire_control.op[: chip.op_bits]
        has_membrane, has_current, is_wide = (Signal(name=name) for name in ("has_membrane", "has_current", "is_wide"))
        has_refractory = Signal(name="has_refractory")
        m.d.comb += has_refractory.eq(self.core.fire_control.refractory.any())
        for signal, ops in ((has_membrane, MEMBRANE_OPS), (has_current, CURRENT_OPS), (is_wide, WIDE_OPS)):
            m.d.comb += signal.eq(Cat(configured == op for op in ops if chip.has_op(op)).any())
        membrane_write, f3 = Signal(name="membrane_write"), walker.stages[2]
        m.d.comb += membrane_write.eq(f3.valid & f3.ends & walker.moves & has_membrane)
        v_next, i_next = (Signal(membrane_shape(chip), name=name) for name in ("v_next", "i_next"))
        left_next = Signal(refractory_shape(chip), name="left_next")
        flags = (has_membrane, has_current, has_refractory, is_wide)
        return FireParts(m, chip, self.core, walker, *flags, membrane_write, v_next, i_next, left_next)

    def _trace(self, fire: FireParts) -> None:
        trace = self.trace_membrane
        fire.m.d.comb += [
            trace.write.eq(fire.membrane_write),
            trace.address.eq(fire.walker.stages[2].at.membrane),
            trace.word.eq(fire.v_next),
        ]
        if self.chip.currents:
            fire.m.d.comb += trace.current.eq(fire.i_next)
        if self.chip.refractory:
            fire.m.d.comb += trace.refractory.eq(fire.left_next)

    def _count(self, fire: FireParts) -> None:
        walker = fire.walker
        strobes = {
            Counter.FIRE_BUSY: walker.busy_stages & walker.moves,
            Counter.FIRE_STALL: walker.stalled,
            Counter.FIRE_STEPS: walker.leave & walker.stages[3].at.final,
            Counter.MEMBRANE_READS: walker.issue & fire.has_membrane & ~walker.from_init,
            Counter.MEMBRANE_WRITES: fire.membrane_write,
            Counter.ACC_READS: walker.acc_read,
            Counter.ACC_WRITES: self.sums.clear,
        }
        fire.m.d.comb += [self.bumps[counter.name].eq(strobe) for counter, strobe in strobes.items()]
