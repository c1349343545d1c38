"""Synapses as a list of edges, from golden's own sums: whatever golden executes without other layers' activations as weights is told exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..golden.synapses import contribution
from ..network.graph import Input, Layer
from ..network.synapses import SynapseOp, Synapses
from ..network.values import IntArray
from .errors import SanaFeError

MOST_PAIRS = 1 << 24  # of elements and neurons whose weights are looked at
UNITS = {
    SynapseOp.DENSE: "loihi_dense_synapse",
    SynapseOp.CONV2D: "loihi_conv_synapse",
    SynapseOp.DEPTHWISE: "loihi_conv_synapse",
    SynapseOp.POOL: "loihi_conv_synapse",
    SynapseOp.DIRECT: "loihi_sparse_synapse",
    SynapseOp.UPSAMPLE: "loihi_sparse_synapse",
}
"""Synapse unit of SANA-FE's Loihi that stands for each operation."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Connections from a source's elements to a layer's neurons, numbered in order of channel, row, column: ``pairs`` (edges, 2), ``weights`` (edges,)."""

    source: str
    unit: str
    pairs: IntArray
    weights: IntArray


def edges_of(layer: Layer, synapses: Synapses, source: Layer | Input) -> Edges:
    """Every connection of ``synapses``, those of weight 0 too. Raises SanaFeError for what are no edges of fixed weight, or too many."""
    unit = UNITS.get(synapses.op)
    if unit is None or synapses.recode is not None or synapses.delay:
        what = "a delay" if synapses.delay else f"{synapses.op} synapses" if unit is None else "a recode table"
        raise SanaFeError(
            f"layer {layer.name}: {what} from {source.name}: only undelayed edges of fixed weight are told to SANA-FE"
        )
    if source.shape.size * layer.shape.size > MOST_PAIRS:
        raise SanaFeError(
            f"layer {layer.name}: {source.shape.size} x {layer.shape.size} pairs with {source.name}; {MOST_PAIRS} at most, take a smaller layer"
        )
    weights = _matrix(synapses, source)
    ones = synapses if synapses.weights is None else replace(synapses, weights=np.ones_like(synapses.weights))
    pairs = np.argwhere(_matrix(ones, source))
    return Edges(source.name, unit, pairs, weights[pairs[:, 0], pairs[:, 1]])


def _matrix(synapses: Synapses, source: Layer | Input) -> IntArray:
    """Weights (elements of the source, neurons): the sums of one element at a time."""
    size = source.shape.size
    single = np.eye(size, dtype=np.int64).reshape(size, *source.shape.as_tuple())
    return contribution(synapses, single).reshape(size, -1)


def greatest_sum(edges: list[Edges], neurons: int) -> int:
    """The greatest sum that spikes can give one of ``neurons`` neurons in a step."""
    sums = np.zeros(neurons, np.int64)
    for each in edges:
        np.add.at(sums, each.pairs[:, 1], np.maximum(each.weights, 0))
    return int(sums.max())
