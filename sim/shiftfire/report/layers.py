"""A run layer by layer: how long its cores work, what they send, what that costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from shiftfire_spec.counters import Counter

from ..energy.corners import NOTHING
from .run import Run


@dataclass(frozen=True)
class LayerRow:
    """One layer of a run. Cycles are of its busiest core; events, beats and energy of all its cores, energy per inference (flits: those of the cores' routers).

    Cores that sum some of its inputs (`Schedule.cut`) are its cores.
    """

    layer: str
    round: int
    cores: int
    integrate_cycles: int
    fire_cycles: int
    events_in: int
    events_out: int
    beats: int
    nanojoules: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def layer_rows(run: Run) -> list[LayerRow]:
    """A row per layer, in order; empty without counters."""
    if not run.round_energies:
        return []
    rows = []
    for number, (part, result, estimate) in enumerate(zip(run.schedule.rounds, run.rounds, run.round_energies, strict=True)):
        assert result.counters is not None
        owner, energy = run.schedule.owner, estimate.by_layer()
        for name in dict.fromkeys(owner(layer.name) for layer in part.program.network.layers):
            tiles = [core.tile for core in part.program.cores if owner(core.layer) == name]
            own = np.zeros_like(result.counters)
            own[tiles] = result.counters[tiles]
            rows.append(
                LayerRow(
                    layer=name,
                    round=number,
                    cores=len(tiles),
                    integrate_cycles=int(own[:, Counter.INTEGRATE_BUSY].max()),
                    fire_cycles=int(own[:, Counter.FIRE_BUSY].max()),
                    events_in=int(own[:, Counter.EVENTS_IN].sum()),
                    events_out=int(own[:, Counter.EVENTS_OUT].sum()),
                    beats=int(own[:, Counter.BEATS].sum()),
                    nanojoules=energy.get(name, NOTHING).nominal / 1e3,
                )
            )
    return rows
