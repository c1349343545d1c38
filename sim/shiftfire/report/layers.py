"""A run layer by layer: how long its cores work, what they send, what that costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.table import Table
from shiftfire_spec.counters import Counter

from ..compiler.program import Program
from ..energy.estimate import estimate_energy
from ..energy.table import DEFAULT_MOVEMENT
from ..system.result import RunResult
from .tables import grid


@dataclass(frozen=True)
class LayerRow:
    """One layer of a run. Cycles are of its busiest core; events, beats and energy of all its cores, energy per inference (flits: those of the cores' routers)."""

    layer: str
    cores: int
    integrate_cycles: int
    fire_cycles: int
    events_in: int
    events_out: int
    beats: int
    nanojoules: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def layer_rows(program: Program, result: RunResult, movement: str = DEFAULT_MOVEMENT) -> list[LayerRow]:
    """A row per layer, in order; empty without counters."""
    if result.counters is None:
        return []
    rows = []
    for layer in program.network.layers:
        tiles = [core.tile for core in program.cores if core.layer == layer.name]
        own = np.zeros_like(result.counters)
        own[tiles] = result.counters[tiles]
        rows.append(
            LayerRow(
                layer=layer.name,
                cores=len(tiles),
                integrate_cycles=int(own[:, Counter.INTEGRATE_BUSY].max()),
                fire_cycles=int(own[:, Counter.FIRE_BUSY].max()),
                events_in=int(own[:, Counter.EVENTS_IN].sum()),
                events_out=int(own[:, Counter.EVENTS_OUT].sum()),
                beats=int(own[:, Counter.BEATS].sum()),
                nanojoules=estimate_energy(program, own, result.samples, movement=movement).per_inference / 1e3,
            )
        )
    return rows


def layer_table(rows: list[LayerRow]) -> Table:
    """For people."""
    table = grid("layer", "cores", "integrate cycles", "fire cycles", "events in", "events out", "beats", "energy, nJ")
    for row in rows:
        counts = (row.cores, row.integrate_cycles, row.fire_cycles, row.events_in, row.events_out, row.beats)
        table.add_row(row.layer, *(f"{count:,}" for count in counts), f"{row.nanojoules:,.1f}")
    return table
