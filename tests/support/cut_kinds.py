"""How the layers of a compiled network are cut."""

from __future__ import annotations

from shiftfire.compiler.mapping.cuts import head_block
from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import Schedule

from .random_pieces import layers_in_pieces

KINDS = ("by inputs", "by rounds", "in pieces", "below a lane group")


def cut_kinds(schedule: Schedule) -> list[str]:
    """Those of `KINDS` that occur."""
    found = (
        schedule.cut is not None and bool(schedule.cut.cuts),
        len(schedule.rounds) > 1,
        bool(layers_in_pieces(schedule)),
        any(_narrow(part.program) for part in schedule.rounds),
    )
    return [kind for kind, occurs in zip(KINDS, found, strict=True) if occurs]


def _narrow(program: Program) -> bool:
    """Whether some core begins within a lane group of its head; where segments lie is no cut below one."""
    layers = {layer.name: layer for layer in program.network.layers}
    return any(
        layers[core.layer].kind.segment_channels is None
        and core.channel_base % head_block(layers[core.layer]).channels % program.chip.lanes
        for core in program.cores
    )
