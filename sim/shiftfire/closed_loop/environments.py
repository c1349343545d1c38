"""Several copies of one environment of gymnasium."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network.values import IntArray


class Environments:
    """One episode each of copies of an environment, by seed. ``observations`` (episodes, quantities), ``returns`` and ``steps`` (episodes,), ``live``: whose episode is not over.

    ``most_steps``: after so many an episode ends in any case.

    Raises InputError without gymnasium.
    """

    def __init__(self, environment: str, episodes: int) -> None:
        gymnasium = _gymnasium()
        self._copies: list[Any] = [gymnasium.make(environment, disable_env_checker=True) for _ in range(episodes)]
        self.most_steps: int = self._copies[0].spec.max_episode_steps

    def reset(self, seeds: Sequence[int]) -> None:
        """Begin an episode of each copy."""
        first = [copy.reset(seed=int(seed))[0] for copy, seed in zip(self._copies, seeds, strict=True)]
        self.observations: NDArray[np.float64] = np.array(first, np.float64)
        self.returns = np.zeros(len(first))
        self.steps = np.zeros(len(first), np.int64)
        self.live = np.ones(len(first), bool)

    def step(self, actions: IntArray) -> None:
        """Do ``actions`` (live episodes,), in order, in the live episodes."""
        for number, action in zip(np.flatnonzero(self.live), actions, strict=True):
            observation, reward, terminated, truncated, _ = self._copies[number].step(int(action))
            self.observations[number] = observation
            self.returns[number] += float(reward)
            self.steps[number] += 1
            self.live[number] = not (terminated or truncated)

    def close(self) -> None:
        """Give up what the copies hold."""
        for copy in self._copies:
            copy.close()


def _gymnasium() -> Any:
    try:
        return import_module("gymnasium")
    except ImportError:
        raise InputError(
            "control needs gymnasium, which is not installed: pip install gymnasium, or 'shiftfire[control]'"
        ) from None
