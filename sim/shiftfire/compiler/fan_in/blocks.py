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

    def blocks(self, whole: _Size) -> int:
        """How many of them cover ``whole``."""
        return -(-whole.channels // self.channels) * -(-whole.rows // self.rows)


def blocks(synapses: Synapses, source: Shape, fits: Fits) -> tuple[Synapses, ...]:
    """``synapses`` in the fewest blocks of about equal size that ``fits`` says fit, each alone; none when even the smallest does not.

    Dense and conv2d are cut by channels, dense by rows as well where that takes fewer. Other synapses have no more weights than their outputs ask for.
    """
    if fits(synapses):
        return (synapses,)
    whole = _ungrouped(synapses, source)
    if whole.op not in (SynapseOp.DENSE, SynapseOp.CONV2D):
        return ()
    seen = seen_shape(whole, source)
    sizes = list(_sizes(whole, seen, fits))
    return tuple(_cut(whole, seen, min(sizes, key=lambda size: size.blocks(_whole(whole, seen))))) if sizes else ()


def _ungrouped(synapses: Synapses, source: Shape) -> Synapses:
    """``synapses``, a convolution of several groups with zeros between them: a block of channels then belongs to any of them. A group per channel stays depthwise."""
    if synapses.groups == 1 or lowered(synapses, source).op is not SynapseOp.CONV2D:
        return synapses
    weights = require_weights(synapses)
    every = CoreSlice(-1, synapses.source, 0, len(weights), 0, 1, 1)
    fmt = WeightFormat.INT2 if synapses.weight_format is WeightFormat.PM1 else synapses.weight_format  # PM1 holds no zero
    filled = zero_filled(synapses, weights, every, 0, source.channels).astype(np.int8)
    return replace(synapses, weights=filled, weight_format=fmt, groups=1)


def _whole(synapses: Synapses, seen: Shape) -> _Size:
    return _Size(seen.channels, seen.height // synapses.pre_pool)


def _sizes(synapses: Synapses, seen: Shape, fits: Fits) -> Iterator[_Size]:
    """For every number of blocks of rows that can be, from one on: the most channels that fit with so many rows, in blocks as equal as can be."""
    whole = _whole(synapses, seen)
    counts = {whole.rows} if synapses.op is SynapseOp.CONV2D else {-(-whole.rows // n) for n in range(1, whole.rows + 1)}
    most = 0  # channels that fit with more rows
    for rows in sorted(counts, reverse=True):
        low, high = most, whole.channels
        while low < high:
            middle = (low + high + 1) // 2
            if fits(next(_cut(synapses, seen, _Size(middle, rows)))):
                low = middle
            else:
                high = middle - 1
        most = low
        if most:
            parts = -(-whole.channels // most)
            yield _Size(-(-whole.channels // parts), rows)


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
