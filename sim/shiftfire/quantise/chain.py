"""A chain of stateless nodes as one linear map, exactly, or the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..frontends.float_graph.graph import Graph
from ..frontends.float_graph.neurons import FloatArray
from ..frontends.float_graph.nodes import Conv, Flatten, Linear, Pool, Scale, Upsample
from .errors import QuantiseError
from .maps import (
    MAX_MATRIX,
    Dense,
    Elementwise,
    Grid,
    LinearMap,
    Repeated,
    Windowed,
    identity,
    matrix,
    pooled,
    scaled,
    windowed_after,
)
from .numeric import apply


@dataclass(frozen=True, eq=False)
class Chain:
    """What a chain makes of a source: sums over ``pre_pool`` x ``pre_pool`` windows first, then ``map``, then times ``after``, then ``constant`` is added.

    ``grid``: of the sums, (channels, height, width). ``constant``: one value per sum, in (channel, row, column) order, flat. ``after``: likewise, gains
    that differ within a channel, which a windowed map cannot take; None: 1.
    """

    source: Grid
    pre_pool: int
    map: LinearMap
    grid: Grid
    constant: FloatArray
    after: FloatArray | None = None

    @property
    def seen(self) -> Grid:
        """The grid that ``map`` sees."""
        return pooled(self.source, self.pre_pool)


def grid_of(where: str, shape: tuple[int, ...]) -> Grid:
    """The grid of a shape: (features,), (channels, length) or (channels, height, width). Raises QuantiseError for others.

    A signal lies along the rows, of which cores hold windows: as a row of columns it could be no longer than a column table.
    """
    if not 1 <= len(shape) <= 3:
        raise QuantiseError(
            f"{where}: shape {shape} has {len(shape)} axes; vectors of the fabric have channels, height and width: flatten it"
        )
    channels, *rest = shape
    height, width = (*rest, 1, 1)[:2]
    return (channels, height, width)


def fold(graph: Graph, source: str, names: tuple[str, ...], counted: frozenset[str] = frozenset()) -> Chain:
    """The map of nodes ``names``, in order, on the outputs of ``source``. The biases of nodes ``counted`` are left out: another chain has them. Raises QuantiseError, naming the node that cannot be folded."""
    grid = grid_of(f"node {source}", graph.output_shapes[source])
    chain = Chain(grid, 1, identity(grid), grid, np.zeros(int(np.prod(grid))))
    for name in names:
        chain = _then(chain, graph, name, counted=name in counted)
    return chain


def _then(chain: Chain, graph: Graph, name: str, *, counted: bool) -> Chain:
    node, shape = graph.nodes[name], graph.output_shapes[name]
    if isinstance(node, Flatten):
        return chain  # the order of the elements does not change; the grid of the sums is still the fabric's
    if not isinstance(node, Linear | Conv | Pool | Scale | Upsample):
        raise QuantiseError(f"node {name}: a {graph.types[name]} between neurons cannot be folded into synapses; move it")
    constant = apply(node, chain.constant.reshape(1, *graph.input_shapes[name])).reshape(-1)
    if counted:
        constant = constant - apply(node, np.zeros((1, *graph.input_shapes[name]))).reshape(-1)
    flat = len(graph.input_shapes[name]) == 1 and chain.grid[1:] != (1, 1)
    grid = grid_of(f"node {name}", shape) if not (isinstance(node, Scale) and flat) else chain.grid
    joined = _joined(chain, node, name, graph)
    if joined is not None:
        return replace(joined, grid=grid, constant=constant)
    first = matrix(chain.map, chain.seen)
    first = first if first is None or chain.after is None else first * chain.after[:, None]
    size = int(np.prod(graph.input_shapes[name]))
    if first is None or size * int(np.prod(shape)) > 4 * MAX_MATRIX or len(first[0]) * int(np.prod(shape)) > MAX_MATRIX:
        raise QuantiseError(
            f"node {name}: with the nodes before it, it is no convolution or pool that the fabric has, and too large for a matrix;"
            " put a neuron between, or use adjoining windows without padding"
        )
    basis = apply(node, first.T.reshape(-1, *graph.input_shapes[name])) - apply(node, np.zeros((1, *graph.input_shapes[name])))
    return replace(chain, map=Dense(basis.reshape(len(basis), -1).T), grid=grid, constant=constant, after=None)


def _joined(chain: Chain, node: Linear | Conv | Pool | Scale | Upsample, name: str, graph: Graph) -> Chain | None:
    """The chain with ``node`` folded in without writing out a matrix; None where that does not go. Grid and constant are still the old ones."""
    if isinstance(node, Scale):
        map_ = scaled(chain.map, node.scale)
        if map_ is not None:
            return replace(chain, map=map_)
        gain = node.scale.reshape(-1)
        return replace(chain, after=gain if chain.after is None else chain.after * gain)
    if chain.after is not None:
        return None
    if isinstance(node, Upsample):
        return _upsampled(chain, node)
    if not isinstance(node, Pool):
        chain = _pooling_first(chain)
    if isinstance(node, Linear):
        weight = node.weight
        if weight.ndim != 2 or len(graph.input_shapes[name]) != 1:
            return None
        if isinstance(chain.map, Elementwise):
            return replace(chain, map=Dense(weight * chain.map.gain.reshape(1, -1)))
        return replace(chain, map=Dense(weight @ chain.map.weight)) if isinstance(chain.map, Dense) else None
    if grid_of(f"node {name}", graph.input_shapes[name]) != chain.grid:
        return None  # a Flatten before it joined rows and columns
    map_ = windowed_after(chain.map, _windowed(node, graph.input_shapes[name][0]))
    return None if map_ is None else replace(chain, map=map_)


def _upsampled(chain: Chain, node: Upsample) -> Chain | None:
    """The chain with its elements repeated, where it has one gain per channel so far; None of others."""
    if chain.pre_pool != 1 or not isinstance(chain.map, Elementwise):
        return None
    gains = chain.map.gain.reshape(len(chain.map.gain), -1)
    return None if np.any(gains != gains[:, :1]) else replace(chain, map=Repeated(gains[:, 0], node.kernel))


def _pooling_first(chain: Chain) -> Chain:
    """The chain with a pool as its first stage, where it is nothing but one: what follows then sees the sums of windows."""
    if chain.pre_pool != 1 or not isinstance(chain.map, Windowed) or chain.map.pool is None:
        return chain
    edge, gains = chain.map.pool, chain.map.common_weights
    assert gains is not None, "of a pool"
    return replace(chain, pre_pool=edge, map=Elementwise(np.ones(pooled(chain.source, edge)) * gains[:, None, None]))


def _windowed(node: Conv | Pool, channels: int) -> Windowed:
    if isinstance(node, Pool):
        ones = np.full((channels, 1, *node.kernel), 1.0 / np.prod(node.kernel) if node.mean else 1.0)
        rows, columns = ((p, p) for p in node.padding)
        return Windowed(ones, node.stride, (rows, columns), (1, 1), channels)
    if len(node.stride) == 1:  # along the rows
        return Windowed(node.weight[..., None], (*node.stride, 1), (*node.padding, (0, 0)), (*node.dilation, 1), node.groups)  # type: ignore[arg-type]
    return Windowed(node.weight, node.stride, node.padding, node.dilation, node.groups)  # type: ignore[arg-type]
