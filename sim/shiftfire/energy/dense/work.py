"""What a dense accelerator computes for one inference of a network.

The network's quantised twin runs once per inference: a source that sends T vectors of values lo..hi becomes one activation of
ceil(log2(T * (hi - lo) + 1)) bits (arXiv 2409.08290). Assumptions are listed in ``docs/reference/energy.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from shiftfire_spec.weights import FORMATS

from ...network.geometry import tokens
from ...network.graph import Input, Layer, Network
from ...network.synapses import SynapseOp, Synapses
from ...network.values import NetworkError, Shape


@dataclass(frozen=True)
class Product:
    """``blocks`` matrix products, each of ``outputs`` x ``reduction`` weights with ``positions`` vectors of ``reduction`` activations.

    Each output has activations of its own when it is ``private`` (depthwise, pooling), else all outputs of a block share them.
    """

    blocks: int
    outputs: int
    positions: int
    reduction: int
    private: bool = False

    @property
    def operations(self) -> int:
        """Multiply-accumulates, or additions where there are no weights."""
        return self.blocks * self.outputs * self.positions * self.reduction

    def groups_of(self, lanes: int) -> int:
        """Groups of ``lanes`` outputs in a block."""
        return math.ceil(self.outputs / lanes)

    def cycles(self, lanes: int) -> int:
        """Cycles on ``lanes`` lanes, one output each."""
        return self.blocks * self.groups_of(lanes) * self.positions * self.reduction


@dataclass(frozen=True)
class Work:
    """Work of one synapse for one inference.

    ``weights`` are stored, 0 of products of activations and of operations without weights. ``weight_bits`` are those of the second operand, 0 without one.
    ``pooling``: additions before the product.
    """

    layer: str
    source: str
    product: Product
    weights: int
    weight_bits: int
    activation_bits: int
    pooling: int

    @property
    def multiplies(self) -> bool:
        """Whether there are weights, stored or dynamic."""
        return self.weight_bits > 0

    @property
    def macs(self) -> int:
        """Multiplications, each with an addition."""
        return self.product.operations if self.multiplies else 0

    @property
    def additions(self) -> int:
        """Additions without a multiplication."""
        return self.pooling + (0 if self.multiplies else self.product.operations)


def activation_bits(source: Layer | Input) -> int:
    """Bits of one activation of the twin."""
    low, high = source.value_limits
    return max(1, math.ceil(math.log2(source.timesteps * (high - low) + 1)))


def _product(source: Shape, layer: Layer, synapses: Synapses, keys: Shape | None) -> Product:
    """Padding and zeros are computed like everything else."""
    positions = layer.shape.height * layer.shape.width
    kernel = synapses.kernel[0] * synapses.kernel[1]
    channels = layer.shape.channels
    if synapses.weights is not None and synapses.op is SynapseOp.DENSE:
        return Product(1, synapses.weights.shape[0], 1, synapses.weights.shape[1])
    if synapses.weights is not None and synapses.op is SynapseOp.CONV2D:
        return Product(synapses.groups, channels // synapses.groups, positions, synapses.weights[0].size)
    if synapses.weights is not None and synapses.op is SynapseOp.DEPTHWISE:
        return Product(1, channels, positions, synapses.weights[0].size, private=True)
    if keys is not None and synapses.op is SynapseOp.QK:
        return Product(synapses.heads, tokens(keys), tokens(source), source.channels // synapses.heads)
    if keys is not None and synapses.op is SynapseOp.PV:
        return Product(synapses.heads, keys.channels // synapses.heads, tokens(source), source.channels // synapses.heads)
    if keys is not None and synapses.op is SynapseOp.KV:
        return Product(synapses.heads, keys.channels // synapses.heads, source.channels // synapses.heads, tokens(source))
    if synapses.op is SynapseOp.POOL:
        return Product(1, channels, positions, kernel, private=True)
    if synapses.op in (SynapseOp.DIRECT, SynapseOp.UPSAMPLE):
        return Product(1, channels, positions, 1, private=True)
    raise NetworkError(f"the dense twin has no work for synapses {synapses.op}: count it in {__name__}")


def work_of(network: Network, layer: Layer, synapses: Synapses) -> Work:
    """Work of one synapse. Raises NetworkError for an operation that nobody has counted."""
    source = network.source(synapses.source)
    keys = None if synapses.rows is None else network.source(synapses.rows)
    if keys is not None:
        weight_bits = activation_bits(keys)
    elif synapses.weights is not None:
        weight_bits = FORMATS[synapses.weight_format].bits
    else:
        weight_bits = 0
    return Work(
        layer=layer.name,
        source=synapses.source,
        product=_product(source.shape, layer, synapses, None if keys is None else keys.shape),
        weights=0 if synapses.weights is None else int(synapses.weights.size),
        weight_bits=weight_bits,
        activation_bits=activation_bits(source),
        pooling=_pooled_inputs(source.shape, synapses.pre_pool) if synapses.pre_pool > 1 else 0,
    )


def works(network: Network) -> Iterator[Work]:
    """Work of every synapse, layer by layer."""
    for layer in network.layers:
        for synapses in layer.synapses:
            yield work_of(network, layer, synapses)


def dense_macs(network: Network) -> int:
    """Multiply-accumulate operations of one inference of the twin."""
    return sum(work.macs for work in works(network))


def dense_operations(network: Network) -> int:
    """Additions of one inference of the twin: one for each product, and those without."""
    return sum(work.product.operations + work.pooling for work in works(network))


def _pooled_inputs(shape: Shape, pool: int) -> int:
    return shape.channels * (shape.height // pool) * (shape.width // pool) * pool * pool
