"""Multi-spike IF: as many spikes in one step as the membrane holds thresholds (Sinabs' MultiSpike with MembraneSubtract)."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..network.neurons.multispike_if import MultiSpikeIf
from ..network.values import IntArray
from .steps import Carried, State, fire_steps, leaked, of_neurons


def step_multispike(neuron: MultiSpikeIf, state: State, sums: IntArray) -> tuple[IntArray, State]:
    """One step of neurons in ``state`` (the membrane), driven by ``sums`` (samples, channels, height, width): spike counts, and the state after.

    ``V <- min(V - sum of s (V >> k) + sum + bias, v_max)``, every shift of the V before the step and rounding down;
    ``n = clip(floor(V / theta), 0, hi)``; ``V <- max(V - n theta, floor)``.
    """
    theta, bias = of_neurons(neuron.theta), of_neurons(neuron.bias)
    floor = -theta if neuron.floor is None else np.int64(neuron.floor)
    (before,) = state
    potential = np.minimum(before - leaked(before, neuron.leak) + sums + bias, neuron.v_max)
    spikes = np.clip(potential // theta, 0, neuron.hi)
    return spikes, (np.maximum(potential - spikes * theta, floor),)


def fire_multispike(
    neuron: MultiSpikeIf, sums: IntArray, stored: IntArray | None = None, carried: Carried | None = None
) -> IntArray:
    """Spike counts 0..hi of membranes driven by ``sums``, both (samples, timesteps, channels, height, width): `step_multispike` from ``v_init`` in every sample.

    ``stored``, of the same shape, takes V as each step leaves it.
    """
    return fire_steps(partial(step_multispike, neuron), (np.full_like(sums[:, 0], neuron.v_init),), sums, (stored,), carried)
