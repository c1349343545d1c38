"""The integer network of populations, layer by layer, within the chip's widths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..compiler.mapping.bounds import layer_bounds, signed_bits
from ..network.check import NAME_PATTERN, check_network
from ..network.graph import Input, Layer, Network, Readout
from ..network.neurons.lif import Lif
from ..network.values import Shape
from ..network.wide_weights import WIDE_BITS
from .activity import Statistics
from .coding import Coding
from .errors import QuantiseError
from .layer import IntegerLayer, integer_layer
from .maps import Grid
from .population import Population
from .settings import Choices, Settings
from .units import GREATEST_SCALE


@dataclass(frozen=True, eq=False)
class Built:
    """The checked network, how each of its layers was made, by the names of the graph's nodes, and the network's names by those of the nodes."""

    network: Network
    layers: Mapping[str, IntegerLayer]
    names: Mapping[str, str]


def build(
    name: str,
    populations: tuple[Population, ...],
    inputs: Mapping[str, tuple[Grid, Coding]],
    outputs: tuple[str, ...],
    statistics: Statistics,
    settings: Settings,
    choices: Mapping[str, Choices],
    readout: Readout | None = None,
) -> Built:
    """The network of ``populations``, fed by ``inputs`` and read from ``outputs``, the first of which gives the prediction.

    ``choices``: of layers that are not made by the default ones. Raises QuantiseError, or NetworkError for what the fabric does not take.
    """
    names = _network_names([*inputs, *(p.name for p in populations)])
    first, *feeds = (
        Input(names[key], Shape(*grid), settings.timesteps, coding.kind, coding.lo, coding.hi)
        for key, (grid, coding) in inputs.items()
    )
    by_name = {p.name: p for p in populations}
    for output in outputs:
        if output not in by_name:
            raise QuantiseError(f"node {output}: an input leads straight to an output; put a neuron between")
    if readout is None:
        readout = Readout.SUM if by_name[outputs[0]].grid[1:] == (1, 1) else Readout.NONE
    more = tuple(names[o] for o in outputs[1:])
    whole = Network(_word(name), first, (), names[outputs[0]], readout, feeds=tuple(feeds), more_outputs=more)
    layers = tuple(_outline(p, names, settings) for p in populations)
    whole = replace(whole, layers=layers)
    steps = {**{key: coding.unit for key, (_, coding) in inputs.items()}, **{name: p.step for name, p in by_name.items()}}
    made: dict[str, IntegerLayer] = {}
    for number, population in enumerate(populations):
        chosen = choices.get(population.name, Choices())
        made[population.name] = _within(population, steps, names, whole, statistics, settings, chosen)
        layers = (*layers[:number], _renamed(made[population.name].layer, names), *layers[number + 1 :])
        whole = replace(whole, layers=layers)
        steps[population.name] = made[population.name].sends
    return Built(check_network(whole), made, names)


def _outline(population: Population, names: Mapping[str, str], settings: Settings) -> Layer:
    """A layer that has everything but its integers, for those whose sources come later: what sends spikes sends 0 or 1, whatever they are."""
    neuron = Lif(np.ones(population.grid[0], np.int64))
    return Layer(names[population.name], Shape(*population.grid), (), neuron, settings.timesteps)


def _within(
    population: Population,
    steps: Mapping[str, float],
    names: Mapping[str, str],
    network: Network,
    statistics: Statistics,
    settings: Settings,
    choices: Choices,
) -> IntegerLayer:
    """The layer with the largest scales whose sums stay within the chip's accumulators."""
    width = settings.chip.accumulator_bits
    low, high = 0, 0
    for lower_by in range(GREATEST_SCALE + 1):
        made = integer_layer(population, steps, statistics, settings, replace(choices, lower_by=choices.lower_by + lower_by))
        layer = _renamed(made.layer, names)
        bounds, bias = layer_bounds(network, layer), layer.kind.bias_words
        lower, upper = (a.reshape(-1, *(1,) * (bias.ndim - 1)) for a in (bounds.lower, bounds.upper))
        low = int(min(lower.min(), (lower + bias).min()))
        high = int(max(upper.max(), (upper + bias).max()))
        if signed_bits(low, high) <= width:
            return made
        if not any(made.units.scales) and made.bits != WIDE_BITS:  # whose units can be coarser yet
            break
    raise QuantiseError(
        f"node {population.name}: its sums reach {low}..{high} and need {signed_bits(low, high)} bits, the chip's accumulator_bits = {width};"
        " use fewer weight bits (--weights 4), or a chip with wider accumulators"
    )


def _renamed(layer: Layer, names: Mapping[str, str]) -> Layer:
    synapses = tuple(replace(s, source=names[s.source], rows=None if s.rows is None else names[s.rows]) for s in layer.synapses)
    return replace(layer, name=names[layer.name], synapses=synapses)


def _word(name: str) -> str:
    """A name as networks and layers may have it."""
    if NAME_PATTERN.fullmatch(name):
        return name
    return (re.sub(r"[^A-Za-z0-9_.-]", "-", name).lstrip("_.-") or "node")[:60]


def _network_names(names: list[str]) -> dict[str, str]:
    """Names of layers by names of nodes: the same wherever they can be."""
    taken: dict[str, str] = {}
    for name in names:
        word, count = _word(name), 1
        while word in taken.values():
            count += 1
            word = f"{_word(name)}-{count}"
        taken[name] = word
    return taken
