"""The fire walker's steps against a plain walk, where one width of the chip is small beside another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from amaranth.sim import Simulator
from shiftfire_hw.core.fire_walker import FireWalker
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.fire import FireOp
from shiftfire_spec.shift_units import FIRE_PASSES

_PERIOD_S = 1e-8


def chip_of(**changes: Any) -> ChipConfig:
    return replace(load_chip("nano"), **changes)


def steps(chip: ChipConfig, channels: int, width: int = 1, height: int = 1, *, op: FireOp = FireOp.LIF) -> list[dict[str, int]]:
    """What the steps of one FIRE say of themselves as they leave, those of every pass."""
    walker: Any = FireWalker(chip=chip)
    seen: list[dict[str, int]] = []
    groups = -(-channels // chip.lanes)

    async def bench(context: Any) -> None:
        context.set(walker.core.fire_control.op, op)
        context.set(walker.core.fire_shape.width, width)
        context.set(walker.core.fire_shape.height, height)
        context.set(walker.core.fire_shape.channel_groups, groups)
        context.set(walker.core.fire_channels.channels, channels)
        context.set(walker.core.fire_units.segment_groups, groups)
        context.set(walker.core.port_stride_x.step, 1)
        context.set(walker.core.port_stride_y.step, width)
        context.set(walker.step_ready, 1)
        context.set(walker.command.start, 1)
        await context.tick()
        context.set(walker.command.start, 0)
        while not context.get(walker.command.idle):
            if context.get(walker.leave):
                at = walker.stages[-1].at
                names = ("channel", "acc", "membrane", "sub", "axon", "first_sub", "first_step", "last", "final")
                seen.append({name: context.get(getattr(at, name)) for name in names})
            await context.tick()

    simulator = Simulator(walker)
    simulator.add_clock(_PERIOD_S)
    simulator.add_testbench(bench)
    simulator.run()
    return seen


def walked(chip: ChipConfig, channels: int, width: int, height: int, passes: int) -> list[dict[str, int]]:
    """The same, from the rules of docs/architecture.md; the axon only where the step has a channel."""
    groups, subs = -(-channels // chip.lanes), chip.lanes // chip.fire_lanes
    expected = []
    for position in range(width * height):
        for number in range(passes):
            for group in range(groups):
                for sub in range(min(subs, -(-(channels - group * chip.lanes) // chip.fire_lanes))):
                    acc = position * groups + group
                    channel = group * chip.lanes + sub * chip.fire_lanes
                    over = channel + chip.fire_lanes >= channels
                    ends = (position, number, over) == (width * height - 1, passes - 1, True)
                    expected.append(
                        {
                            "channel": channel,
                            "acc": acc,
                            "membrane": acc * subs + sub,
                            "sub": sub,
                            "axon": (position + channel) % (1 << chip.axon_bits),
                            "first_sub": int(sub == 0),
                            "first_step": int((position, number, group, sub) == (0, 0, 0, 0)),
                            "last": int(ends),
                            "final": int(number == passes - 1),
                        }
                    )
    return expected


@pytest.mark.parametrize(
    ("chip", "channels", "width", "height"),
    [
        (chip_of(lanes=32, axon_bits=4), 10, 1, 1),  # more lanes than channels can have numbers
        (chip_of(lanes=64, fire_lanes=2, axon_bits=4), 16, 1, 1),
        (chip_of(lanes=64, fire_lanes=32, axon_bits=4), 1, 4, 4),
        (chip_of(lanes=2, fire_lanes=2, axon_bits=4), 16, 1, 1),
        (chip_of(lanes=2, accumulator_groups=1, parameter_groups=1), 2, 1, 1),
        (chip_of(lanes=2, accumulator_groups=16), 1, 16, 1),
        (chip_of(lanes=2, accumulator_groups=16), 3, 1, 8),
        (chip_of(lanes=4, accumulator_groups=15, parameter_groups=5), 17, 3, 1),
    ],
)
def test_steps_know_their_place(chip: ChipConfig, channels: int, width: int, height: int) -> None:
    assert steps(chip, channels, width, height) == walked(chip, channels, width, height, 1)


@pytest.mark.parametrize("op", [op for op, passes in FIRE_PASSES.items() if passes > 1])
def test_passes_know_their_place(op: FireOp) -> None:
    chip = chip_of(lanes=32, axon_bits=4, requant=True, shift_units=True)
    assert steps(chip, 10, 3, 1, op=op) == walked(chip, 10, 3, 1, FIRE_PASSES[op])
