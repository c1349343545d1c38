"""Measured mappings: the best predicted ones, and others close to them, in the simulator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..compiler.compile import program_of
from ..compiler.optimised import Cores, Objective, Trial
from ..compiler.program import CompileError, CutNetwork, Program
from ..compiler.schedule import Round, Schedule, weights_from_top
from ..energy.estimate import estimate_energy
from ..energy.parts import Clock
from ..network.input_sets import Inputs
from ..system.plan import RunError, plan_rounds
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


class Trials:
    """Runs of mappings of one network in the simulator: of a whole one, or of the round behind the rounds of the programs ``before``."""

    def __init__(self, model: Model, before: Sequence[Program], cut: CutNetwork, inputs: Inputs) -> None:
        self.model = model
        self._before, self._cut, self._inputs = before, cut, inputs

    def run(self, candidate: Candidate) -> Measured | None:
        """Run a candidate; None when it would stall, or its rounds do not fit main memory."""
        model, top = self.model, weights_from_top(len(self._before))
        try:
            program = program_of(model.network, candidate.cores, model.chip, spread=True, weights_from_top=top)
            program = replace(program, cut=self._cut)
            rounds = tuple(Round(part) for part in (*self._before, program))
            plans = plan_rounds(Schedule(self._cut.given, model.chip, rounds, True, cut=self._cut), self._inputs, batches=False)
        except (CompileError, RunError):
            return None
        result = simulate_rounds(plans[-1:])[0]
        assert result.cycles is not None
        counts = {name: sum(c.layer == name for c in program.cores) for name in dict.fromkeys(c.layer for c in program.cores)}
        predicted = candidate.prediction.cycles / candidate.prediction.samples * result.samples
        return Measured(program, Trial(counts, round(predicted), result.cycles, _figure(model, program, result)))


def measured(trials: Trials, candidates: list[Candidate], effort: int) -> list[Measured]:
    """Up to ``effort`` mappings that the simulator ran, the best first: candidates in their order, then the best with two of its tiles swapped, again and again."""
    model = trials.model
    chosen = candidates[: max(1, -(-effort // _BY_PREDICTION))]
    found = [one for one in map(trials.run, chosen) if one is not None]
    if not found:
        return found
    now = min(found, key=lambda one: one.trial.figure)
    for swapped in _swaps(now.program.cores, model.chip.tiles, max(0, effort - len(chosen))):
        candidate = model.placed(swapped(now.program.cores))
        other = None if candidate is None else trials.run(candidate)
        if other is None:
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


def _figure(model: Model, program: Program, result: RunResult) -> float:
    """What the objective makes as small as it can; of a round that has not the whole course of a sample, cycles in the place of latencies. With cycles goes what a later round waits for pieces."""
    assert result.cycles is not None and result.counters is not None
    if model.objective is Objective.LATENCY and result.sample_cycles is not None and np.all(result.sample_cycles >= 0):
        return float((result.sample_cycles[:, 1] - result.sample_cycles[:, 0]).mean())
    if model.objective is Objective.ENERGY:
        return estimate_energy(program, result.counters, result.samples, result.cycles).total(Clock.GATED).nominal
    return result.cycles / result.samples + model.waits_later(program.cores)
