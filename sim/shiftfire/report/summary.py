"""Figures of a run: what the tables show and the JSON documents hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.counters import Counter

from ..compiler.program import Program
from ..system.result import RunResult


@dataclass(frozen=True)
class Spread:
    """Least, mean and greatest of a figure."""

    minimum: float
    mean: float
    maximum: float

    def as_dict(self) -> dict[str, float]:
        return {"min": self.minimum, "mean": self.mean, "max": self.maximum}


@dataclass(frozen=True)
class TileRow:
    """One tile of a run; the counters by name."""

    tile: int
    layer: str
    utilisation: float  # cycles with a beat / cycles of the run
    fire_utilisation: float
    counters: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {
            "tile": self.tile,
            "layer": self.layer,
            "utilisation": self.utilisation,
            "fire_utilisation": self.fire_utilisation,
            "counters": self.counters,
        }


def accuracy(result: RunResult, labels: NDArray[np.int64] | None) -> float | None:
    """Share of right predictions; None when labels or predictions are not known."""
    if labels is None or result.predictions is None:
        return None
    return float(np.mean(result.predictions == labels[: result.samples]))


def latency(result: RunResult) -> Spread | None:
    """Cycles from the first injected packet of a sample to its last collected END; None without cycles."""
    if result.sample_cycles is None:
        return None
    cycles = result.latency_cycles()
    return Spread(float(cycles.min()), float(cycles.mean()), float(cycles.max()))


def throughput(program: Program, result: RunResult) -> float | None:
    """Inferences per second at the chip's nominal clock; None without cycles."""
    return None if not result.cycles else result.samples * program.chip.clock_mhz * 1e6 / result.cycles


def tile_rows(program: Program, result: RunResult) -> list[TileRow]:
    """A row per tile in use, in order of layer; empty without counters."""
    if result.counters is None or not result.cycles:
        return []
    rows = []
    for core in program.cores:
        counters = {c.name: int(result.counters[core.tile, c]) for c in Counter}
        busy, fire = counters[Counter.INTEGRATE_BUSY.name], counters[Counter.FIRE_BUSY.name]
        rows.append(TileRow(core.tile, core.layer, busy / result.cycles, fire / result.cycles, counters))
    return rows
