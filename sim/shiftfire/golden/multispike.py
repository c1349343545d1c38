"""Multi-spike IF: as many spikes in one step as the membrane holds thresholds (Sinabs' MultiSpike with MembraneSubtract)."""

from __future__ import annotations

import numpy as np

from ..network.neurons.multispike_if import MultiSpikeIf
from ..network.values import IntArray
from .state import NeuronState


def fire_multispike(
    neuron: MultiSpikeIf, sums: IntArray, stored: IntArray | None = None, state: NeuronState | None = None
) -> IntArray:
    """Spike counts 0..hi of membranes driven by ``sums``, both (samples, timesteps, channels, height, width).

    Each step: ``V <- min(V - sum of s (V >> k) + sum + bias, v_max)``, every shift of the V before the step and rounding down;
    ``n = clip(floor(V / theta), 0, hi)``; ``V <- max(V - n theta, floor)``. V starts from ``v_init`` in every sample.
    ``stored``, of the same shape, takes V as each step leaves it; ``state`` carries V from call to call.
    """
    theta, bias = (values.astype(np.int64)[:, None, None] for values in (neuron.theta, neuron.bias))
    floor = -theta if neuron.floor is None else np.int64(neuron.floor)
    spikes = np.zeros(sums.shape, np.int64)
    potential = state.arrays[0] if state is not None and state.arrays else np.full_like(sums[:, 0], neuron.v_init)
    for step in range(sums.shape[1]):
        leak = sum((-(potential >> term.shift) if term.negative else potential >> term.shift for term in neuron.leak), np.int64(0))
        potential = np.minimum(potential - leak + sums[:, step] + bias, neuron.v_max)
        spikes[:, step] = np.clip(potential // theta, 0, neuron.hi)
        potential = np.maximum(potential - spikes[:, step] * theta, floor)
        if stored is not None:
            stored[:, step] = potential
    if state is not None:
        state.arrays = (potential,)
    return spikes
