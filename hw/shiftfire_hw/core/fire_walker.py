"""Control of the fire engine: which step is issued, where it lies, when it leaves."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_SHAPE, FireOp
from shiftfire_spec.packet import AXON_BITS

from .registers import CORE_STRUCT


def f1_layout(chip: ChipConfig) -> data.StructLayout:
    """What the step in F1 remembers of itself."""
    return data.StructLayout(
        {
            "acc": range(max(2, chip.accumulator_groups)),
            "membrane": range(max(2, chip.accumulator_groups * chip.steps_per_group)),
            "sub": range(max(2, chip.steps_per_group)),
            "channel": AXON_BITS,
            "axon": AXON_BITS,
            "first_sub": 1,
            "first_step": 1,
            "last": 1,
        }
    )


class FireWalker(wiring.Component):
    """Walks rows, columns, channel groups and sub-steps; one step in F1 at a time.

    ``issue`` strobes as a step's memory addresses (``acc_read`` with ``acc_read_address`` on sub-step 0, ``membrane_address``,
    ``parameter_address``) are presented; from the next cycle on the step is ``f1`` (``f1_valid``). It stays for max(1, count_steps)
    cycles when the operation is COUNT, else one: ``counting`` is high but for the last, ``count_bit`` counts down to 0, ``count_first`` marks
    the first. ``step_valid`` in the last; ``leave = step_valid & step_ready``; ``stalled``: not ready. The next step issues when F1 is empty or being left.

    ``start`` makes the first issue possible in the next cycle; ``idle`` is high again in the cycle after the last step left.
    """

    core: Any
    start: Any
    first: Any
    hold: Any
    bank: Any
    idle: Any
    fire_bank: Any
    from_init: Any
    held: Any
    issue: Any
    acc_read: Any
    acc_read_address: Any
    membrane_address: Any
    parameter_address: Any
    f1: Any
    f1_valid: Any
    counting: Any
    count_bit: Any
    count_first: Any
    step_valid: Any
    step_ready: Any
    leave: Any
    stalled: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        layout = f1_layout(chip)
        self.layout = layout
        super().__init__(
            {
                "core": In(CORE_STRUCT),
                "start": In(1),
                "first": In(1),
                "hold": In(1),
                "bank": In(1),
                "idle": Out(1),
                "fire_bank": Out(1),
                "from_init": Out(1),
                "held": Out(1),
                "issue": Out(1),
                "acc_read": Out(1),
                "acc_read_address": Out(layout["acc"].shape),
                "membrane_address": Out(layout["membrane"].shape),
                "parameter_address": Out(range(max(2, chip.parameter_groups * chip.steps_per_group))),
                "f1": Out(layout),
                "f1_valid": Out(1),
                "counting": Out(1),
                "count_bit": Out(FIRE_CONTROL.field("count_steps").bits),
                "count_first": Out(1),
                "step_valid": Out(1),
                "step_ready": In(1),
                "leave": Out(1),
                "stalled": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        core: Any = self.core
        busy, issuing = Signal(), Signal()
        timer = Signal(FIRE_CONTROL.field("count_steps").bits)
        m.d.comb += [
            self.idle.eq(~busy),
            self.count_bit.eq(timer),
            self.counting.eq(self.f1_valid & (timer != 0)),
            self.step_valid.eq(self.f1_valid & (timer == 0)),
            self.leave.eq(self.step_valid & self.step_ready),
            self.stalled.eq(self.step_valid & ~self.step_ready),
            self.issue.eq(issuing & (~self.f1_valid | self.leave)),
        ]
        at_issue = self._walk(m, issuing)
        m.d.comb += self.acc_read.eq(self.issue & at_issue.first_sub)
        steps = Mux(core.fire_control.op == FireOp.COUNT, core.fire_control.count_steps, 0)
        with m.If(self.counting):
            m.d.sync += [timer.eq(timer - 1), self.count_first.eq(0)]
        with m.If(self.leave):
            m.d.sync += self.f1_valid.eq(0)
            with m.If(self.f1.last):
                m.d.sync += busy.eq(0)
        with m.If(self.issue):
            m.d.sync += [
                self.f1_valid.eq(1),
                self.f1.eq(at_issue),
                self.count_first.eq(1),
                timer.eq(Mux(steps == 0, 0, steps - 1)),
            ]
        with m.If(self.start):
            m.d.sync += [busy.eq(1), self.from_init.eq(self.first), self.held.eq(self.hold), self.fire_bank.eq(self.bank)]
        return m

    def _walk(self, m: Module, issuing: Signal) -> Any:
        """The issue pointer; returns the layout of the step at the pointer."""
        core: Any = self.core
        shape, port = core.fire_shape, core.port_stride
        x, y = Signal(FIRE_SHAPE.field("width").bits), Signal(FIRE_SHAPE.field("height").bits)
        block = Signal(FIRE_SHAPE.field("channel_groups").bits)
        here: Any = Signal(self.layout, name="here")
        line, position = Signal(AXON_BITS), Signal(AXON_BITS)
        steps = self.chip.steps_per_group
        last_sub, last_block, last_x, last_y = Signal(), Signal(), Signal(), Signal()
        at_issue: Any = Signal(self.layout, name="at_issue")
        m.d.comb += [
            last_sub.eq(here.sub == steps - 1),
            last_block.eq(block + 1 == shape.channel_groups),
            last_x.eq(x + 1 == shape.width),
            last_y.eq(y + 1 == shape.height),
            at_issue.eq(here),
            at_issue.first_sub.eq(here.sub == 0),
            at_issue.last.eq(last_sub & last_block & last_x & last_y),
            self.acc_read_address.eq(here.acc),
            self.membrane_address.eq(here.membrane),
        ]
        next_line = Signal(AXON_BITS)
        next_position = Signal(AXON_BITS)
        m.d.comb += [next_line.eq(line + port.y), next_position.eq(position + port.x)]
        with m.If(self.issue):
            m.d.sync += [
                here.membrane.eq(here.membrane + 1),
                here.first_step.eq(0),
                here.sub.eq(Mux(last_sub, 0, here.sub + 1)),
                here.channel.eq(here.channel + self.chip.fire_lanes),
                here.axon.eq(here.axon + self.chip.fire_lanes),
                self.parameter_address.eq(self.parameter_address + 1),
            ]
            with m.If(last_sub):
                m.d.sync += [here.acc.eq(here.acc + 1), block.eq(block + 1)]
                with m.If(last_block):
                    m.d.sync += [block.eq(0), here.channel.eq(0), self.parameter_address.eq(0), x.eq(x + 1)]
                    m.d.sync += [position.eq(next_position), here.axon.eq(next_position)]
                    with m.If(last_x):
                        m.d.sync += [x.eq(0), y.eq(y + 1), line.eq(next_line), position.eq(next_line), here.axon.eq(next_line)]
                        with m.If(last_y):
                            m.d.sync += issuing.eq(0)
        with m.If(self.start):
            base = core.port_control.axon_base
            m.d.sync += [issuing.eq(1), here.eq(0), here.first_step.eq(1), here.axon.eq(base), line.eq(base), position.eq(base)]
            m.d.sync += [x.eq(0), y.eq(0), block.eq(0), self.parameter_address.eq(0)]
        return at_issue
