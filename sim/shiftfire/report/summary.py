"""Figures of tiles, and spreads of figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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

    @classmethod
    def of(cls, values: NDArray[Any]) -> Spread:
        """Of an array that is not empty."""
        return cls(float(values.min()), float(values.mean()), float(values.max()))

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
