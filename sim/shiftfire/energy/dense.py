"""The same network on a dense quantised multiply-accumulate accelerator: the baseline that every estimate is shown beside.

The network's quantised twin runs once per inference: a source that sends T vectors of values lo..hi becomes one activation of
ceil(log2(T * (hi - lo) + 1)) bits (arXiv 2409.08290). Assumptions are listed in ``docs/reference/energy.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shiftfire_spec.packet import FLIT
from shiftfire_spec.weights import FORMATS

from ..network.geometry import tokens
from ..network.graph import Input, Layer, Network
from ..network.synapses import SynapseOp, Synapses
from ..network.values import NetworkError, Shape
from .parts import EnergyEstimate, EnergyPart
from .table import DEFAULT_MOVEMENT, EnergyTable, load_table


@dataclass(frozen=True)
class DenseWork:
    """Work of one synapse for one inference of the twin."""

    macs: int
    additions: int
    weights: int
    weight_bits: int
    activation_bits: int


def activation_bits(source: Layer | Input) -> int:
    """Bits of one activation of the twin."""
    low, high = source.value_limits
    return max(1, math.ceil(math.log2(source.timesteps * (high - low) + 1)))


def dense_work(network: Network, layer: Layer, synapses: Synapses) -> DenseWork:
    """Work of one synapse: padding and zeros are computed like everything else."""
    source = network.source(synapses.source)
    positions = layer.shape.height * layer.shape.width
    kernel = synapses.kernel[0] * synapses.kernel[1]
    weights = 0 if synapses.weights is None else int(synapses.weights.size)
    macs = additions = 0
    if synapses.op is SynapseOp.DENSE:
        macs = weights
    elif synapses.op in (SynapseOp.CONV2D, SynapseOp.DEPTHWISE):
        macs = weights * positions
    elif synapses.dynamic:
        terms = tokens(source.shape) if synapses.op is SynapseOp.KV else source.shape.channels // synapses.heads
        macs = layer.shape.size * terms
    elif synapses.op is SynapseOp.POOL:
        additions = layer.shape.size * kernel
    elif synapses.op in (SynapseOp.DIRECT, SynapseOp.UPSAMPLE):
        additions = layer.shape.size
    else:
        raise NetworkError(f"the dense twin has no work for synapses {synapses.op}: count it in {__name__}.dense_work")
    if synapses.pre_pool > 1:
        additions += _pooled_inputs(source.shape, synapses.pre_pool)
    stored = FORMATS[synapses.weight_format].bits if synapses.rows is None else activation_bits(network.source(synapses.rows))
    return DenseWork(macs, additions, weights, stored, activation_bits(source))


def _pooled_inputs(shape: Shape, pool: int) -> int:
    return shape.channels * (shape.height // pool) * (shape.width // pool) * pool * pool


def estimate_dense(network: Network, samples: int, *, table: EnergyTable | None = None) -> EnergyEstimate:
    """Energy of ``samples`` inferences of the twin; the same every time, as nothing depends on the data."""
    table = table or load_table()
    macs = additions = weight_bits = read_bits = 0
    bit_pairs = 0
    for layer in network.layers:
        for synapses in layer.synapses:
            work = dense_work(network, layer, synapses)
            macs += work.macs
            additions += work.additions
            bit_pairs += work.macs * work.weight_bits * work.activation_bits
            weight_bits += work.weights * work.weight_bits
        sources = [network.source(name) for name in dict.fromkeys(name for s in layer.synapses for name in s.sources)]
        read_bits += sum(source.shape.size * activation_bits(source) for source in sources)
    neurons = sum(layer.shape.size for layer in network.layers)
    written_bits = sum(layer.shape.size * activation_bits(layer) for layer in network.layers)
    accumulate, buffer, hop = table.constant("accumulate"), table.constant("buffer_bit"), table.movement(DEFAULT_MOVEMENT).hop
    parts = (
        EnergyPart("multiply", bit_pairs * samples, "operand bit pairs", table.constant("multiply_bit_pair")),
        EnergyPart("accumulate", (macs + additions) * samples, "additions", accumulate),
        EnergyPart("fire:accumulate", neurons * samples, "operations", accumulate),
        EnergyPart("fire:compare", 2 * neurons * samples, "operations", table.constant("compare")),
        EnergyPart("memory:weights", weight_bits * samples, "bits", buffer),
        EnergyPart("memory:activations", (read_bits + written_bits) * samples, "bits", buffer),
        EnergyPart("movement", read_bits * samples, "bits", hop, table.constant("dense_hops").value / FLIT.bits),
    )
    return EnergyEstimate("dense MAC accelerator", samples, parts)


def dense_macs(network: Network) -> int:
    """Multiply-accumulate operations of one inference of the twin."""
    return sum(dense_work(network, layer, s).macs for layer in network.layers for s in layer.synapses)
