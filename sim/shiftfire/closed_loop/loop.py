"""Episodes of a task: observation, decision, action, until all are over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..network.values import IntArray
from ..report.run import Run
from .environments import Environments
from .quantise import quantised
from .tasks import Task

Decide = Callable[[IntArray], Run]  # inputs (samples, quantities, 1, 1): a run with a prediction for each
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Episode:
    """``observations`` (steps, quantities), before each action; ``actions`` (steps,); ``latencies`` (steps,) in cycles, None where nobody counts them."""

    seed: int
    total: float  # the return
    observations: NDArray[np.float64]
    actions: IntArray
    latencies: IntArray | None

    @property
    def steps(self) -> int:
        return len(self.actions)


@dataclass(frozen=True, eq=False)
class Counted:
    """Of all runs of a loop together: counters (tiles, COUNTERS) and cycles."""

    counters: IntArray
    cycles: int


def run_episodes(
    task: Task, decide: Decide, seeds: Sequence[int], progress: Progress | None = None
) -> tuple[tuple[Episode, ...], Counted | None]:
    """One episode for each seed, side by side: the observations of a step are the samples of one run.

    What was counted is None where the execution counts nothing. ``progress(done, total)`` is called with steps of the longest episode. Raises InputError without gymnasium.
    """
    environments = Environments(task.environment, len(seeds))
    environments.reset(seeds)
    kept: list[list[tuple[NDArray[np.float64], int, int | None]]] = [[] for _ in seeds]
    counters: list[IntArray] = []
    cycles, known = 0, True
    while environments.live.any():
        live = np.flatnonzero(environments.live)
        observations = environments.observations[live].copy()
        run = decide(quantised(observations, task.ranges)[:, :, None, None])
        actions, latencies = run.predictions, run.sample_latencies
        assert actions is not None  # the network was looked at before
        for place, number in enumerate(live):
            kept[number].append((observations[place], int(actions[place]), None if latencies is None else int(latencies[place])))
        if run.counters is None or run.cycles is None:
            known = False
        else:
            counters = [np.sum([*counters, run.counters], axis=0)]
            cycles += run.cycles
        environments.step(actions)
        if progress is not None:
            progress(int(environments.steps.max()), environments.most_steps)
    environments.close()
    episodes = tuple(_episode(seed, total, rows) for seed, total, rows in zip(seeds, environments.returns, kept, strict=True))
    return episodes, Counted(counters[0], cycles) if known else None


def _episode(seed: int, total: float, rows: Sequence[tuple[NDArray[np.float64], int, int | None]]) -> Episode:
    latencies = [cycles for _, _, cycles in rows if cycles is not None]
    return Episode(
        int(seed),
        float(total),
        np.array([observation for observation, _, _ in rows]),
        np.array([action for _, action, _ in rows], np.int64),
        np.array(latencies, np.int64) if len(latencies) == len(rows) else None,
    )
