"""Which bits a tile clocks, and when: registers and small memories by unit, and the cycles in which each unit works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.counters import Counter

LEAST_MEMORY_WORDS = 64
"""Smaller memories are flip-flops: CACTI finds no organisation below."""


class Unit(StrEnum):
    """Parts of a tile that work at times of their own."""

    ROUTER = "router"
    INTEGRATE = "integrate"
    FIRE = "fire"
    EGRESS = "egress"
    CONFIGURATION = "configuration"
    COUNTERS = "counters"


PATHS: Mapping[str, Unit] = {
    "router": Unit.ROUTER,
    "core.ingress": Unit.INTEGRATE,
    "core.integrate": Unit.INTEGRATE,
    "core.accumulators": Unit.INTEGRATE,
    "core.fire": Unit.FIRE,
    "core.encoder": Unit.EGRESS,
    "core.egress": Unit.EGRESS,
    "core.egress_queue": Unit.EGRESS,
    "core.registers": Unit.CONFIGURATION,
    "core": Unit.CONFIGURATION,
    "node": Unit.CONFIGURATION,
    "": Unit.CONFIGURATION,
    "counters": Unit.COUNTERS,
}
"""Units of the RTL, with all that is inside them."""

_FLITS = (Counter.FLITS_NORTH, Counter.FLITS_EAST, Counter.FLITS_SOUTH, Counter.FLITS_WEST, Counter.FLITS_LOCAL)
ACTIVITY: Mapping[Unit, tuple[Counter, ...]] = {
    Unit.ROUTER: _FLITS,
    Unit.INTEGRATE: (Counter.INTEGRATE_BUSY, Counter.VECTORS_IN),
    Unit.FIRE: (Counter.FIRE_BUSY,),
    Unit.EGRESS: (Counter.EVENTS_OUT, Counter.VECTORS_OUT),
    Unit.CONFIGURATION: (),
    Unit.COUNTERS: (),
}
"""Counters whose sum is the cycles in which a unit has to be clocked; configuration is written before the run, counters are an instrument."""


@dataclass(frozen=True)
class ClockedBits:
    """Of one unit of a tile: all that is clocked ``always`` when nothing is gated, and what a cycle of work has to clock.

    Work clocks the registers, and of each small memory the one word that is written.
    """

    always: int
    working: int


def unit_of(path: str) -> Unit:
    """The unit that holds the RTL's ``path``. Raises ValueError for one that is in none."""
    inside = path
    while inside and inside not in PATHS:
        inside = inside.rpartition(".")[0]
    if path and not inside:
        raise ValueError(f"the RTL's unit {path!r} is in no unit of {__name__}.PATHS: add it")
    return PATHS[inside]


def active_cycles(counters: NDArray[np.int64], unit: Unit) -> NDArray[np.int64]:
    """Cycles in which each tile's ``unit`` works, shape (tiles,). ``counters`` (tiles, COUNTERS)."""
    return counters[:, list(ACTIVITY[unit])].sum(axis=1)
