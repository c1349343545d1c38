"""Batches: samples that do not fit main memory together go through each round some at a time, and make one result of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, groupby

import numpy as np
from numpy.typing import NDArray

from ..network.values import IntArray
from .plan import RunPlan
from .result import RunResult
from .trace import number_vectors


def batch_sizes(plans: Sequence[RunPlan]) -> tuple[int, ...]:
    """Samples of each batch, in order."""
    return tuple(plan.samples for plan in plans if plan.round == 0)


def round_results(plans: Sequence[RunPlan], results: Sequence[RunResult]) -> tuple[RunResult, ...]:
    """A result per round of what planned runs gave, which are one per round and batch: as if its batches followed each other without a pause.

    Cycles between two batches, of the configuration that the second one takes, are counted with the round's configuration.
    """
    groups = groupby(zip(plans, results, strict=True), key=lambda pair: pair[0].round)
    return tuple(_together([*pairs]) for _, pairs in groups)


def _together(pairs: list[tuple[RunPlan, RunResult]]) -> RunResult:
    plans, results = [plan for plan, _ in pairs], [result for _, result in pairs]
    if len(results) == 1:
        return results[0]
    starts = [0, *accumulate(result.cycles or 0 for result in results)]
    events = _later([result.events for result in results], starts)
    if events is not None:
        number_vectors(events)
    read = [result.predictions for result in results]
    sampled = [result.sample_cycles for result in results]
    counted = [result.counters for result in results]
    return replace(
        results[0],
        samples=sum(plan.samples for plan in plans),
        predictions=_joined(read),
        cycles=_sum([result.cycles for result in results]),
        config_cycles=_sum([result.config_cycles for result in results]),
        sample_cycles=_joined(
            [None if own is None else own + start * (own >= 0) for own, start in zip(sampled, starts, strict=False)]
        ),
        counters=None if any(own is None for own in counted) else np.sum(np.stack([c for c in counted if c is not None]), axis=0),
        events=events,
        engine_events=_later([result.engine_events for result in results], starts),
        membranes=_membranes(results),
        collected=_later([_counted_on(*pair, before) for pair, before in zip(pairs, _before(plans), strict=True)], starts),
    )


def _before(plans: Sequence[RunPlan]) -> list[int]:
    """Samples of the batches before each of them."""
    return [0, *accumulate(plan.samples for plan in plans)][:-1]


def _counted_on(plan: RunPlan, result: RunResult, before: int) -> NDArray[np.void] | None:
    """What a batch collected, its vectors numbered behind those of ``before`` samples."""
    if result.collected is None:
        return None
    program, collected = plan.program, result.collected.copy()
    steps = np.zeros(program.chip.tags, np.int64)
    for core in program.answering_cores():
        steps[program.stream_of(core.tile).tag] = program.network.layer(core.layer).timesteps
    collected["vector"] += before * steps[collected["tag"]]
    return collected


def _later(parts: Sequence[NDArray[np.void] | None], starts: Sequence[int]) -> NDArray[np.void] | None:
    """Events one batch behind the other; None when one is not known. Golden's, without cycles, stay without."""
    known = [part.copy() for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    for part, start in zip(known, starts, strict=False):
        part["cycle"] += start * (part["cycle"] >= 0)
    return np.concatenate(known)


def _membranes(results: Sequence[RunResult]) -> dict[str, IntArray] | None:
    own = [result.membranes for result in results if result.membranes is not None]
    return {name: np.concatenate([part[name] for part in own]) for name in own[0]} if own else None


def _joined(parts: Sequence[IntArray | None]) -> IntArray | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
