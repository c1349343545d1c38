"""Cuts: the blocks of channels into which a layer may be sliced."""

from __future__ import annotations

from dataclasses import dataclass

from ...network.graph import Layer
from ...network.synapses import SynapseOp
from ..program import CompileError


@dataclass(frozen=True)
class HeadBlock:
    """What a core's channels must not straddle: ``channels`` each, from channel 0 on; ``whole``: nor split."""

    channels: int
    whole: bool


def head_block(layer: Layer) -> HeadBlock:
    """All channels of most layers; those of a head where the weights are dynamic, whole where the lanes are tokens (QK)."""
    heads = [s.heads for s in layer.synapses if s.dynamic]
    return HeadBlock(layer.shape.channels // max(heads, default=1), any(s.op is SynapseOp.QK for s in layer.synapses))


def channel_block_sizes(layer: Layer, lanes: int) -> tuple[int, ...]:
    """Sizes of the blocks into which a head can be cut, largest first, each with a different number of blocks.

    Blocks are whole lane groups, or whole segments where the neuron has them: a core with several starts each at a lane group.
    Raises CompileError when a segment cannot lie within one core.
    """
    head, segment = head_block(layer), layer.kind.segment_channels
    unit, single = (lanes, False) if segment is None else (segment, segment % lanes != 0)
    units = -(-head.channels // unit)
    if segment is not None and head.channels < layer.shape.channels and head.channels % segment:
        raise CompileError(
            f"layer {layer.name}: segments of {segment} channels straddle heads of {head.channels}, which lie in different cores;"
            f" make the segment a divisor of {head.channels}"
        )
    if single and head.whole and units > 1:
        raise CompileError(
            f"layer {layer.name}: a core holds a whole head of {head.channels} channels, several segments of {segment}, which"
            f" are no multiple of the {lanes} lanes; make the segment {head.channels} or a multiple of {lanes}"
        )
    counts = range(1, 2) if head.whole else range(units, units + 1) if single else range(1, units + 1)
    sizes = {min(head.channels, -(-units // count) * unit) for count in counts}
    return tuple(sorted(sizes, reverse=True))


def narrow_block_sizes(layer: Layer, lanes: int, fire_lanes: int) -> tuple[int, ...]:
    """Blocks smaller than a lane group, in whole fire steps, largest first; none where a segment or a head cannot be split.

    An event of a dense or convolutional source takes as many beats as ever; what shrinks is the fire, and the beats of element to element sums.
    """
    head = head_block(layer)
    if layer.kind.segment_channels is not None or head.whole or layer.kind.one_event:
        return ()
    most = min(lanes, head.channels)
    counts = range(-(-head.channels // most), -(-head.channels // fire_lanes) + 1)
    sizes = {-(-head.channels // (count * fire_lanes)) * fire_lanes for count in counts}
    return tuple(sorted((size for size in sizes if size < most), reverse=True))
