"""Control of the fire engine: which step is issued, where it lies, when it leaves."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_STAGES, STEPPED_OPS
from shiftfire_spec.shift_units import FIRE_PASSES, FIRE_UNITS

from .fire_command import FireCommand, fire_command
from .registers import CORE_STRUCT


def step_place(chip: ChipConfig) -> data.StructLayout:
    """What a step remembers of itself. ``channel`` counts lanes past the last channel too: all of a group, though axons may number fewer."""
    return data.StructLayout(
        {
            "acc": range(max(2, chip.accumulator_groups)),
            "membrane": range(max(2, chip.accumulator_groups * chip.steps_per_group)),
            "sub": range(max(2, chip.steps_per_group)),
            "channel": max(chip.channel_bits, (chip.lanes - 1).bit_length()),
            "axon": chip.axon_bits,
            "first_sub": 1,
            "first_step": 1,
            "last": 1,
            "phase": range(max(FIRE_PASSES.values())),
            "first_of_pass": 1,
            "final": 1,
        }
    )


def stage_layout(chip: ChipConfig) -> data.StructLayout:
    """A stage of the pipeline: whether a step is in it, whether this is its last cycle there, and COUNT's position in the quotient."""
    return data.StructLayout(
        {
            "valid": 1,
            "ends": 1,
            "count_first": 1,
            "count_bit": FIRE_CONTROL.field("count_steps").bits,
            "at": step_place(chip),
        }
    )


class FireWalker(wiring.Component):
    """Walks rows, columns, segments, passes, channel groups and their sub-steps, those without a channel left out, and carries the steps through the stages of the fire engine.

    A segment is ``fire_units.segment_groups`` channel groups, a position's last one may be shorter; ``phase`` counts its passes, ``final`` marks the last.
    Without ``chip.shift_units``, and for operations of one pass, ``phase`` is 0, ``final`` 1, and a position is one segment.

    From the cycle after its ``issue`` on, a step is in the first of the ``stages``. It stays there for max(1, count_steps) cycles when the operation is one of
    `STEPPED_OPS`, else one: ``ends`` marks the last, ``count_first`` the first, ``count_bit`` counts down to 0. Every later stage shows in a cycle what the one before
    showed in the cycle before. All that holds while the engine ``moves``. The next step issues when the first stage is empty or being left.

    Parameters
    ----------
    chip: ChipConfig
        Widths and depths; ``shift_units`` leaves segments and passes out.

    Members
    -------
    core: In(CORE_STRUCT)
        Core registers, stable during a run.
    command: In(fire_command())
        ``start`` makes the first issue possible in the next cycle.
    fire_bank: Out(1), from_init: Out(1), held: Out(1)
        ``bank``, ``first`` and ``hold`` of the FIRE under way.
    issue: Out(1)
        Strobes as a step's memory addresses are presented.
    acc_read: Out(1), acc_read_address: Out(bank_address(chip))
        The accumulator word, on sub-step 0.
    membrane_address: Out(range), parameter_address: Out(range)
        The step's words of those memories.
    stages: Out(array of FIRE_STAGES x stage_layout(chip))
        What is in each stage.
    moves: Out(1)
        The stages go on: not ``stalled``.
    busy_stages: Out(1)
        A step is in some stage.
    step_ready: In(1)
        Who takes the steps is ready.
    leave: Out(1)
        A step goes from the last stage.
    stalled: Out(1)
        A step that ends in the last stage is ``final``, and ``step_ready`` is low.
    """

    core: data.View
    command: FireCommand
    fire_bank: Signal
    from_init: Signal
    held: Signal
    issue: Signal
    acc_read: Signal
    acc_read_address: Signal
    membrane_address: Signal
    parameter_address: Signal
    stages: data.View
    moves: Signal
    busy_stages: Signal
    step_ready: Signal
    leave: Signal
    stalled: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        layout = step_place(chip)
        parameter_address = range(max(2, chip.parameter_groups * chip.steps_per_group))
        self.layout = layout
        self.pointer = data.StructLayout(
            {
                **{name: layout[name].shape for name in ("acc", "axon")},
                "block": range(chip.accumulator_groups + 1),
            }
        )
        super().__init__(
            {
                "core": In(CORE_STRUCT),
                "command": In(fire_command()),
                "fire_bank": Out(1),
                "from_init": Out(1),
                "held": Out(1),
                "issue": Out(1),
                "acc_read": Out(1),
                "acc_read_address": Out(layout["acc"].shape),
                "membrane_address": Out(layout["membrane"].shape),
                "parameter_address": Out(parameter_address),
                "stages": Out(data.ArrayLayout(stage_layout(chip), FIRE_STAGES)),
                "moves": Out(1),
                "busy_stages": Out(1),
                "step_ready": In(1),
                "leave": Out(1),
                "stalled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        core, command = self.core, self.command
        busy, issuing = Signal(), Signal()
        timer = Signal(FIRE_CONTROL.field("count_steps").bits)
        first: Any = Signal(stage_layout(self.chip), name="first")
        at: Any = Signal(self.layout, name="at")  # of the step in the first stage
        valid, count_first = Signal(), Signal()
        later: list[Any] = [Signal(first.shape(), name=f"stage{n}") for n in range(1, FIRE_STAGES)]
        stages, last = [first, *later], later[-1]
        goes_on = Signal()  # the step in the first stage makes room
        m.d.comb += [
            self.command.idle.eq(~busy),
            self.command.stalled.eq(self.stalled),
            *(self.stages[n].eq(stage) for n, stage in enumerate(stages)),
            first.valid.eq(valid),
            first.ends.eq(timer == 0),
            first.count_first.eq(count_first),
            first.count_bit.eq(timer),
            first.at.eq(at),
            self.stalled.eq(last.valid & last.ends & last.at.final & ~self.step_ready),
            self.moves.eq(~self.stalled),
            self.leave.eq(last.valid & last.ends & self.moves),
            goes_on.eq(valid & (timer == 0) & self.moves),
            self.issue.eq(issuing & (~valid | goes_on)),
            self.busy_stages.eq(Cat(stage.valid for stage in stages).any()),
        ]
        at_issue = self._walk(m, issuing)
        m.d.comb += self.acc_read.eq(self.issue & at_issue.first_sub)
        configured = core.fire_control.op[: self.chip.op_bits]
        stepped = Cat(configured == op for op in STEPPED_OPS if self.chip.has_op(op)).any()
        steps = Mux(stepped, core.fire_control.count_steps, 0)
        with m.If(self.moves):
            m.d.sync += [following.eq(stage) for stage, following in zip(stages, later, strict=False)]
            with m.If(timer != 0):
                m.d.sync += [timer.eq(timer - 1), count_first.eq(0)]
        with m.If(goes_on):
            m.d.sync += valid.eq(0)
        with m.If(self.leave & last.at.last):
            m.d.sync += busy.eq(0)
        with m.If(self.issue):
            m.d.sync += [
                valid.eq(1),
                at.eq(at_issue),
                count_first.eq(1),
                timer.eq(Mux(steps == 0, 0, steps - 1)),
            ]
        with m.If(self.command.start):
            m.d.sync += [busy.eq(1), self.from_init.eq(command.first), self.held.eq(command.hold), self.fire_bank.eq(command.bank)]
        return m

    def _walk(self, m: Module, issuing: Signal) -> Any:
        """The issue pointer; returns the layout of the step at the pointer."""
        core = self.core
        shape = core.fire_shape
        positions = range(self.chip.accumulator_groups + 1)  # of a bank: each takes a group
        x, y = Signal(positions), Signal(positions)
        here: Any = Signal(self.pointer, name="here")
        sub_bits, lane_bits = ((n - 1).bit_length() for n in (self.chip.steps_per_group, self.chip.fire_lanes))
        sub, first_step = Signal(sub_bits), Signal()
        line, position = Signal(self.chip.axon_bits), Signal(self.chip.axon_bits)
        last_sub, last_block, last_x, last_y = Signal(), Signal(), Signal(), Signal()
        at_issue: Any = Signal(self.layout, name="at_issue")
        following_channel = Signal(len(at_issue.channel) + 1)
        channels = core.fire_channels.channels[: len(following_channel)]
        m.d.comb += [
            following_channel.eq(at_issue.channel + self.chip.fire_lanes),
            last_sub.eq((sub == self.chip.steps_per_group - 1) | (following_channel >= channels)),
            last_block.eq(here.block + 1 == shape.channel_groups[: len(here.block)]),
            last_x.eq(x + 1 == shape.width[: len(x)]),
            last_y.eq(y + 1 == shape.height[: len(y)]),
            *(at_issue[name].eq(here[name]) for name in ("acc", "axon")),
            at_issue.channel.eq(Cat(Const(0, lane_bits), sub, here.block)),
            at_issue.membrane.eq(self.membrane_address),
            at_issue.sub.eq(sub),
            at_issue.first_step.eq(first_step),
            at_issue.first_sub.eq(sub == 0),
            at_issue.last.eq(last_sub & last_block & last_x & last_y & at_issue.final),
            self.acc_read_address.eq(here.acc),
            self.membrane_address.eq(Cat(sub, here.acc)),
            self.parameter_address.eq(Cat(sub, here.block)),
        ]
        if self.chip.neuron_parameters:
            with m.If(core.fire_control.neuron_parameters):
                m.d.comb += self.parameter_address.eq(self.membrane_address)
        next_line, next_position = Signal.like(line), Signal.like(position)
        m.d.comb += [next_line.eq(line + core.port_stride_y.step), next_position.eq(position + core.port_stride_x.step)]
        follow: Any = Signal(self.pointer, name="follow")  # the pointer when no pass starts over
        m.d.comb += [
            follow.acc.eq(here.acc + last_sub),
            follow.block.eq(here.block + last_sub),
            follow.axon.eq(here.axon + self.chip.fire_lanes),
        ]
        with m.If(last_sub & last_block):
            m.d.comb += follow.block.eq(0)
            m.d.comb += follow.axon.eq(Mux(last_x, next_line, next_position))
        start: Any = Signal(self.pointer, name="start_pointer")
        m.d.comb += start.axon.eq(core.port_control.axon_base)
        over, again = self._passes(m, at_issue, last_sub, last_block, follow, start)
        with m.If(self.issue):
            m.d.sync += [here.eq(Mux(over, again, follow)), first_step.eq(0)]
            m.d.sync += sub.eq(Mux(last_sub, 0, sub + 1))
            with m.If(last_sub & last_block & ~over):
                m.d.sync += [x.eq(x + 1), position.eq(next_position)]
                with m.If(last_x):
                    m.d.sync += [x.eq(0), y.eq(y + 1), line.eq(next_line), position.eq(next_line)]
                    with m.If(last_y):
                        m.d.sync += issuing.eq(0)
        with m.If(self.command.start):
            m.d.sync += [issuing.eq(1), here.eq(start), first_step.eq(1), line.eq(start.axon), position.eq(start.axon)]
            m.d.sync += [x.eq(0), y.eq(0), sub.eq(0)]
        return at_issue

    def _passes(self, m: Module, at_issue: Any, last_sub: Signal, last_block: Signal, follow: Any, start: Any) -> tuple[Any, Any]:
        """Segments and their passes; returns whether the step at the pointer ends a pass that is not the last, and where the next one starts."""
        if not self.chip.shift_units:
            m.d.comb += at_issue.final.eq(1)
            return Const(0), follow
        core = self.core
        again: Any = Signal(self.pointer, name="again")
        phase, groups = Signal(self.layout["phase"].shape), Signal(FIRE_UNITS.field("segment_groups").bits)
        last_pass, first_of_pass, ends, over = Signal.like(phase), Signal(), Signal(), Signal()
        with m.Switch(core.fire_control.op):
            for op, count in FIRE_PASSES.items():
                with m.Case(op):
                    m.d.comb += last_pass.eq(count - 1)
        m.d.comb += [
            at_issue.phase.eq(phase),
            at_issue.first_of_pass.eq(first_of_pass),
            at_issue.final.eq(phase == last_pass),
            ends.eq(last_sub & (last_block | (groups + 1 == core.fire_units.segment_groups))),
            over.eq(ends & ~at_issue.final),
        ]
        with m.If(self.issue):
            m.d.sync += [first_of_pass.eq(ends), groups.eq(Mux(ends, 0, groups + last_sub))]
            with m.If(ends):
                m.d.sync += phase.eq(Mux(over, phase + 1, 0))
                with m.If(~over):
                    m.d.sync += again.eq(follow)
        with m.If(self.command.start):
            m.d.sync += [again.eq(start), phase.eq(0), groups.eq(0), first_of_pass.eq(1)]
        return over, again
