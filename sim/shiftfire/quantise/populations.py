"""All populations of a graph, in the order in which they fire, and which of them are its outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire_spec.chip import ChipConfig

from ..frontends.float_graph.graph import Graph
from ..frontends.float_graph.neurons import Neuron
from ..frontends.float_graph.nodes import Clip, Input, Output, Product, Threshold
from ..frontends.float_graph.order import natural
from ..frontends.float_graph.profile import Profile
from .anchor import anchor
from .chain import fold, grid_of
from .discretise import dynamics_of
from .dynamics import Dynamics, Emits
from .errors import QuantiseError
from .leaks import Leaks, leaks_of
from .lowered import Lowered
from .maps import Elementwise
from .population import Path, Population, paths_into, population
from .products import (
    Sent,
    most_kept,
    product_dynamics,
    product_population,
    product_synapse,
    reach,
    with_products,
)


def populations_of(graph: Graph, profile: Profile, chip: ChipConfig) -> tuple[tuple[Population, ...], tuple[str, ...]]:
    """The populations, and the names of those that the graph's outputs show, in the order of the outputs' names. An Output behind linear nodes is a population of its own, which sends its sums.

    On a ``chip`` without parameters of each neuron, what differs within a channel becomes a plain vector, with a matrix. Raises QuantiseError
    for what the chip cannot do, naming the node.
    """
    nodes = {name: node for name, node in graph.nodes.items() if isinstance(node, Neuron | Threshold)}
    order = [name for name, node in graph.nodes.items() if isinstance(node, Neuron | Threshold | Product)]
    paths = {name: paths_into(graph, name, profile) for name in nodes}
    dynamics = {name: dynamics_of(name, node, profile) for name, node in nodes.items()}
    outputs: list[str] = []
    for name in sorted((n for n, node in graph.nodes.items() if isinstance(node, Output)), key=natural):
        own = paths_into(graph, name, profile)
        shown = _shown(graph, own, profile)
        if shown is None:
            paths[name], dynamics[name] = own, _sums(int(np.prod(graph.output_shapes[name])))
        outputs.append(name if shown is None else shown)
    order += [name for name in paths if name not in nodes]
    _refuse_activations(graph)
    if not nodes:
        raise QuantiseError("the graph has no neurons; a network needs at least one layer of them")
    synapses, sent = _products(graph, profile, dynamics)
    leaks = {name: _leaks(name, own, chip) for name, own in dynamics.items()}
    flat: frozenset[str] = frozenset()
    while True:
        made = tuple(
            product_population(graph, name, synapses[name], sent, leaks[name][0], dynamics[name])
            if name in synapses
            else population(graph, name, paths[name], dynamics[name], leaks[name], flat, each=chip.neuron_parameters)
            for name in order
        )
        found = frozenset(p.name for p in made if _flattened(graph, p))
        if found == flat:
            _refuse_flat_factors(made, flat)
            return tuple(_anchored(graph, p) for p in with_products(made, outputs)), tuple(dict.fromkeys(outputs))
        flat = flat | found


def _products(graph: Graph, profile: Profile, dynamics: dict[str, Dynamics]) -> tuple[dict[str, Lowered], dict[str, Sent]]:
    """The synapses of products, and what populations send; products' dynamics are added to ``dynamics``."""
    synapses: dict[str, Lowered] = {}
    sent = {name: Sent(own.most, 1.0) for name, own in dynamics.items() if own.emits is not Emits.MEMBRANE}
    for name, node in graph.nodes.items():
        if isinstance(node, Product):
            synapses[name] = own = product_synapse(graph, name, profile, sent)
            most = most_kept(graph, name, reach(own, sent))
            sent[name] = Sent(most, float(own.weights[0]) * sent[own.source].step)
            dynamics[name] = product_dynamics(int(np.prod(graph.output_shapes[name])), most)
    return synapses, sent


def _refuse_activations(graph: Graph) -> None:
    """Raises QuantiseError for the first activation that is no spike."""
    for name, node in graph.nodes.items():
        if isinstance(node, Clip):
            raise QuantiseError(
                f"node {name}: a {graph.types[name]} is read, but sends no spikes, and no layer here is made of it; train with neurons in its place,"
                " such as SpikingJelly's IFNode"
            )


def _refuse_flat_factors(populations: tuple[Population, ...], flat: frozenset[str]) -> None:
    for p in populations:
        for s in p.synapses:
            if s.factor is not None and flat & {s.source, s.factor.rows}:
                raise QuantiseError(
                    f"node {p.name}: the neurons of {s.source} or {s.factor.rows} differ within a channel; make their parameters equal per channel,"
                    " or take a chip with neuron_parameters"
                )


def _leaks(name: str, dynamics: Dynamics, chip: ChipConfig) -> tuple[Leaks, ...]:
    membrane = leaks_of(name, "decay of the membrane", dynamics.decay, chip)
    if dynamics.current is None:
        return (membrane,)
    return membrane, leaks_of(name, "decay of the current", dynamics.current.decay, chip)


def _anchored(graph: Graph, made: Population) -> Population:
    """The population with a synapse without delay, from an input that it does not take: a layer that has none could start before there is a sample. One
    that takes every input late has them as they come.
    """
    if any(s.delay == 0 for s in made.synapses):
        return made
    taken = {s.source for s in made.synapses}
    free = next((name for name in graph.inputs if name not in taken), None)
    if free is None:
        return made
    return replace(made, synapses=(*made.synapses, anchor(free, grid_of(f"node {free}", graph.inputs[free]), made.grid)))


def _flattened(graph: Graph, made: Population) -> bool:
    """Whether a population is a plain vector although its node has rows and columns."""
    return made.grid[1:] == (1, 1) and len(graph.output_shapes[made.name]) > 1 and made.grid[0] != graph.output_shapes[made.name][0]


def _shown(graph: Graph, paths: list[Path], profile: Profile) -> str | None:
    """The population that an Output shows as it is, or None."""
    if len(paths) != 1 or isinstance(graph.nodes[paths[0].source], Input):
        return None
    path = paths[0]
    chain = fold(graph, path.source, path.nodes)
    same = isinstance(chain.map, Elementwise) and bool(np.all(chain.map.gain == 1)) and not np.any(chain.constant)
    return path.source if same and path.delay <= profile.output_delay else None


def _sums(size: int) -> Dynamics:
    """A population that sends what enters it, and keeps nothing."""
    zeros = np.zeros(size)
    return Dynamics(Emits.MEMBRANE, zeros, zeros + 1, zeros, zeros, zeros)
