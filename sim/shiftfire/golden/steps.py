"""Neurons that carry states from step to step: how golden takes them through time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..network.neurons.membrane import LeakTerm
from ..network.values import IntArray

State = tuple[IntArray, ...]  # the membrane, then the synaptic current where there is one; each of the shape of one step's sums
Step = Callable[
    [State, IntArray], tuple[IntArray, State]
]  # state before the step and its sums, to what is emitted and the state after


def leaked(state: IntArray, leak: tuple[LeakTerm, ...]) -> IntArray:
    """What a leak takes off ``state``: every shift of the state before the step, rounding down."""
    return sum((-(state >> term.shift) if term.negative else state >> term.shift for term in leak), np.zeros_like(state))


def fire_steps(step: Step, state: State, sums: IntArray, stored: Sequence[IntArray | None] = ()) -> IntArray:
    """What neurons emit that start in ``state``, for ``sums`` (samples, timesteps, channels, height, width), same shape.

    ``stored``, arrays of that shape (or None), take the states as each step leaves them: the membrane, then the current.
    """
    emitted = np.zeros(sums.shape, np.int64)
    for time in range(sums.shape[1]):
        emitted[:, time], state = step(state, sums[:, time])
        for kept, values in zip(stored, state, strict=False):
            if kept is not None:
                kept[:, time] = values
    return emitted
