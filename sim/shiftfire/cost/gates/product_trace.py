"""What the multiplier and the adder of a dense machine see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ...network.geometry import require_weights
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, NetworkError


class Order(StrEnum):
    """What a unit does one after the other."""

    OUTPUT = "output-stationary"  # all products of an output, zeros included
    SKIPPING = "output-stationary, zeros skipped"  # those of an output whose activation is not 0, output after output
    WEIGHT = "weight-stationary"  # one weight's products at all positions, zeros included; sums come and go


@dataclass(frozen=True, eq=False)
class ProductTrace:
    """weight, activation, and partial, the sum before the product: (products in order, units)."""

    weight: IntArray
    activation: IntArray
    partial: IntArray


def product_trace(synapses: Synapses, vectors: IntArray, units: int, order: Order) -> ProductTrace:
    """Products of dense synapses, or of a convolution with a kernel of 1 x 1, with ``vectors`` (vectors, channels, height, width), on one unit for each of ``units``
    outputs (weights, of `Order.WEIGHT`), spread evenly. Raises NetworkError for other synapses.
    """
    weights = require_weights(synapses)
    if synapses.op is SynapseOp.DENSE and synapses.pre_pool == 1:
        inputs = vectors.reshape(len(vectors), -1)
    elif synapses.op is SynapseOp.CONV2D and (synapses.kernel, synapses.stride, synapses.pre_pool) == ((1, 1), (1, 1), 1):
        inputs = vectors.transpose(0, 2, 3, 1).reshape(-1, vectors.shape[1])
    else:
        raise NetworkError(f"synapses from {synapses.source}: no matrix product; trace another layer")
    table = weights.reshape(weights.shape[0], -1)
    if order is Order.WEIGHT:
        return _by_weight(table, inputs, units)
    chosen = _spread(len(table) * len(inputs), units)
    trace = _accumulated(table[chosen % len(table)].T, inputs[chosen // len(table)].T)
    return trace if order is Order.OUTPUT else _skipping(trace)


def _spread(of: int, units: int) -> IntArray:
    return np.linspace(0, of - 1, units).astype(np.int64)


def _accumulated(weight: IntArray, activation: IntArray) -> ProductTrace:
    products = weight * activation
    return ProductTrace(weight, activation, np.cumsum(products, axis=0) - products)


def _skipping(trace: ProductTrace) -> ProductTrace:
    """Without activations of 0: one unit, which takes output after output."""
    kept = trace.activation.T != 0
    return ProductTrace(*(values.T[kept][:, None] for values in (trace.weight, trace.activation, trace.partial)))


def _by_weight(table: IntArray, inputs: IntArray, units: int) -> ProductTrace:
    """Products of single weights of ``table`` (outputs, inputs) with ``inputs`` (positions, inputs), the inputs before the weight's own already summed."""
    outputs, places = np.unravel_index(_spread(table.size, units), table.shape)
    products = table[outputs][:, :, None] * inputs.T  # (units, inputs, positions)
    before = np.where(np.arange(table.shape[1])[None, :] < places[:, None], 1, 0)
    partial = np.einsum("uip,ui->pu", products, before)
    return ProductTrace(np.broadcast_to(table[outputs, places], partial.shape), inputs[:, places], partial)


def finer(values: IntArray, bits: int, rng: np.random.Generator) -> IntArray:
    """Values with ``bits`` more bits: what a finer quantisation may have had in them, uniform. 0 stays 0."""
    return np.where(values == 0, 0, (values << bits) + rng.integers(0, 1 << bits, values.shape))
