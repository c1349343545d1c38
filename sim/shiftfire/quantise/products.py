"""Products of two populations (attention): as layers that send whole sums, or within the neurons that they feed alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind
from shiftfire_spec.weights import FORMATS, WeightFormat

from ..frontends.float_graph.graph import Graph
from ..frontends.float_graph.nodes import Product
from ..frontends.float_graph.profile import Profile
from ..network.synapses import SynapseOp
from .chain import fold, grid_of
from .dynamics import Dynamics, Emits
from .errors import QuantiseError
from .leaks import Leaks
from .lowered import Factor, Lowered
from .maps import Elementwise
from .population import Population, paths_into

STORED = (WeightFormat.BIT, WeightFormat.INT4, WeightFormat.INT8)  # that rows are kept in, narrowest first
MOST_STORED = FORMATS[STORED[-1]].maximum
MOST_SENT = PAYLOAD_LIMITS[PayloadKind.COUNT][1]


@dataclass(frozen=True)
class Sent:
    """What a population sends: whole numbers 0..``most``, of ``step`` each."""

    most: int
    step: float


def product_dynamics(size: int, most: int) -> Dynamics:
    """A population that sends its sums, up to ``most``, and keeps nothing."""
    zeros = np.zeros(size)
    return Dynamics(Emits.SUMS, zeros, zeros + 1, zeros, zeros, zeros, most=most)


def product_synapse(graph: Graph, name: str, profile: Profile, sent: Mapping[str, Sent]) -> Lowered:
    """The synapse of product ``name``, its weights the real value of a sum's 1. ``sent``: of the populations before it. Raises QuantiseError for factors that are no whole layers."""
    node = graph.nodes[name]
    assert isinstance(node, Product), "of a product"
    (source, gain), (rows, more) = (_factor(graph, name, profile, sent, rows=rows) for rows in (False, True))
    shape = graph.output_shapes[source]
    terms = int(np.prod(shape[1:])) if node.op is SynapseOp.KV else shape[0] // node.heads
    stored = next((f for f in STORED if sent[rows].most <= FORMATS[f].maximum), None)
    if stored is None:
        raise QuantiseError(
            f"node {name}: {rows} sends up to {sent[rows].most}, which is more than a stored weight, {MOST_STORED}; put a neuron between"
        )
    factor = Factor(rows, sent[rows].step, stored, node.heads, terms)
    weights = np.full(graph.output_shapes[name][0], gain * more * sent[rows].step)
    return Lowered(source, 0, node.op, weights, factor=factor)


def product_population(
    graph: Graph, name: str, synapse: Lowered, sent: Mapping[str, Sent], leaks: Leaks, dynamics: Dynamics
) -> Population:
    """The population of product ``name``."""
    grid = grid_of(f"node {name}", graph.output_shapes[name])
    step = float(synapse.weights[0]) * sent[synapse.source].step
    return Population(name, grid, (synapse,), np.zeros(int(np.prod(grid))), dynamics, (leaks,), step=step)


def reach(synapse: Lowered, sent: Mapping[str, Sent]) -> int:
    """The greatest sum of a product."""
    assert synapse.factor is not None, "of a product"
    return synapse.factor.terms * sent[synapse.source].most * sent[synapse.factor.rows].most


def most_kept(graph: Graph, name: str, reached: int) -> int:
    """The greatest sum that product ``name`` sends: less where it is another product's rows, which are stored."""
    as_rows = any(edge.rows for edge in graph.out_of(name))
    return min(reached, MOST_STORED if as_rows else MOST_SENT)


def with_products(populations: Iterable[Population], outputs: Iterable[str]) -> tuple[Population, ...]:
    """The populations, with products folded into those that they feed alone, and without products that then feed nobody."""
    made = tuple(populations)
    products = {p.name: p for p in made if p.dynamics.emits is Emits.SUMS}
    folded = tuple(p if p.name in products else _folded(p, products) for p in made)
    needed = set(outputs)
    for p in reversed(folded):
        if p.name not in products or p.name in needed:
            needed |= {name for s in p.synapses for name in (s.source, *(() if s.factor is None else (s.factor.rows,)))}
    return tuple(p for p in folded if p.name not in products or p.name in needed)


def cut_sums(populations: Iterable[Population]) -> Iterator[str]:
    """A line for each product whose sums can be more than it sends."""
    sent = {p.name: Sent(p.dynamics.most, p.step) for p in populations}
    for p in populations:
        if p.dynamics.emits is Emits.SUMS and (reached := reach(p.synapses[0], sent)) > p.dynamics.most:
            yield f"layer {p.name}: its sums can reach {reached}; those above {p.dynamics.most} are sent as {p.dynamics.most}"


def _folded(population: Population, products: Mapping[str, Population]) -> Population:
    """Neurons that a product feeds alone, element for element, sum it themselves: no layer and no limit of what is sent between."""
    if len(population.synapses) != 1:
        return population
    (own,) = population.synapses
    if own.source not in products or own.op is not SynapseOp.DIRECT or own.delay:
        return population
    (theirs,) = products[own.source].synapses
    return replace(population, synapses=(replace(theirs, weights=theirs.weights * own.weights),))


def _factor(graph: Graph, name: str, profile: Profile, sent: Mapping[str, Sent], *, rows: bool) -> tuple[str, float]:
    """The population that is a factor of product ``name``, and the gain on the way."""
    paths = paths_into(graph, name, profile, rows=rows)
    if len(paths) != 1:
        raise QuantiseError(
            f"node {name}: a factor of it is a sum of {len(paths)} layers; a core stores the vector of one: put a neuron between"
        )
    (path,) = paths
    if path.source not in sent:
        raise QuantiseError(f"node {name}: {path.source}, a factor of it, sends no spikes or whole sums; put a neuron between")
    chain = fold(graph, path.source, path.nodes)
    plain = isinstance(chain.map, Elementwise) and chain.after is None and not np.any(chain.constant) and not path.delay
    if not plain or len(np.unique(chain.map.gain)) != 1 or float(chain.map.gain.flat[0]) <= 0 or chain.grid != chain.source:  # type: ignore[union-attr]
        raise QuantiseError(
            f"node {name}: between {path.source} and the product stands more than a positive factor; put a neuron between"
        )
    return path.source, float(chain.map.gain.flat[0])  # type: ignore[union-attr]
