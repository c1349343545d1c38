"""Rate coding: a Bernoulli trial per element and timestep, as snnTorch's ``spikegen.rate`` and SpikingJelly's ``PoissonEncoder``.

The random numbers are SplitMix64's (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), number i of the series for
the i-th element of (samples, timesteps, ...): the same in every environment, and the first samples do not depend on how many follow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.values import IntArray
from .values import fractions, steps_of, whole

GAMMA, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
UNIFORM_BITS = 53  # of a random number, as a double has


def rate(values: Any, timesteps: int, *, seed: int = 0, most: float | None = None) -> IntArray:
    """Spikes (samples, timesteps, ...) of 0 and 1: 1 with probability ``values / most``, values (samples, ...).

    ``most`` is 1 for floats and booleans, and must be given for integers. Raises InputError for a value outside 0..most.
    """
    probability = fractions("rate", values, most)
    steps, start = steps_of("rate", timesteps, probability), whole("rate", "seed", seed, 0)
    spikes = np.empty((len(probability), steps, *probability.shape[1:]), np.int64)
    for sample, own in enumerate(probability):
        numbers = uniform(start, sample * spikes[0].size, spikes[0].size).reshape(spikes.shape[1:])
        spikes[sample] = numbers < own * 2.0**UNIFORM_BITS  # both exact
    return spikes


def uniform(seed: int, first: int, count: int) -> NDArray[np.uint64]:
    """Numbers ``first`` to ``first + count - 1`` of the series of a seed, 0..2^53 - 1."""
    state = _mixed(np.array([seed], np.uint64))
    counter = np.arange(first + 1, first + 1 + count, dtype=np.uint64)
    return _mixed(state + counter * np.uint64(GAMMA)) >> np.uint64(64 - UNIFORM_BITS)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's output function; sums and products are modulo 2^64."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(FIRST)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(SECOND)
    return state ^ (state >> np.uint64(31))
