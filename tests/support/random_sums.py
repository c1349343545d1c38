"""Layers that send their sums, as wide values, with the least limits that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from shiftfire.compiler.mapping.bounds import layer_bounds
from shiftfire.network.check_values import word_limits
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire.network.values import IntArray


def with_limits(known: Sequence[Layer | Input], layer: Layer, bias: IntArray) -> Layer:
    """``layer``, of the sources ``known``, with neurons that send its sums plus ``bias`` (channels,) or (channels, height, width)."""
    inputs = [source for source in known if isinstance(source, Input)]
    layers = (*(source for source in known if isinstance(source, Layer)), layer)
    found = layer_bounds(Network("drawn", inputs[0], layers, layer.name, Readout.NONE, feeds=tuple(inputs[1:])), layer)
    each = bias.reshape(layer.shape.channels, -1)
    low, high = (found.lower + each.min(axis=1)).astype(np.int64), (found.upper + each.max(axis=1)).astype(np.int64)
    return replace(layer, neuron=Sum(bias, np.minimum(low, 0), np.maximum(high, 0)))


def random_sum(rng: np.random.Generator, known: Sequence[Layer | Input], layer: Layer, *, each: bool) -> Layer:
    """``layer`` with such neurons, its bias drawn; ``each``: perhaps of each neuron. As it was where it fires oftener than its sources send, and where sums could be wider than a word."""
    sent = {source.name: source.timesteps for source in known}
    if layer.timesteps not in (1, sent[layer.synapses[0].source]):
        return layer
    shape = layer.shape.as_tuple() if each and rng.random() < 0.4 else layer.shape.as_tuple()[:1]
    summed = with_limits(known, layer, rng.integers(-20, 21, shape))
    least, most = summed.value_limits
    low, high = word_limits()
    return summed if low <= least and most <= high else layer
