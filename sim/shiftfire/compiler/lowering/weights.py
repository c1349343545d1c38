"""Weights of a core: their order in weight groups, and the slices of the weight memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.weights import FORMATS, SLICE_WORD_BITS, SLICES, WeightFormat, slice_words, slices_per_word

from ...network.geometry import pre_pooled_shape, seen_shape
from ...network.graph import Network
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, Shape
from ..program import CoreSlice
from .core_program import ordered_intakes
from .geometry import intake_geometry, weight_layout
from .grouped import source_channels, zero_filled


def weight_rows(synapses: Synapses, total_groups: int) -> int:
    """Weight memory rows of ``total_groups`` weight groups; a stream group's weights start at a fresh row."""
    return -(-total_groups * FORMATS[WeightFormat(synapses.weight_format)].bits // SLICES)


def core_weight_rows(network: Network, part: CoreSlice, lanes: int) -> int:
    """Weight memory rows of a core, those of dynamic weights included."""
    return sum(
        weight_rows(intake.synapses, intake_geometry(network, intake, part, lanes).weight.total)
        for intake in ordered_intakes(network, network.layer(part.layer))
        if not intake.rows  # what is loaded is what is used
    )


def _weight_bits(fmt: WeightFormat, weights: IntArray) -> IntArray:
    """Stored bits of valid weights, elementwise: the array form of the contract's ``encode_weight``."""
    return (weights > 0).astype(np.int64) if fmt is WeightFormat.PM1 else weights & ((1 << FORMATS[fmt].bits) - 1)


def _lane_groups(bits: IntArray, lanes: int) -> IntArray:
    """(channels, ...) -> (..., groups, lanes), unused lanes 0."""
    channels = bits.shape[0]
    groups = -(-channels // lanes)
    padded = np.zeros((groups * lanes, *bits.shape[1:]), dtype=np.int64)
    padded[:channels] = bits
    return np.moveaxis(padded.reshape(groups, lanes, *bits.shape[1:]), (0, 1), (-2, -1))


def first_weight_group(fmt: WeightFormat, row: int) -> int:
    """Number of the first weight group of a memory row, in groups of the format; 0 for ONE, which reads nothing."""
    bits = FORMATS[fmt].bits
    return row * (SLICES // bits) if bits else 0


def weight_groups(synapses: Synapses, source: Shape, part: CoreSlice, lanes: int) -> IntArray:
    """Weight bits of a slice in the order of ``weight_layout``, shape (weight groups, lanes)."""
    base, count = source_channels(synapses, source, part)
    layout = weight_layout(synapses, source, -(-part.channels // lanes), count)
    if layout.total == 0 or synapses.weights is None:
        return np.zeros((0, lanes), dtype=np.int64)
    own = np.asarray(synapses.weights)[part.channel_base : part.channel_base + part.channels].astype(np.int64)
    if synapses.op is SynapseOp.DENSE:
        own = own.reshape(part.channels, *pre_pooled_shape(seen_shape(synapses, source), synapses.pre_pool).as_tuple())
    elif synapses.op is SynapseOp.DEPTHWISE:
        own = own[:, None]
    elif synapses.groups > 1:
        own = zero_filled(synapses, own, part, base, count)
    arranged = _lane_groups(_weight_bits(WeightFormat(synapses.weight_format), own), lanes)  # (in, ky, kx, groups, lanes)
    per_channel = arranged.reshape(arranged.shape[0], -1, lanes)
    strided = np.zeros((per_channel.shape[0], max(layout.channel, per_channel.shape[1]), lanes), dtype=np.int64)
    strided[:, : per_channel.shape[1]] = per_channel
    return strided.reshape(-1, lanes)[: layout.total]


def weight_slices(fmt: WeightFormat, groups: IntArray) -> NDArray[np.uint32]:
    """Words of the weight memory from (weight groups, lanes) bits in address order; what is left of the last word is 0."""
    lanes = groups.shape[1]
    bit = np.arange(FORMATS[fmt].bits)[:, None]
    slices = ((groups[:, None] >> bit) & 1).reshape(-1, lanes)
    together = slices_per_word(lanes)
    padded = np.zeros((-(-len(slices) // together), together * lanes), np.int64)
    padded.reshape(-1, lanes)[: len(slices)] = slices
    words = np.zeros((len(padded), slice_words(lanes) * SLICE_WORD_BITS), np.int64)
    words[:, : padded.shape[1]] = padded
    return (words.reshape(-1, SLICE_WORD_BITS) << np.arange(SLICE_WORD_BITS)).sum(axis=1).astype(np.uint32)
