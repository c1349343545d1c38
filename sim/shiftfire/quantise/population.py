"""Populations of a graph: its inputs, its neurons, and the float synapses between them, chains folded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..frontends.float_graph.graph import Edge, Graph
from ..frontends.float_graph.neurons import FloatArray, Neuron
from ..frontends.float_graph.nodes import Delay, Input, Product, Threshold
from ..frontends.float_graph.profile import Profile
from .chain import Chain, fold, grid_of
from .dynamics import Dynamics, Emits
from .errors import QuantiseError
from .leaks import Leaks
from .lowered import Lowered, lower
from .maps import Dense, Elementwise, Grid, Repeated, Windowed, matrix
from .neuron_gains import moved, written_out
from .own_parameters import gains_into_thresholds, keeps_grid, settled_currents, within

MAX_PATHS = 64  # chains into one node


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons of one node on a ``grid``; ``constant``: current that enters each in every step, flat, in (channel, row, column) order.

    ``leaks``: of the membranes, and of the currents where there are such. ``scale`` (neurons,): real membrane per membrane of ``dynamics``, where gains went into thresholds.
    ``step``: real value of each integer that is sent, where that is not a matter of rounding.
    """

    name: str
    grid: Grid
    synapses: tuple[Lowered, ...]
    constant: FloatArray
    dynamics: Dynamics
    leaks: tuple[Leaks, ...]
    scale: FloatArray | None = None
    step: float = 1.0


@dataclass(frozen=True)
class Path:
    """``nodes`` from ``source`` to a node, neither included; ``delay`` in steps; ``counted``: those whose biases come by an earlier path to the same node too."""

    source: str
    nodes: tuple[str, ...]
    delay: int
    counted: frozenset[str] = frozenset()


def paths_into(graph: Graph, name: str, profile: Profile, *, rows: bool = False) -> list[Path]:
    """Every way from a source to node ``name``; of a product's ``rows``, or of what is not. Raises QuantiseError when there are too many, or a Delay is not the same for all."""
    found: list[Path] = []
    trails: set[tuple[str, ...]] = set()  # whose biases some path brings: of the first of its nodes, by way of the others
    open_: list[tuple[Edge, tuple[str, ...], tuple[str, ...], int]] = [
        (edge, (), (), 0) for edge in graph.into(name) if edge.rows == rows
    ]
    while open_:
        edge, nodes, trail, delay = open_.pop(0)
        delay += profile.recurrent_delay if edge.feedback else 0
        node = graph.nodes[edge.source]
        if isinstance(node, Input | Threshold | Neuron | Product):
            late = delay + (profile.output_delay if isinstance(node, Neuron) else 0)
            ways = {trail[start:] for start in range(len(trail))}
            found.append(Path(edge.source, nodes, late, frozenset(way[0] for way in ways & trails)))
            trails |= ways
        else:
            steps, chain = (_steps(edge.source, node, profile), nodes) if isinstance(node, Delay) else (0, (edge.source, *nodes))
            open_ += [(e, chain, (edge.source, *trail), delay + steps) for e in graph.into(edge.source)]
        if len(found) + len(open_) > MAX_PATHS:
            raise QuantiseError(f"node {name}: more than {MAX_PATHS} chains of linear nodes lead into it; put neurons between them")
    return found


def _steps(name: str, node: Delay, profile: Profile) -> int:
    steps = np.rint(node.delay / profile.file_dt)
    if np.any(steps != steps.flat[0]):
        raise QuantiseError(
            f"node {name}: its delays run from {steps.min():g} to {steps.max():g} steps; one synapse has one delay: split it"
        )
    return int(steps.flat[0])


def population(
    graph: Graph,
    name: str,
    paths: list[Path],
    dynamics: Dynamics,
    leaks: tuple[Leaks, ...],
    flat_sources: frozenset[str],
    *,
    each: bool,
) -> Population:
    """The population of node ``name``. ``leaks``: of its membranes, and of its currents where it has such.

    ``each``: neurons can have parameters of their own; else a layer whose neurons differ within a channel becomes a plain vector.
    Raises QuantiseError when a chain cannot be folded.
    """
    chains = _merged([(path, fold(graph, path.source, path.nodes, path.counted)) for path in paths])
    grids = {chain.grid for _, chain in chains}
    grid = next(iter(grids))
    dynamics = settled_currents(grid, dynamics, leaks)
    own = moved(chains[0][1]) if each and len(chains) == 1 else None
    kept, scale = gains_into_thresholds(grid, dynamics if own is None else own.dynamics(dynamics)) if each else (dynamics, None)
    if own is not None and scale is not None:
        chains, given = [(chains[0][0], own.chain)], chains
    else:
        chains = given = [(path, written_out(path.source, chain)) for path, chain in chains]
    constant = np.sum([chain.constant for _, chain in chains], axis=0)
    uneven = any(isinstance(c.map, Elementwise) and within(c.map.gain.reshape(-1), grid[0]) for _, c in chains)
    flat = len(grids) > 1 or uneven or not keeps_grid(grid, kept, constant, leaks, each=each)
    flat = flat or any(
        isinstance(c.map, Dense) or (p.source in flat_sources and not isinstance(c.map, Elementwise)) for p, c in chains
    )
    if flat:
        chains = [(path, written_out(path.source, chain)) for path, chain in given]
        constant = np.sum([chain.constant for _, chain in chains], axis=0)
        grid, kept, scale = (len(constant), 1, 1), dynamics, None
    common = dynamics.emits is Emits.MEMBRANE
    bare = _bare([chain for _, chain in chains])
    synapses = []
    for path, chain in chains:
        if path.source in flat_sources:
            chain = _of_flat(path.source, chain)
        one = isinstance(chain.map, Dense) or not common or len(np.unique(_gains(chain))) == 1
        synapses.append(lower(path.source, chain, path.delay, flat=flat, alone=bare or (len(chains) == 1 and one)))
    return Population(name, grid, tuple(synapses), constant, kept, leaks, scale)


def _gains(chain: Chain) -> FloatArray:
    return chain.map.gain if isinstance(chain.map, Elementwise | Repeated) else chain.map.weight


def _bare(chains: list[Chain]) -> bool:
    """Whether all of several chains do nothing but hand on, or repeat, with one gain in common, so that none needs stored weights."""
    gains = [_gains(chain) for chain in chains if isinstance(chain.map, Elementwise | Repeated) and chain.pre_pool == 1]
    return len(gains) == len(chains) and len(np.unique(np.concatenate([g.reshape(-1) for g in gains]))) == 1


def _of_flat(source: str, chain: Chain) -> Chain:
    """The chain on a source whose neurons are a plain vector."""
    size = int(np.prod(chain.source))
    if isinstance(chain.map, Elementwise) and chain.pre_pool == 1:
        return replace(chain, source=(size, 1, 1), map=Elementwise(chain.map.gain.reshape(size, 1, 1)), grid=(size, 1, 1))
    weights = matrix(chain.map, chain.seen)
    if chain.pre_pool != 1 and weights is not None:
        edge = chain.pre_pool
        ones = Windowed(np.ones((chain.source[0], 1, edge, edge)), (edge, edge), ((0, 0), (0, 0)), (1, 1), chain.source[0])
        pool = matrix(ones, chain.source)
        weights = None if pool is None else weights @ pool
    if weights is None:
        raise QuantiseError(
            f"node {source}: its parameters differ within a channel, which needs a matrix that is too large; make them equal"
        )
    return replace(chain, source=(size, 1, 1), pre_pool=1, map=Dense(weights))


def _merged(chains: list[tuple[Path, Chain]]) -> list[tuple[Path, Chain]]:
    """Chains from one source with one delay as one."""
    merged: dict[tuple[str, int], tuple[Path, Chain]] = {}
    for path, chain in chains:
        key = (path.source, path.delay)
        merged[key] = (path, chain) if key not in merged else (path, _sum(path.source, merged[key][1], chain))
    return list(merged.values())


def _sum(source: str, one: Chain, two: Chain) -> Chain:
    one, two = written_out(source, one), written_out(source, two)
    constant = one.constant + two.constant
    a, b = one.map, two.map
    if one.pre_pool == two.pre_pool and one.grid == two.grid:
        if isinstance(a, Elementwise) and isinstance(b, Elementwise):
            return replace(one, map=Elementwise(a.gain + b.gain), constant=constant)
        if isinstance(a, Windowed) and isinstance(b, Windowed) and _alike(a, b):
            return replace(one, map=replace(a, weight=a.weight + b.weight), constant=constant)
    matrices = [
        _of_flat(source, chain).map if not isinstance(chain.map, Dense) or chain.pre_pool != 1 else chain.map
        for chain in (one, two)
    ]
    dense = [m.weight if isinstance(m, Dense) else np.diag(_gains(replace(one, map=m)).reshape(-1)) for m in matrices]
    grid = grid_of(f"node {source}", (len(constant),))
    return Chain((int(np.prod(one.source)), 1, 1), 1, Dense(dense[0] + dense[1]), grid, constant)


def _alike(a: Windowed, b: Windowed) -> bool:
    same = (a.stride, a.padding, a.dilation, a.groups) == (b.stride, b.padding, b.dilation, b.groups)
    return same and a.weight.shape == b.weight.shape
