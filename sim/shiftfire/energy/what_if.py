"""What an inference would take if one thing were otherwise, all else the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import FLIT

from .clock import Unit
from .corners import Band
from .estimate import core_memories
from .parts import Clock, EnergyEstimate, EnergyPart
from .table import EnergyTable

HALF = 0.5
_WITH_EVENTS = ("accumulate", "memory:weights", "memory:accumulators", "memory:later sums", "movement")
_CLOCKED_BY_EVENTS = (Unit.ROUTER, Unit.INTEGRATE, Unit.EGRESS)


@dataclass(frozen=True)
class WhatIf:
    """A change in words, and picojoules per inference with it: what happens, leakage and a gated clock."""

    words: str
    total: Band


def what_if(estimate: EnergyEstimate, chip: ChipConfig, table: EnergyTable) -> tuple[WhatIf, ...]:
    """Changes of a chip's estimate that an architect would think of, the one that saves most first."""
    found = [
        WhatIf("half as many events", _total(estimate, _fewer_events)),
        WhatIf("accumulators in a register file", with_register_file(estimate, chip, table).total(Clock.GATED)),
        WhatIf(f"flits of {FLIT.bits // 2} bits instead of {FLIT.bits}", _total(estimate, _narrower_flits)),
        WhatIf("no leakage", replace(estimate, leakage=()).total(Clock.GATED)),
    ]
    return tuple(sorted(found, key=lambda change: change.total.nominal))


def with_register_file(estimate: EnergyEstimate, chip: ChipConfig, table: EnergyTable) -> EnergyEstimate:
    """Accumulators of flip-flops: a word clocked per write; a read is charged as much (its multiplexers: an assumption)."""
    _, bits = core_memories(chip)["accumulators"]
    flip_flop = table.constant("flip_flop_clock")

    def changed(part: EnergyPart) -> EnergyPart:
        if not part.name.startswith("memory:accumulators"):
            return part
        return replace(part, count=part.count * bits, what="bits clocked", constant=flip_flop)

    return replace(estimate, parts=tuple(changed(part) for part in estimate.parts))


def _total(estimate: EnergyEstimate, changed: Callable[[EnergyPart], EnergyPart]) -> Band:
    parts = tuple(changed(part) for part in estimate.parts)
    clocks = {clock: tuple(changed(part) for part in own) for clock, own in estimate.clocks.items()}
    return replace(estimate, parts=parts, clocks=clocks).total(Clock.GATED)


def _fewer_events(part: EnergyPart) -> EnergyPart:
    """Beats, their accesses, packets, and the clock of what takes them; fire steps come all the same."""
    halved = part.name.startswith(_WITH_EVENTS) or part.name in {f"clock:{unit}" for unit in _CLOCKED_BY_EVENTS}
    return replace(part, count=part.count * HALF) if halved else part


def _narrower_flits(part: EnergyPart) -> EnergyPart:
    """Router, link and delivery by the bit."""
    return replace(part, factor=part.factor * HALF) if part.group == "movement" else part
