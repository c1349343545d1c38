"""Blocks of a synapse's source, of which each has its part of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from shiftfire_spec.weights import WeightFormat

from ...network.geometry import require_weights, seen_shape
from ...network.synapses import Block, SynapseOp, Synapses
from ...network.values import Shape
from ..lowering.grouped import lowered, zero_filled
from ..program import CoreSlice

Fits = Callable[[Synapses], bool]


@dataclass(frozen=True)
class _Size:
    """Of the largest block: channels, and rows (after pre-pooling) of each."""

    channels: int
    rows: int


def blocks(synapses: Synapses, source: Shape, fits: Fits) -> tuple[Synapses, ...]:
    """``synapses`` in the fewest blocks of about equal size that ``fits`` says fit, each alone; none when even the smallest does not.

    Dense and conv2d are cut by channels, dense by rows as well where a channel is too much. Other synapses have no more weights than their outputs ask for.
    """
    if fits(synapses):
        return (synapses,)
    whole = _ungrouped(synapses, source)
    if whole.op not in (SynapseOp.DENSE, SynapseOp.CONV2D):
        return ()
    seen = seen_shape(whole, source)
    sizes = _sizes(whole, seen)
    low, high = 0, len(sizes)  # of the sizes, largest first: those before ``low`` do not fit, that at ``high`` does
    while low < high:
        middle = (low + high) // 2
        if fits(next(_cut(whole, seen, sizes[middle]))):
            high = middle
        else:
            low = middle + 1
    return () if high == len(sizes) else tuple(_cut(whole, seen, _even(sizes[0], sizes[high])))


def _ungrouped(synapses: Synapses, source: Shape) -> Synapses:
    """``synapses``, a convolution of several groups with zeros between them: a block of channels then belongs to any of them. A group per channel stays depthwise."""
    if synapses.groups == 1 or lowered(synapses, source).op is not SynapseOp.CONV2D:
        return synapses
    weights = require_weights(synapses)
    every = CoreSlice(-1, synapses.source, 0, len(weights), 0, 1, 1)
    fmt = WeightFormat.INT2 if synapses.weight_format is WeightFormat.PM1 else synapses.weight_format  # PM1 holds no zero
    filled = zero_filled(synapses, weights, every, 0, source.channels).astype(np.int8)
    return replace(synapses, weights=filled, weight_format=fmt, groups=1)


def _sizes(synapses: Synapses, seen: Shape) -> list[_Size]:
    """Sizes of the largest block, largest first."""
    rows = seen.height // synapses.pre_pool
    sizes = [_Size(channels, rows) for channels in range(seen.channels, 0, -1)]
    return sizes if synapses.op is SynapseOp.CONV2D else sizes + [_Size(1, count) for count in range(rows - 1, 0, -1)]


def _even(whole: _Size, size: _Size) -> _Size:
    """As many blocks as with ``size``, of sizes as equal as can be."""
    parts = (-(-whole.channels // size.channels), -(-whole.rows // size.rows))
    return _Size(-(-whole.channels // parts[0]), -(-whole.rows // parts[1]))


def _cut(synapses: Synapses, seen: Shape, size: _Size) -> Iterator[Synapses]:
    """The blocks of at most ``size``, in order, with their weights."""
    weights, pool = require_weights(synapses), synapses.pre_pool
    rows = seen.height // pool
    outer = synapses.block or Block(0, seen.channels)
    of_channel = weights.reshape(len(weights), seen.channels, rows, -1) if synapses.op is SynapseOp.DENSE else weights
    for channel in range(0, seen.channels, size.channels):
        own = of_channel[:, channel : channel + size.channels]
        block = replace(outer, channel=outer.channel + channel, channels=own.shape[1])
        if synapses.op is SynapseOp.CONV2D:
            yield replace(synapses, weights=own, block=block)
            continue
        for row in range(0, rows, size.rows):
            taken = own[:, :, row : row + size.rows]
            if size.rows < rows:
                block = replace(block, row=outer.row + row * pool, rows=taken.shape[2] * pool)
            yield replace(synapses, weights=taken.reshape(len(weights), -1), block=block)
