"""Synapses that see a part of their source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire.network.synapses import Block, SynapseOp, Synapses
from shiftfire.network.values import Shape


def random_block(rng: np.random.Generator, synapses: Synapses, source: Shape) -> Synapses:
    """``synapses`` with their weights of a random part of ``source``, others as they are: channels, of dense sometimes rows as well."""
    if synapses.op not in (SynapseOp.DENSE, SynapseOp.CONV2D) or synapses.groups != 1 or synapses.weights is None:
        return synapses
    first = int(rng.integers(source.channels))
    channels = int(rng.integers(1, source.channels - first + 1))
    if synapses.op is SynapseOp.CONV2D:
        return replace(synapses, weights=synapses.weights[:, first : first + channels], block=Block(first, channels))
    pool, block = synapses.pre_pool, Block(first, channels)
    rows, columns = source.height // pool, source.width // pool
    weights = synapses.weights.reshape(-1, source.channels, rows, columns)[:, first : first + channels]
    if rows > 1 and rng.random() < 0.6:
        row = int(rng.integers(rows))
        count = int(rng.integers(1, rows - row + 1))
        weights, block = weights[:, :, row : row + count], Block(first, channels, row * pool, count * pool)
    return replace(synapses, weights=weights.reshape(len(weights), -1), block=block)
