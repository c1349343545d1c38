"""Waits: what the longest chain through a predicted run is made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from shiftfire_spec.events import IO_TILE

from ..compiler.program import Program
from .moments import Cause, chain
from .predict import Prediction

IO_NAME = "I/O tile"


@dataclass(frozen=True)
class Wait:
    """``cycles`` of the longest chain that pass with ``cause`` on a tile, and their share of the run, 0 to 1."""

    layer: str
    tile: int
    cause: Cause
    cycles: float
    share: float

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return {**asdict(self), "cause": str(self.cause)}


def waits(program: Program, prediction: Prediction) -> tuple[Wait, ...]:
    """The longest chain by tile and cause, what takes most first; together they are the run."""
    names = {core.tile: core.layer for core in program.cores} | {IO_TILE: IO_NAME}
    cycles: dict[tuple[int, Cause], float] = {}
    for moment in chain(prediction.last):
        if moment.back is not None and moment.time > moment.back.time:
            key = (moment.tile, moment.cause)
            cycles[key] = cycles.get(key, 0.0) + moment.time - moment.back.time
    whole = prediction.last.time
    found = [Wait(names[tile], tile, cause, spent, spent / whole) for (tile, cause), spent in cycles.items()]
    return tuple(sorted(found, key=lambda wait: -wait.cycles))
