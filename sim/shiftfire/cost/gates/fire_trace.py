"""What the lanes of a fire engine see while LIF neurons fire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...golden.execute import GoldenTrace
from ...golden.sums import driving_sums
from ...network.graph import Layer
from ...network.neurons.lif import Lif
from ...network.values import IntArray, NetworkError


@dataclass(frozen=True, eq=False)
class FireTrace:
    """Steps in order, all (steps, streams): sum without bias, bias, threshold, membrane before the step, before its reset, and after. A stream is a lane of the engine in one sample."""

    sum: IntArray
    bias: IntArray
    theta: IntArray
    v: IntArray
    u: IntArray
    v_next: IntArray


def fire_trace(layer: Layer, trace: GoldenTrace, fire_lanes: int) -> FireTrace:
    """The steps of a LIF layer whose resets subtract; ``trace`` with membranes. They come by timestep, row, column, and ``fire_lanes`` channels at a time. Raises NetworkError for other layers."""
    neuron = layer.neuron
    if not isinstance(neuron, Lif) or neuron.reset.name != "SUBTRACT" or neuron.delayed_reset or neuron.refractory:
        raise NetworkError(f"layer {layer.name}: no plain LIF neurons with subtraction; trace another layer")
    sums = driving_sums(layer, trace.activations)
    after, spikes = trace.membranes[layer.states[0]], trace.activations[layer.name]
    before = np.concatenate([np.full_like(after[:, :1], neuron.v_init), after[:, :-1]], axis=1)
    bias, theta = (np.broadcast_to(values.reshape(-1, 1, 1), sums.shape) for values in (neuron.bias, neuron.theta))
    potentials = after + theta * spikes
    return FireTrace(*(in_order(layer, values, fire_lanes) for values in (sums, bias, theta, before, potentials, after)))


def in_order(layer: Layer, values: IntArray, fire_lanes: int) -> IntArray:
    """(steps, samples x lanes) of a layer's values (samples, timesteps, channels, height, width), as the engine fires them. Raises NetworkError where channels do not fill the lanes."""
    samples, timesteps, channels, height, width = values.shape
    if channels % fire_lanes:
        raise NetworkError(f"layer {layer.name}: {channels} channels do not fill {fire_lanes} lanes; trace another layer")
    lanes = values.transpose(0, 1, 3, 4, 2).reshape(samples, timesteps * height * width * channels // fire_lanes, fire_lanes)
    return lanes.transpose(1, 0, 2).reshape(lanes.shape[1], -1)
