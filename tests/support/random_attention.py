"""Random networks around dynamic weights: queries, keys and values from one input, then QK and PV, or KV and PV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.registry import Neuron
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire_spec.fire import Reset, Rounding
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import FORMATS, WeightFormat

FORMAT_LIMITS = {
    fmt: (FORMATS[fmt].minimum, FORMATS[fmt].maximum) for fmt in (WeightFormat.BIT, WeightFormat.INT2, WeightFormat.INT4)
}


@dataclass(frozen=True)
class _Sizes:
    heads: int
    depth: int  # channels of a head of queries and keys
    width: int  # of values
    shape: tuple[int, int]  # rows and columns of tokens
    timesteps: int


def random_attention(rng: np.random.Generator, channels: int, extent: int, timesteps: int) -> Network:
    """A network of five or six layers; it may or may not fit a chip."""
    shape = (int(rng.integers(1, max(2, extent // 2))), int(rng.integers(1, max(2, extent // 3))))
    heads = int(rng.choice([1, 1, 2]))
    most = max(2, channels // (3 * heads))
    sizes = _Sizes(heads, int(rng.integers(1, most)), int(rng.integers(1, most)), shape, int(rng.integers(1, timesteps + 1)))
    source = Input("in", Shape(int(rng.integers(1, 5)), *shape), sizes.timesteps, PayloadKind.COUNT, 0, int(rng.integers(1, 16)))
    stored = WeightFormat(rng.choice(list(FORMAT_LIMITS)))
    q, k, v = (
        _projection(rng, name, source, sizes, c, stored) for name, c in (("q", sizes.depth), ("k", sizes.depth), ("v", sizes.width))
    )
    linear = bool(rng.random() < 0.5)
    if linear:
        first = _attention(rng, "kv", SynapseOp.KV, k, v, stored, sizes, Shape(v.shape.channels, sizes.depth, 1), narrow=True)
        second = _attention(rng, "out", SynapseOp.PV, q, first, WeightFormat.INT8, sizes, v.shape)
    else:
        tokens = shape[0] * shape[1]
        first = _attention(rng, "scores", SynapseOp.QK, q, k, stored, sizes, Shape(sizes.heads * tokens, *shape), narrow=True)
        second = _attention(rng, "out", SynapseOp.PV, first, v, stored, sizes, v.shape, skip=q if q.shape == v.shape else None)
    layers = [q, k, v, first, second]
    order = [[0, 1, 2, 3, 4], [2, 1, 0, 3, 4], [1, 2, 0, 3, 4]][int(rng.integers(3))]  # of the layers in the network
    return Network("attention", source, tuple(layers[i] for i in order), "out", Readout.NONE)


def _neuron(rng: np.random.Generator, channels: int, reach: int, limits: tuple[int, int]) -> Neuron:
    """Any neuron whose values lie within ``limits``."""
    low, high = limits
    bias: IntArray = rng.integers(-reach // 4 - 1, reach // 4 + 2, channels)
    draw = rng.random()
    if draw < 0.4 and high >= 1:
        theta = rng.integers(1, reach + 2, channels)
        return Lif(theta=theta, bias=bias, reset=Reset(int(rng.integers(len(Reset)))), v_min=-2000, v_max=2000)
    if draw < 0.7:
        return Count(rng.integers(1, reach // 2 + 2, channels), bias, low, max(high, low + 1))
    return Requant(
        bias, int(rng.integers(0, max(1, reach.bit_length() - 1))), low, high, Rounding(int(rng.integers(len(Rounding))))
    )


def _projection(rng: np.random.Generator, name: str, source: Input, sizes: _Sizes, depth: int, stored: WeightFormat) -> Layer:
    """Queries, keys or values: a 1 x 1 convolution."""
    shape = Shape(sizes.heads * depth, *sizes.shape)
    weights = rng.integers(-8, 8, (shape.channels, source.shape.channels, 1, 1))
    neuron = _neuron(rng, shape.channels, 4 * source.hi, FORMAT_LIMITS[stored])
    return Layer(name, shape, (Synapses("in", SynapseOp.CONV2D, weights, WeightFormat.INT4),), neuron, sizes.timesteps)


def _attention(
    rng: np.random.Generator,
    name: str,
    op: SynapseOp,
    source: Layer,
    rows: Layer,
    stored: WeightFormat,
    sizes: _Sizes,
    shape: Shape,
    *,
    narrow: bool = False,
    skip: Layer | None = None,
) -> Layer:
    """A layer of dynamic weights; ``narrow``: its values fit INT8; ``skip``: perhaps added to the sums."""
    scale = int(rng.integers(0, 3))
    synapses = [Synapses(source.name, op, None, stored, scale, rows=rows.name, heads=sizes.heads)]
    if skip is not None and rng.random() < 0.5:
        synapses.insert(int(rng.integers(2)), Synapses(skip.name, SynapseOp.DIRECT))
    reach = (max(map(abs, source.value_limits)) * max(map(abs, rows.value_limits)) * 2) << scale
    limits = (-int(rng.integers(0, 100)), int(rng.integers(1, 100))) if narrow else (-100, 100)
    return Layer(name, shape, tuple(synapses), _neuron(rng, shape.channels, reach, limits), sizes.timesteps)
