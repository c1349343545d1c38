"""Grouped convolutions on a fabric that has none (docs/decisions/0019-grouped-convolutions.md)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire_spec.weights import WeightFormat

from ...network.geometry import require_weights
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, Shape
from ..program import CoreSlice


def lowered(synapses: Synapses, source: Shape) -> Synapses:
    """What cores execute for ``synapses`` from a source of shape ``source``, with equal sums.

    A group per channel at either end is depthwise. Other groups are stored with zeros between them, which PM1 does not hold: INT2 does.
    """
    if synapses.op is not SynapseOp.CONV2D or synapses.groups == 1:
        return synapses
    weights = require_weights(synapses)
    if synapses.groups == source.channels == weights.shape[0]:
        return replace(synapses, op=SynapseOp.DEPTHWISE, weights=weights[:, 0], groups=1)
    if synapses.weight_format is WeightFormat.PM1:
        return replace(synapses, weight_format=WeightFormat.INT2)
    return synapses


def source_channels(synapses: Synapses, source: Shape, part: CoreSlice) -> tuple[int, int]:
    """First channel of the source that ``part`` takes, and how many: all of them, those of the block, or those of the groups that it has a channel of."""
    if synapses.block is not None:
        return synapses.block.channel, synapses.block.channels
    if synapses.groups == 1:
        return 0, source.channels
    outputs, inputs = require_weights(synapses).shape[0] // synapses.groups, source.channels // synapses.groups
    first, last = part.channel_base // outputs, (part.channel_base + part.channels - 1) // outputs
    return first * inputs, (last - first + 1) * inputs


def zero_filled(synapses: Synapses, own: IntArray, part: CoreSlice, base: int, count: int) -> IntArray:
    """The slice's weights ``own`` (channels, in of a group, ky, kx) as (channels, ``count``, ky, kx) of source channels ``base`` and on."""
    outputs, inputs = require_weights(synapses).shape[0] // synapses.groups, own.shape[1]
    filled = np.zeros((part.channels, count, *own.shape[2:]), np.int64)
    for channel in range(part.channels):
        start = (part.channel_base + channel) // outputs * inputs - base
        filled[channel, start : start + inputs] = own[channel]
    return filled
