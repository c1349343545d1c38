"""Sums that are sent whole."""

from __future__ import annotations

from ..network.neurons.wide_sum import Sum
from ..network.values import IntArray
from .steps import of_neurons


def fire_sum(neuron: Sum, sums: IntArray) -> IntArray:
    """``sums`` (samples, timesteps, channels, height, width) with the bias, same shape; every fire for itself."""
    return sums + of_neurons(neuron.bias)
