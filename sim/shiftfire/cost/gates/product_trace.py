"""What the multiplier of an output-stationary machine sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...network.geometry import require_weights
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, NetworkError


@dataclass(frozen=True, eq=False)
class ProductTrace:
    """weight, activation: (products of an output, outputs), in order, zeros included."""

    weight: IntArray
    activation: IntArray

    @property
    def partial(self) -> IntArray:
        """The sum before each product, of the same shape."""
        products = self.weight * self.activation
        return np.cumsum(products, axis=0) - products


def product_trace(synapses: Synapses, vectors: IntArray, outputs: int) -> ProductTrace:
    """Products of dense synapses, or of a convolution with a kernel of 1 x 1, with ``vectors`` (vectors, channels, height, width); ``outputs`` of them, spread evenly. Raises NetworkError for other synapses."""
    weights = require_weights(synapses)
    if synapses.op is SynapseOp.DENSE and synapses.pre_pool == 1:
        inputs = vectors.reshape(len(vectors), -1).T
    elif synapses.op is SynapseOp.CONV2D and (synapses.kernel, synapses.stride, synapses.pre_pool) == ((1, 1), (1, 1), 1):
        inputs = vectors.transpose(1, 0, 2, 3).reshape(vectors.shape[1], -1)
    else:
        raise NetworkError(f"synapses from {synapses.source}: no matrix product; trace another layer")
    table = weights.reshape(weights.shape[0], -1).T
    chosen = np.linspace(0, table.shape[1] * inputs.shape[1] - 1, outputs).astype(np.int64)
    return ProductTrace(table[:, chosen % table.shape[1]], inputs[:, chosen // table.shape[1]])


def finer(values: IntArray, bits: int, rng: np.random.Generator) -> IntArray:
    """Values with ``bits`` more bits: what a finer quantisation may have had in them, uniform. 0 stays 0."""
    return np.where(values == 0, 0, (values << bits) + rng.integers(0, 1 << bits, values.shape))
