"""Neurons that carry states from step to step: how golden takes them through time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..network.neurons.membrane import Leak
from ..network.values import IntArray

State = tuple[IntArray, ...]  # those of `Layer.states`, in their order; each of the shape of one step's sums
Step = Callable[
    [State, IntArray], tuple[IntArray, State]
]  # state before the step and its sums, to what is emitted and the state after


@dataclass
class Carried:
    """The state in which a call of `fire_steps` leaves neurons, for the next one to go on from; None: a sample starts."""

    state: State | None = None


def of_neurons(values: IntArray) -> IntArray:
    """Parameters per channel or neuron, int64, to go with (samples, channels, height, width)."""
    wide = values.astype(np.int64)
    return wide[:, None, None] if wide.ndim == 1 else wide


def leaked(state: IntArray, leak: Leak) -> IntArray:
    """What a leak takes off ``state`` (samples, channels, height, width): every shift of the state before the step, rounding down."""
    if not isinstance(leak, tuple):
        codes = [of_neurons(code) for code in leak]
        return sum((np.sign(code) * (state >> np.maximum(np.abs(code) - 1, 0)) for code in codes), np.zeros_like(state))
    return sum((-(state >> term.shift) if term.negative else state >> term.shift for term in leak), np.zeros_like(state))


def fire_steps(
    step: Step, state: State, sums: IntArray, stored: Sequence[IntArray | None] = (), carried: Carried | None = None
) -> IntArray:
    """What neurons emit that start in ``state``, for ``sums`` (samples, timesteps, channels, height, width), same shape.

    ``stored``, arrays of that shape (or None), take the states as each step leaves them. ``carried``: where
    the steps of a sample come in several calls, one after the other; the state is then that of the call before.
    """
    if carried is not None and carried.state is not None:
        state = carried.state
    emitted = np.zeros(sums.shape, np.int64)
    for time in range(sums.shape[1]):
        emitted[:, time], state = step(state, sums[:, time])
        for kept, values in zip(stored, state, strict=False):
            if kept is not None:
                kept[:, time] = values
    if carried is not None:
        carried.state = state
    return emitted
