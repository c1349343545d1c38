"""Leaky integrate-and-fire."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.fire import Reset

from ..network.neurons.lif import Lif
from ..network.values import IntArray
from .state import NeuronState


def fire_lif(lif: Lif, sums: IntArray, stored: IntArray | None = None, state: NeuronState | None = None) -> IntArray:
    """Spikes (0 or 1) of membranes driven by ``sums``, both (samples, timesteps, channels, height, width).

    Each step: ``V <- clip(V - sum of s (V >> k) + sum + bias, v_min, v_max)``, every shift of the V before the step and
    rounding down; fire at ``V >= theta`` (strict: ``>``); then reset. V starts from ``v_init`` in every sample.
    ``stored``, of the same shape, takes V as each step leaves it; ``state`` carries V from call to call.
    """
    theta = lif.theta.astype(np.int64)[:, None, None]
    bias = lif.bias.astype(np.int64)[:, None, None]
    spikes = np.zeros(sums.shape, np.int64)
    potential = state.arrays[0] if state is not None and state.arrays else np.full_like(sums[:, 0], lif.v_init)
    for step in range(sums.shape[1]):
        leak = sum((-(potential >> term.shift) if term.negative else potential >> term.shift for term in lif.leak), np.int64(0))
        potential = np.clip(potential - leak + sums[:, step] + bias, lif.v_min, lif.v_max)
        fired = potential > theta if lif.strict else potential >= theta
        spikes[:, step] = fired
        if lif.reset is Reset.SUBTRACT:
            potential = potential - np.where(fired, theta, 0)
        elif lif.reset is Reset.ZERO:
            potential = np.where(fired, 0, potential)
        if stored is not None:
            stored[:, step] = potential
    if state is not None:
        state.arrays = (potential,)
    return spikes
