"""A chain as one synapse of the fabric: its operation, geometry and float weights, channels first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.weights import WeightFormat

from ..frontends.float_graph.neurons import FloatArray
from ..network.synapses import DYNAMIC_OPS, UNWEIGHTED_OPS, SynapseOp
from .chain import Chain
from .errors import QuantiseError
from .maps import MAX_MATRIX, Dense, Elementwise, LinearMap, Repeated, Windowed, matrix


@dataclass(frozen=True)
class Factor:
    """Of a product: the layer ``rows`` whose vectors are the weights, each integer worth ``step``, stored in ``weight_format``; ``heads``; ``terms`` of a sum."""

    rows: str
    step: float
    weight_format: WeightFormat
    heads: int
    terms: int


@dataclass(frozen=True, eq=False)
class Lowered:
    """Float synapses from ``source``, ``delay`` steps late, in units of the current that enters the neuron.

    ``weights``: as `network.synapses.WEIGHT_AXES`, or (channels,) for those without stored ones, which have one weight per channel; ``factor``: of products, whose
    weights are of one integer of ``rows``.
    """

    source: str
    delay: int
    op: SynapseOp
    weights: FloatArray
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    pre_pool: int = 1
    factor: Factor | None = None

    @property
    def stored(self) -> bool:
        """Whether its weights are in memory; those of sums over windows, of residual connections and of products are not."""
        return self.op not in UNWEIGHTED_OPS | DYNAMIC_OPS

    @property
    def rows(self) -> FloatArray:
        """Weights as (channels, weights of a channel)."""
        return self.weights.reshape(len(self.weights), -1)


def lower(source: str, chain: Chain, delay: int, *, flat: bool, alone: bool) -> Lowered:
    """The synapse of a chain. ``flat``: the sums are a plain vector, which only a matrix makes. ``alone``: no other synapse feeds the neuron,

    so that sums without stored weights can count as what they are; or all that feed it are bare. Raises QuantiseError when a matrix would be too large.
    """
    if flat and not isinstance(chain.map, Dense) and chain.grid[1:] != (1, 1):
        weights = matrix(chain.map, chain.seen)
        if weights is None:
            raise QuantiseError(
                f"node {source}: what it feeds needs a matrix of more than {MAX_MATRIX} weights, as parameters differ within a channel;"
                " make them equal per channel"
            )
        return Lowered(source, delay, SynapseOp.DENSE, weights, pre_pool=chain.pre_pool)
    return _lowered(source, chain.map, delay, chain.pre_pool, alone)


def _lowered(source: str, map_: LinearMap, delay: int, pre_pool: int, alone: bool) -> Lowered:
    if isinstance(map_, Dense):
        return Lowered(source, delay, SynapseOp.DENSE, map_.weight, pre_pool=pre_pool)
    if isinstance(map_, Elementwise):
        channels = map_.gain.reshape(len(map_.gain), -1)
        if np.any(channels != channels[:, :1]):
            raise QuantiseError(f"node {source}: it is scaled by other numbers within a channel; make them equal per channel")
        if alone and np.all(channels > 0):
            return Lowered(source, delay, SynapseOp.DIRECT, channels[:, 0])
        return Lowered(source, delay, SynapseOp.DEPTHWISE, channels[:, :1, None])
    if isinstance(map_, Repeated):
        if alone and np.all(map_.gain > 0):
            return Lowered(source, delay, SynapseOp.UPSAMPLE, map_.gain, map_.kernel)
        raise QuantiseError(
            f"node {source}: it is repeated and added to others with other gains, or with a negative one; put a neuron behind it"
        )
    weight, padding = _even_padding(map_)
    kernel = (weight.shape[2], weight.shape[3])
    geometry = {"kernel": kernel, "stride": map_.stride, "padding": padding, "dilation": map_.dilation}
    if map_.depthwise:
        plain = weight.reshape(len(weight), -1)
        if alone and np.all(plain == plain[:, :1]) and np.all(plain > 0):
            return Lowered(source, delay, SynapseOp.POOL, plain[:, 0], **geometry)
        return Lowered(source, delay, SynapseOp.DEPTHWISE, weight[:, 0], **geometry)
    return Lowered(source, delay, SynapseOp.CONV2D, weight, **geometry, groups=map_.groups, pre_pool=pre_pool)


def _even_padding(map_: Windowed) -> tuple[FloatArray, tuple[int, int]]:
    """Weights and the padding of both ends: where the ends differ, the kernel grows by zeros on the side with less.

    With dilation the zeros are of the kernel that is written out, so that is not to be had; then raises QuantiseError.
    """
    weight = map_.weight
    for axis, (before, after) in enumerate(map_.padding):
        if before == after:
            continue
        missing = abs(before - after)
        if missing % map_.dilation[axis]:
            raise QuantiseError(f"a convolution pads {before} and {after} with dilation {map_.dilation[axis]}; pad both ends alike")
        grow = missing // map_.dilation[axis]
        ends = [(0, 0)] * 4
        ends[2 + axis] = (grow, 0) if before < after else (0, grow)
        weight = np.pad(weight, ends)
    return weight, (max(map_.padding[0]), max(map_.padding[1]))
