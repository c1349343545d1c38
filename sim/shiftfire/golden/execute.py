"""Execution of a network: what every layer emits, without time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Never

import numpy as np

from ..network.check import check_network
from ..network.graph import Layer, Network, Readout
from ..network.inputs import expand_inputs
from ..network.neurons.argmax import Argmax
from ..network.neurons.bspn import Bspn
from ..network.neurons.count import Count
from ..network.neurons.cubali import CubaLi
from ..network.neurons.cubalif import CubaLif
from ..network.neurons.li import Li
from ..network.neurons.lif import Lif
from ..network.neurons.multispike_if import MultiSpikeIf
from ..network.neurons.ptsoftmax import Ptsoftmax
from ..network.neurons.registry import Neuron, refuse
from ..network.neurons.requant import Requant
from ..network.neurons.shiftlif import ShiftLif
from ..network.neurons.table import Table
from ..network.values import IntArray
from .activation_table import fire_table
from .argmax import fire_argmax
from .bspn import fire_bspn
from .count import fire_count
from .cuba import fire_cubali, fire_cubalif
from .li import fire_li
from .lif import fire_lif
from .multispike import fire_multispike
from .ptsoftmax import fire_ptsoftmax
from .requant import fire_requant
from .shiftlif import fire_shiftlif
from .synapses import contribution

_NOT_STORED = np.iinfo(np.int64).min  # no potential: membranes have at most 32 bits


@dataclass(frozen=True, eq=False)
class GoldenTrace:
    """What a network emits.

    ``activations`` holds, for the input and every layer, an int64 array (samples, timesteps, channels, height, width).
    An ARGMAX layer's is one-hot: its one event's axon is the index of the 1. ``predictions`` is (samples,), or None without
    read-out. ``membranes`` holds likewise, by the names of `Layer.states`, what each step stores (the membrane after the reset, the current); it is
    empty unless they were asked for.
    """

    activations: dict[str, IntArray]
    predictions: IntArray | None
    membranes: dict[str, IntArray] = field(default_factory=dict)


def execute(network: Network, inputs: IntArray, *, membranes: bool = False) -> GoldenTrace:
    """Run ``inputs`` through ``network``, and keep the membranes' potentials if ``membranes``.

    ``inputs``: (samples, timesteps, channels, height, width), or what `expand_inputs` makes that of. Raises NetworkError when the
    network or the inputs are not valid.
    """
    return execute_checked(check_network(network), inputs, membranes=membranes)


def execute_checked(network: Network, inputs: IntArray, *, membranes: bool = False) -> GoldenTrace:
    """`execute` of a network that has been checked, as every compiled one has."""
    activations = {network.input.name: expand_inputs(network.input, inputs)}
    stored: dict[str, IntArray] = {}
    for layer in network.layers:
        sums = driving_sums(layer, activations)
        kept = [np.full_like(sums, _NOT_STORED) for _ in layer.states] if membranes else []
        activations[layer.name] = fire(layer.neuron, sums, *kept)
        if any(np.any(values == _NOT_STORED) for values in kept):
            raise AssertionError(f"golden does not say what a {layer.kind.label} stores")
        stored |= zip(layer.states, kept, strict=False)
    return GoldenTrace(activations, _predictions(network, activations[network.output]), stored)


def driving_sums(layer: Layer, activations: dict[str, IntArray]) -> IntArray:
    """Sums of the layer's synapses at each of its firings, (samples, timesteps, channels, height, width), without bias."""
    total = np.zeros((1, 1, 1, 1, 1), np.int64)
    for synapses in layer.synapses:
        values = activations[synapses.source]
        samples, steps = values.shape[:2]
        rows = None if synapses.rows is None else activations[synapses.rows]
        sums = contribution(
            synapses, values.reshape(-1, *values.shape[2:]), None if rows is None else rows.reshape(-1, *rows.shape[2:])
        )
        total = total + sums.reshape(samples, steps, *layer.shape.as_tuple())
    if layer.timesteps == total.shape[1]:
        return total
    if layer.timesteps == 1:
        return total.sum(axis=1, keepdims=True)
    return np.repeat(total, layer.timesteps, axis=1)  # one vector, constant drive


def fire(neuron: Neuron, sums: IntArray, stored: IntArray | None = None, currents: IntArray | None = None) -> IntArray:
    """Values that neurons driven by ``sums`` (samples, timesteps, channels, height, width) emit, same shape. Raises NetworkError for neurons of unknown kind.

    ``stored``, of that shape, takes the potentials that each step leaves in the membranes, where the neurons have some; ``currents`` the currents.
    """
    match neuron:
        case Lif():
            return fire_lif(neuron, sums, stored)
        case Count():
            return fire_count(neuron, sums)
        case Requant():
            return fire_requant(neuron, sums)
        case Argmax():
            return fire_argmax(neuron, sums)
        case Ptsoftmax():
            return fire_ptsoftmax(neuron, sums)
        case Bspn():
            return fire_bspn(neuron, sums)
        case ShiftLif():
            return fire_shiftlif(neuron, sums, stored)
        case Table():
            return fire_table(neuron, sums)
        case MultiSpikeIf():
            return fire_multispike(neuron, sums, stored)
        case Li():
            return fire_li(neuron, sums, stored)
        case CubaLif():
            return fire_cubalif(neuron, sums, stored, currents)
        case CubaLi():
            return fire_cubali(neuron, sums, stored, currents)
        case _:
            unhandled: Never = neuron
            refuse(unhandled)


def _predictions(network: Network, output: IntArray) -> IntArray | None:
    scores = output.sum(axis=(3, 4))  # (samples, timesteps, channels): one position, or EVENT's one-hot vector
    match network.readout:
        case Readout.NONE:
            return None
        case Readout.EVENT | Readout.SUM:
            return np.argmax(scores.sum(axis=1), axis=1)
        case Readout.MAX:
            return np.argmax(scores.max(axis=1), axis=1)
        case Readout.LAST:
            return np.argmax(scores[:, -1], axis=1)
