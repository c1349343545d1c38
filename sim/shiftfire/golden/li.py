"""Leaky integrators whose membranes are the output."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..network.neurons.li import Li
from ..network.values import IntArray
from .steps import Carried, State, fire_steps, leaked, of_neurons


def step_li(li: Li, state: State, sums: IntArray) -> tuple[IntArray, State]:
    """One step of neurons in ``state`` (the membrane), driven by ``sums`` (samples, channels, height, width): the membrane twice, emitted and kept.

    ``V <- clip(V - sum of s (V >> k) + sum + bias, v_min, v_max)``, every shift of the V before the step and rounding down.
    """
    (before,) = state
    bias = of_neurons(li.bias)
    potential = np.clip(before - leaked(before, li.leak) + sums + bias, li.v_min, li.v_max)
    return potential, (potential,)


def fire_li(li: Li, sums: IntArray, stored: IntArray | None = None, carried: Carried | None = None) -> IntArray:
    """Membranes driven by ``sums``, both (samples, timesteps, channels, height, width): `step_li` from ``v_init`` in every sample.

    ``stored``, of the same shape, takes V as each step leaves it: what is returned.
    """
    return fire_steps(partial(step_li, li), (np.full_like(sums[:, 0], li.v_init),), sums, (stored,), carried)
