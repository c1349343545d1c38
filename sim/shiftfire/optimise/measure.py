"""Measured mappings: the best predicted ones, and others close to them, in the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..compiler.compile import program_of
from ..compiler.optimised import Cores, Objective, Trial
from ..compiler.program import CompileError, Program
from ..compiler.schedule import resident_schedule
from ..energy.estimate import estimate_energy
from ..network.input_sets import Inputs
from ..system.plan import plan_rounds
from ..system.result import RunResult
from ..system.simulate import simulate_rounds
from .model import Candidate, Model
from .placement import moved

_SEED = 1
_BY_PREDICTION = 3  # of so many runs one is for the predictions' best, the others for placements close to the best measured


@dataclass(frozen=True, eq=False)
class Measured:
    """A mapping that ran, and the objective's figure: the less the better."""

    program: Program
    trial: Trial


def measured(model: Model, candidates: list[Candidate], effort: int, inputs: Inputs) -> list[Measured]:
    """Up to ``effort`` mappings that the simulator ran, the best first: candidates in their order, then the best with two of its tiles swapped, again and again."""
    chosen = candidates[: max(1, -(-effort // _BY_PREDICTION))]
    found = [_run(model, candidate, inputs) for candidate in chosen]
    best = min(range(len(found)), key=lambda number: found[number].trial.figure)
    now, cores = found[best], chosen[best].cores
    for swapped in _swaps(cores, model.chip.tiles, max(0, effort - len(chosen))):
        candidate = model.placed(swapped(now.program.cores))
        if candidate is None:
            continue
        try:
            other = _run(model, candidate, inputs)
        except CompileError:
            continue
        found.append(other)
        if other.trial.figure < now.trial.figure:
            now = other
    return sorted(found, key=lambda one: one.trial.figure)


class _Swap:
    """Two tiles, the first one of a core."""

    def __init__(self, core: int, tile: int) -> None:
        self._core, self._tile = core, tile

    def __call__(self, cores: Cores) -> Cores:
        tiles = [core.tile for core in cores]
        mine = tiles[self._core]
        if self._tile in tiles:
            tiles[tiles.index(self._tile)] = mine
        tiles[self._core] = self._tile
        return moved(cores, tiles)


def _swaps(cores: Cores, tiles: int, count: int) -> Iterator[_Swap]:
    """Random ones, the same for the same arguments."""
    rng = np.random.default_rng(_SEED)
    for core, tile in rng.integers(0, (len(cores), tiles), (count, 2)).tolist():
        yield _Swap(core, tile)


def _run(model: Model, candidate: Candidate, inputs: Inputs) -> Measured:
    """Run a candidate. Raises CompileError when it would stall."""
    program = program_of(model.network, candidate.cores, model.chip, spread=True)
    result = simulate_rounds(plan_rounds(resident_schedule(program), inputs))[0]
    assert result.cycles is not None
    counts = {name: sum(c.layer == name for c in program.cores) for name in dict.fromkeys(c.layer for c in program.cores)}
    predicted = candidate.prediction.cycles / candidate.prediction.samples * result.samples
    return Measured(program, Trial(counts, round(predicted), result.cycles, _figure(model.objective, program, result)))


def _figure(objective: Objective, program: Program, result: RunResult) -> float:
    """What the objective makes as small as it can."""
    assert result.cycles is not None and result.counters is not None
    if objective is Objective.LATENCY and result.sample_cycles is not None:
        return float((result.sample_cycles[:, 1] - result.sample_cycles[:, 0]).mean())
    if objective is Objective.ENERGY:
        return estimate_energy(program, result.counters, result.samples).per_inference
    return result.cycles / result.samples
