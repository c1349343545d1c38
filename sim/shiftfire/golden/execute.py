"""Execution of a network: what every layer emits, without time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Never

import numpy as np

from ..network.check import check_network
from ..network.decision import decide
from ..network.graph import Layer, Network
from ..network.input_sets import Inputs, expand_all
from ..network.neurons.argmax import Argmax
from ..network.neurons.bspn import Bspn
from ..network.neurons.count import Count
from ..network.neurons.cubali import CubaLi
from ..network.neurons.cubalif import CubaLif
from ..network.neurons.li import Li
from ..network.neurons.lif import Lif
from ..network.neurons.multispike_if import MultiSpikeIf
from ..network.neurons.ptsoftmax import Ptsoftmax
from ..network.neurons.registry import Neuron, registered
from ..network.neurons.requant import Requant
from ..network.neurons.shiftlif import ShiftLif
from ..network.neurons.table import Table
from ..network.neurons.wide_sum import Sum
from ..network.recurrence import components, feeds_back
from ..network.values import IntArray, NetworkError
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
from .steps import Carried
from .sums import driving_sums, synapse_sums
from .wide_sum import fire_sum

_NOT_STORED = np.iinfo(np.int64).min  # no potential: membranes have at most 32 bits


@dataclass(frozen=True, eq=False)
class GoldenTrace:
    """What a network emits.

    ``activations`` holds, for every input and layer, an int64 array (samples, timesteps, channels, height, width).
    An ARGMAX layer's is one-hot: its one event's axon is the index of the 1. ``predictions`` is (samples,), or None without
    read-out. ``membranes`` holds likewise, by the names of `Layer.states`, what each step stores (the membrane after the reset, the current, the silent steps left); it is
    empty unless they were asked for.
    """

    activations: dict[str, IntArray]
    predictions: IntArray | None
    membranes: dict[str, IntArray] = field(default_factory=dict)


def execute(network: Network, inputs: Inputs, *, membranes: bool = False) -> GoldenTrace:
    """Run ``inputs`` through ``network``, and keep the membranes' potentials if ``membranes``.

    ``inputs``: (samples, timesteps, channels, height, width), or what `expand_inputs` makes that of; of several inputs by name. Raises NetworkError when the
    network or the inputs are not valid.
    """
    return execute_checked(check_network(network), inputs, membranes=membranes)


def execute_checked(network: Network, inputs: Inputs, *, membranes: bool = False) -> GoldenTrace:
    """`execute` of a network that has been checked, as every compiled one has."""
    activations = expand_all(network.inputs, inputs)
    stored: dict[str, IntArray] = {}
    for layers in components(network):
        kept = {
            name: np.full(_values_shape(layer, activations), _NOT_STORED) for layer in layers for name in layer.states if membranes
        }
        if feeds_back(layers):
            _execute_loop(layers, activations, kept)
        else:
            (layer,) = layers
            activations[layer.name] = fire(layer.neuron, driving_sums(layer, activations), *kept.values())
        if any(np.any(values == _NOT_STORED) for values in kept.values()):
            raise AssertionError(f"golden does not say what a {' or a '.join(layer.kind.label for layer in layers)} stores")
        stored |= kept
    return GoldenTrace(activations, _predictions(network, activations[network.output]), stored)


def execute_after(layers: Sequence[Layer], activations: Mapping[str, IntArray]) -> dict[str, IntArray]:
    """``activations`` of a network, and what further ``layers`` emit, which read those (or each other, in order) and which no layer of it reads."""
    known = dict(activations)
    for layer in layers:
        known[layer.name] = fire(layer.kind, driving_sums(layer, known))
    return known


def _values_shape(layer: Layer, activations: Mapping[str, IntArray]) -> tuple[int, ...]:
    """Shape of the layer's activations."""
    samples = len(next(iter(activations.values())))
    return (samples, layer.timesteps, *layer.shape.as_tuple())


def _execute_loop(layers: Sequence[Layer], activations: dict[str, IntArray], kept: Mapping[str, IntArray]) -> None:
    """Execute layers that see each other's vectors, step by step; they come in an order that sources without delay allow."""
    own = {layer.name for layer in layers}
    outside: dict[str, IntArray] = {}
    carried = {layer.name: Carried() for layer in layers}
    for layer in layers:
        given = [s for s in layer.synapses if own.isdisjoint(s.sources)]
        start = np.zeros(_values_shape(layer, activations), np.int64)
        outside[layer.name] = sum((synapse_sums(layer, s, activations) for s in given), start=start)
    for layer in layers:
        activations[layer.name] = np.zeros_like(outside[layer.name])
    for step in range(layers[0].timesteps):
        for layer in layers:
            now = slice(step, step + 1)
            sums = outside[layer.name][:, now]
            for synapses in layer.synapses:
                taken = step - synapses.delay
                if taken >= 0 and not own.isdisjoint(synapses.sources):
                    vectors = {name: activations[name][:, taken : taken + 1] for name in synapses.sources}
                    sums = sums + synapse_sums(layer, replace(synapses, delay=0), vectors)
            stored = [kept[name][:, now] for name in layer.states if name in kept]
            activations[layer.name][:, now] = fire(layer.neuron, sums, *stored, carried=carried[layer.name])


def fire(
    neuron: Neuron,
    sums: IntArray,
    *stored: IntArray | None,
    carried: Carried | None = None,
) -> IntArray:
    """Values that neurons driven by ``sums`` (samples, timesteps, channels, height, width) emit, same shape. Raises NetworkError for neurons of unknown kind.

    ``stored``, of that shape, take what each step leaves in the states of `Layer.states`, in their order, where the neurons have some.
    ``carried`` holds what they keep from call to call: give the same one for the steps of a sample, one after the other.
    """
    match neuron:
        case Lif():
            return fire_lif(neuron, sums, *stored, carried=carried)
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
            return fire_shiftlif(neuron, sums, *stored, carried=carried)
        case Table():
            return fire_table(neuron, sums)
        case MultiSpikeIf():
            return fire_multispike(neuron, sums, *stored, carried=carried)
        case Li():
            return fire_li(neuron, sums, *stored, carried=carried)
        case CubaLif():
            return fire_cubalif(neuron, sums, *stored, carried=carried)
        case CubaLi():
            return fire_cubali(neuron, sums, *stored, carried=carried)
        case Sum():
            return fire_sum(neuron, sums)
        case _:
            unhandled: Never = neuron
            known = registered(unhandled)
            raise NetworkError(
                f"golden does not execute {type(known).__name__}: write its arithmetic, and name it in {__name__}.fire"
            )


def _predictions(network: Network, output: IntArray) -> IntArray | None:
    return decide(network.readout, output.sum(axis=(3, 4)))  # one position, or EVENT's one-hot vector
