"""Proof that no accumulator, parameter or membrane of a network can leave the chip's widths."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from shiftfire_spec.chip import ChipConfig

from ...network.geometry import tokens
from ...network.graph import Input, Layer, Network
from ...network.recode import received_limits
from ...network.synapses import SynapseOp, Synapses
from ...network.values import ChannelLimits, IntArray, Shape
from ..lowering.core_program import ordered_synapses, vectors_per_fire
from ..program import CompileError


@dataclass(frozen=True, eq=False)
class AccumulatorBounds:
    """Per channel, shape (channels,): every partial sum of a fire, in any order of arrival, without bias, is in lower..upper."""

    lower: IntArray
    upper: IntArray

    def bits(self) -> int:
        """Two's complement width that the sums need."""
        return signed_bits(int(self.lower.min(initial=0)), int(self.upper.max(initial=0)))


def signed_bits(low: int, high: int) -> int:
    """Two's complement bits that hold both values."""
    return max((~low if low < 0 else low).bit_length(), (~high if high < 0 else high).bit_length()) + 1


def _windows(synapses: Synapses, axis: int, extent: int, outputs: int) -> IntArray:
    """Distinct sets of kernel taps that see the source along one axis, shape (sets, kernel), of 0 and 1."""
    taps = np.arange(synapses.kernel[axis]) * synapses.dilation[axis]
    source = np.arange(outputs)[:, None] * synapses.stride[axis] - synapses.padding[axis] + taps
    return np.unique(((source >= 0) & (source < extent)).astype(np.int64), axis=0)


def _tap_weights(synapses: Synapses, source: Shape, target: Shape) -> IntArray:
    """Weights as (target channels, fan-in per tap, taps_y, taps_x)."""
    if synapses.weights is None:
        return np.ones((target.channels, 1, *synapses.kernel), dtype=np.int64)
    weights = np.asarray(synapses.weights)
    if synapses.op is SynapseOp.DENSE:
        return weights.reshape(target.channels, -1, 1, 1)
    return weights[:, None] if synapses.op is SynapseOp.DEPTHWISE else weights


def direct_bounds(synapses: Synapses, limits: ChannelLimits) -> AccumulatorBounds:
    """`synapse_bounds` of a direct synapse, by the limits of its source's channels."""
    low, high = (np.array(ends, np.int64) for ends in limits)
    return AccumulatorBounds(np.minimum(low, 0) << synapses.scale, np.maximum(high, 0) << synapses.scale)


def synapse_bounds(synapses: Synapses, source: Shape, target: Shape, limits: tuple[int, int]) -> AccumulatorBounds:
    """Bounds of one source vector's sum per target channel, over all positions."""
    area = synapses.pre_pool**2
    low, high = min(limits[0], 0) * area, max(limits[1], 0) * area
    weights = _tap_weights(synapses, source, target)
    if synapses.op in (SynapseOp.DENSE, SynapseOp.DIRECT, SynapseOp.UPSAMPLE):
        rows = columns = np.ones((1, 1), dtype=np.int64)
        weights = weights if synapses.op is SynapseOp.DENSE else weights[:, :, :1, :1]
    else:
        extents = (source.height // synapses.pre_pool, source.width // synapses.pre_pool)
        outputs = (target.height, target.width)
        rows, columns = (_windows(synapses, axis, extents[axis], outputs[axis]) for axis in (0, 1))
    positive, negative = (  # per target channel and tap; a channel at a time, as there may be many weights
        np.array([half(channel, 0).sum(axis=0, dtype=np.int64) for channel in weights]) for half in (np.maximum, np.minimum)
    )
    upper, lower = (
        np.einsum("ay,cyx,bx->cab", rows, most, columns, optimize=True).max(axis=(1, 2))
        for most in (positive * high + negative * low, -positive * low - negative * high)
    )
    return AccumulatorBounds(-(lower << synapses.scale), upper << synapses.scale)


def dynamic_bounds(synapses: Synapses, source: Layer | Input, rows: Layer | Input, channels: int) -> AccumulatorBounds:
    """Bounds of one vector's sum with dynamic weights: any value of the source may meet any of ``rows``."""
    terms = tokens(source.shape) if synapses.op is SynapseOp.KV else source.shape.channels // synapses.heads
    products = [a * b * terms << synapses.scale for a in received_limits(synapses, source.value_limits) for b in rows.value_limits]
    return AccumulatorBounds(np.full(channels, min(0, *products)), np.full(channels, max(0, *products)))


def layer_bounds(network: Network, layer: Layer) -> AccumulatorBounds:
    """Bounds of the layer's sums at a fire, all synapses and vectors together.

    In Python's integers (dtype object): over all vectors of a sample they can pass 64 bits.
    """
    lower = np.zeros(layer.shape.channels, dtype=object)
    upper = np.zeros(layer.shape.channels, dtype=object)
    for synapses in ordered_synapses(network, layer):
        source = network.source(synapses.source)
        if synapses.op is SynapseOp.DIRECT and source.channel_limits is not None:
            bounds = direct_bounds(synapses, source.channel_limits)
        elif synapses.rows is None:
            bounds = synapse_bounds(synapses, source.shape, layer.shape, received_limits(synapses, source.value_limits))
        else:
            bounds = dynamic_bounds(synapses, source, network.source(synapses.rows), layer.shape.channels)
        vectors = vectors_per_fire(network, layer, synapses)
        lower += bounds.lower.astype(object) * vectors
        upper += bounds.upper.astype(object) * vectors
    return AccumulatorBounds(lower, upper)


def _require(layer: Layer, what: str, low: int, high: int, parameter: str, bits: int, remedy: str) -> None:
    """Raise CompileError unless low..high fits ``bits`` two's complement bits."""
    need = signed_bits(low, high)
    if need > bits:
        raise CompileError(
            f"layer {layer.name}: {what} reaches {low}..{high} and needs {need} bits, the chip's {parameter} = {bits}; {remedy}"
        )


def _check_sent(layer: Layer, lower: IntArray, upper: IntArray, limits: ChannelLimits) -> None:
    """Raise CompileError unless the sums of every channel are within ``limits``."""
    for channel, (low, high, least, most) in enumerate(zip(lower, upper, *limits, strict=True)):
        if not least <= low <= high <= most:
            raise CompileError(
                f"layer {layer.name}: channel {channel} sends sums of {low}..{high}, its lo..hi = {least}..{most}; widen lo and hi to hold them"
            )


def check_bounds(network: Network, chip: ChipConfig, only: Collection[str] | None = None) -> None:
    """Raise CompileError when a sum, parameter or membrane of the network can leave the chip's widths; ``only``: of the layers named so."""
    fewer = "use smaller weights, scale, payloads or fewer inputs, or a chip with wider accumulators"
    for layer in network.layers if only is None else [network.layer(name) for name in only]:
        bounds = layer_bounds(network, layer)
        neuron = layer.kind
        bias, theta = neuron.bias_words, neuron.threshold_words
        low, high = int(bounds.lower.min(initial=0)), int(bounds.upper.max(initial=0))
        width = ("accumulator_bits", chip.accumulator_bits)
        _require(layer, "the accumulator", low, high, *width, fewer)
        _require(layer, "the bias (less lo * theta)", int(bias.min()), int(bias.max()), *width, "scale the layer down")
        _require(layer, neuron.threshold_text, int(theta.min()), int(theta.max()), *width, "scale the layer down")
        of_channel = bias.reshape(len(bounds.lower), -1)
        low, high = int((bounds.lower + of_channel.min(axis=1)).min()), int((bounds.upper + of_channel.max(axis=1)).max())
        _require(layer, "the accumulator with bias", low, high, *width, fewer)
        if neuron.channel_limits is not None:
            _check_sent(layer, bounds.lower + of_channel.min(axis=1), bounds.upper + of_channel.max(axis=1), neuron.channel_limits)
        for what, state in (("the membrane", neuron.membrane), ("the synaptic current", neuron.current)):
            if state is not None:
                remedy = "narrow its limits (--fit-neurons does) or take a chip with wider membranes"
                _require(layer, what, *state.range, "membrane_bits", chip.membrane_bits, remedy)
