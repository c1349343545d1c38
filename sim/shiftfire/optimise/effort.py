"""Effort over rounds: which round gets how many of the simulator's runs, and what they choose for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..compiler.program import CutNetwork, Program
from ..compiler.schedule import Schedule
from ..network.input_sets import Inputs, sample_count, take_samples
from .mapper import PredictedMapper


def shares(cycles: Sequence[float], effort: int) -> list[int]:
    """``effort`` split in proportion to ``cycles``, what is left to the greatest remainders; equal ones in order."""
    whole = sum(cycles)
    if not whole:
        return [0] * len(cycles)
    exact = [effort * own / whole for own in cycles]
    found = [int(own) for own in exact]
    for number in sorted(range(len(cycles)), key=lambda n: found[n] - exact[n])[: effort - sum(found)]:
        found[number] += 1
    return found


def samples_that_fit(schedule: Schedule, inputs: Inputs) -> Inputs | None:
    """The first samples of ``inputs`` whose rounds fit main memory: all of them, or a half, a quarter and so on; None when not even one does."""
    from ..system.plan import RunError, plan_rounds  # lazy: whoever runs nothing needs no kernels

    count = sample_count(inputs)
    while count:
        some = take_samples(inputs, slice(count))
        try:
            plan_rounds(schedule, some, batches=False)
        except RunError:
            count //= 2
        else:
            return some
    return None


class RoundTrials:
    """A `Refine` of the compiler: the simulator runs as many mappings of each round as ``efforts`` says, of those that ``mapper`` found."""

    def __init__(self, mapper: PredictedMapper, efforts: Sequence[int], cut: CutNetwork, inputs: Inputs) -> None:
        self._mapper, self._efforts, self._cut, self._inputs = mapper, efforts, cut, inputs

    def __call__(self, before: Sequence[Program], program: Program) -> Program:
        """The best of the mappings that ran; what has pieces of layers, or no runs, stays as it is."""
        effort, chosen = self._efforts[len(before)], self._mapper.chosen.get(program.cores)
        if not effort or chosen is None or self._mapper.model.network is not program.network:
            return program
        from .measure import Trials, measured  # lazy, as above

        model = self._mapper.model
        found = measured(Trials(model, before, self._cut, self._inputs), self._mapper.candidates, effort)
        if not found:
            return program
        best = found[0].program
        hops = (chosen.hops[0], model.hops(best.cores))
        trials = tuple(one.trial for one in found)
        self._mapper.chosen[best.cores] = replace(chosen, effort=effort, evaluated=model.evaluated, hops=hops, trials=trials)
        return best
