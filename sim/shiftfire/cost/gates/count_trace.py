"""What the dividers of a fire engine see while COUNT neurons fire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...golden.execute import GoldenTrace
from ...golden.sums import driving_sums
from ...network.graph import Layer
from ...network.neurons.count import Count
from ...network.values import IntArray, NetworkError
from .fire_trace import in_order


@dataclass(frozen=True, eq=False)
class CountTrace:
    """Neurons in order, all (neurons, streams): sum with bias, threshold, count. A stream is a lane of the engine in one sample. span: greatest count. steps: of a division."""

    a: IntArray
    theta: IntArray
    n: IntArray
    span: int
    steps: int


def count_trace(layer: Layer, trace: GoldenTrace, fire_lanes: int) -> CountTrace:
    """The divisions of a COUNT layer without levels or dead zone. Raises NetworkError for other layers."""
    neuron = layer.neuron
    if not isinstance(neuron, Count) or neuron.levels is not None or neuron.dead_zone or neuron.lo:
        raise NetworkError(f"layer {layer.name}: no plain COUNT neurons from 0 on; trace another layer")
    sums = driving_sums(layer, trace.activations)
    bias, theta = (np.broadcast_to(values.reshape(-1, 1, 1), sums.shape) for values in (neuron.bias, neuron.theta))
    a, thresholds, counts = (in_order(layer, values, fire_lanes) for values in (sums + bias, theta, trace.activations[layer.name]))
    return CountTrace(a, thresholds, counts, neuron.hi, neuron.hi.bit_length())
