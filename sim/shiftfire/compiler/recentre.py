"""Re-centring: a stream of counts coded from its most frequent level, which then costs no events.

The silent code of masked time-to-first-spike (Matterhorn, arXiv 2601.22876; levels as in Otters, arXiv 2509.18968): with M the most frequent
level, ``sum_i w_i n_i = M sum_i w_i + sum_i w_i (n_i - M)``. The constant goes into the receivers' biases and the source sends ``n - M``. Levels within
``dead_zone`` of M are not sent either; without a dead zone nothing is lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_RANGE

from ..golden.execute import execute
from ..network.check_neuron import check_neuron
from ..network.check_values import check_integer
from ..network.graph import Layer, Network
from ..network.input_sets import Inputs
from ..network.synapses import SynapseOp, Synapses
from ..network.values import IntArray, NetworkError
from .lowering.core_program import vectors_per_fire
from .mapping.bounds import check_bounds
from .program import CompileError


@dataclass(frozen=True)
class Recentred:
    """A stream coded from ``level``; its events on the calibration inputs in the network as given, and with all streams coded."""

    layer: str
    level: int
    dead_zone: int
    events_before: int
    events_after: int


def recentre(network: Network, inputs: Inputs, chip: ChipConfig, *, dead_zone: int = 0) -> tuple[Network, tuple[Recentred, ...]]:
    """``network`` with every stream of counts coded from its most frequent level where that saves events on ``inputs``; and what was changed.

    Streams stay as they are when their layer is an output, when its neurons have no such form (`NeuronKind.recentred`), or when a receiver's constant would depend on the position (padding), on the step (delay),
    on other activations (dynamic weights) or on the payload's code (recode), or when a moved bias or the sums with it do not fit the contract's words or ``chip``'s accumulators.
    Raises NetworkError for inputs that do not fit, and for a ``dead_zone`` out of range.
    """
    check_integer("recentre", "dead_zone", dead_zone, 0, FIRE_RANGE.field("dead_zone").maximum)
    given = execute(network, inputs).activations
    levels: dict[str, int] = {}
    for name in [layer.name for layer in network.layers]:
        layer, values = network.layer(name), given[name]
        level = most_frequent(values)
        if not can_recentre(network, layer, level, dead_zone):
            continue
        if np.count_nonzero(np.abs(values - level) > dead_zone) < np.count_nonzero(values):
            moved = recentred(network, layer, level, dead_zone)
            if _fits(moved, (name, *(reader.name for reader in network.consumers(name))), chip):
                network, levels[name] = moved, level
    coded = execute(network, inputs).activations if levels else given  # what a dead zone loses changes the layers behind it

    def events(values: IntArray) -> int:
        return int(np.count_nonzero(values))

    changed = (Recentred(name, level, dead_zone, events(given[name]), events(coded[name])) for name, level in levels.items())
    return network, tuple(changed)


def most_frequent(values: IntArray) -> int:
    """The most frequent value; the least of several."""
    levels, counts = np.unique(values, return_counts=True)
    return int(levels[np.argmax(counts)])


def can_recentre(network: Network, layer: Layer, level: int, dead_zone: int) -> bool:
    """Whether the layer's values can be sent as their distance from ``level`` with equal sums everywhere."""
    if layer.name in network.outputs or (level == 0 and not dead_zone) or layer.kind.recentred(level, dead_zone) is None:
        return False
    return all(_constant_sum(s) for reader in network.consumers(layer.name) for s in reader.synapses if layer.name in s.sources)


def _fits(network: Network, names: Collection[str], chip: ChipConfig) -> bool:
    """Whether the neurons of the layers ``names``, and their sums, can be held."""
    try:
        for name in names:
            check_neuron(network.layer(name))
        check_bounds(network, chip, names)
    except (NetworkError, CompileError):
        return False
    return True


def _constant_sum(synapses: Synapses) -> bool:
    """Whether equal values everywhere make the same sum at every position, and in every step: a delayed one has none in the first."""
    return not synapses.dynamic and synapses.recode is None and synapses.padding == (0, 0) and not synapses.delay


def recentred(network: Network, layer: Layer, level: int, dead_zone: int) -> Network:
    """``network`` with the layer's values sent as their distance from ``level``."""
    moved = layer.kind.recentred(level, dead_zone)
    assert moved is not None, layer.name
    layers = []
    for other in network.layers:
        if other.name == layer.name:
            layers.append(replace(other, neuron=moved))
            continue
        constant = sum(
            (
                _sum_of_ones(s, other) * level * vectors_per_fire(network, other, s)
                for s in other.synapses
                if s.source == layer.name
            ),
            start=np.zeros(other.shape.channels, np.int64),
        )
        bias = np.asarray(other.kind.bias, np.int64) + constant
        layers.append(replace(other, neuron=replace(other.kind, bias=bias)) if constant.any() else other)
    return replace(network, layers=tuple(layers))


def _sum_of_ones(synapses: Synapses, target: Layer) -> IntArray:
    """Sum per channel when every value of the source is 1."""
    area = synapses.pre_pool**2
    if synapses.weights is None:
        taps = synapses.kernel[0] * synapses.kernel[1] if synapses.op is SynapseOp.POOL else 1
        ones = np.full(target.shape.channels, taps, np.int64)
    else:
        weights = np.asarray(synapses.weights)
        ones = weights.reshape(weights.shape[0], -1).sum(axis=1, dtype=np.int64)
    return ones * area << synapses.scale
