"""Sums that drive a layer's neurons."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..network.graph import Layer
from ..network.synapses import Synapses
from ..network.values import IntArray
from .synapses import contribution


def synapse_sums(layer: Layer, synapses: Synapses, activations: Mapping[str, IntArray]) -> IntArray:
    """Sums of one synapse per vector of its source, (samples, timesteps, channels, height, width), as the layer sees them: ``delay`` steps late, after zeros."""
    values = activations[synapses.source]
    samples, steps = values.shape[:2]
    rows = None if synapses.rows is None else activations[synapses.rows]
    flat = contribution(
        synapses, values.reshape(-1, *values.shape[2:]), None if rows is None else rows.reshape(-1, *rows.shape[2:])
    )
    sums = flat.reshape(samples, steps, *layer.shape.as_tuple())
    if synapses.delay:
        late = np.zeros_like(sums)
        late[:, synapses.delay :] = sums[:, : -synapses.delay]
        return late
    return sums


def driving_sums(layer: Layer, activations: Mapping[str, IntArray]) -> IntArray:
    """Sums of the layer's synapses at each of its firings, (samples, timesteps, channels, height, width), without bias."""
    total = np.zeros((1, 1, 1, 1, 1), np.int64)
    for synapses in layer.synapses:
        total = total + synapse_sums(layer, synapses, activations)
    if layer.timesteps == total.shape[1]:
        return total
    if layer.timesteps == 1:
        return total.sum(axis=1, keepdims=True)
    return np.repeat(total, layer.timesteps, axis=1)  # one vector, constant drive
