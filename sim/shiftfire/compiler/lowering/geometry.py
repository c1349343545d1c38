"""How a core reads one source layer: decode fields, axis tables, weight layout and steps of one stream group."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire_spec.packet import CHANNEL_BITS
from shiftfire_spec.stream import LaneMode
from shiftfire_spec.weights import FORMATS, WeightFormat

from ...network.geometry import pre_pooled_shape, seen_shape, tokens
from ...network.graph import Network
from ...network.synapses import UNWEIGHTED_OPS, SynapseOp, Synapses
from ...network.values import Shape
from ..program import CoreSlice
from .axis import Axis, identity_axis, repeat_axis, source_axis, token_axis, window_axis
from .core_program import Intake
from .grouped import source_channels
from .strides import expressible_stride

_WINDOW_OPS = (SynapseOp.CONV2D, SynapseOp.DEPTHWISE, SynapseOp.POOL)
_ALL_LANE_OPS = (SynapseOp.DENSE, SynapseOp.CONV2D)


@dataclass(frozen=True)
class AxonFields:
    """How an axon splits: low ``channel_bits`` channel, ``x_bits`` column, the rest row."""

    channel_bits: int
    x_bits: int
    y_bits: int

    @property
    def bits(self) -> int:
        return self.channel_bits + self.x_bits + self.y_bits


@dataclass(frozen=True)
class WeightLayout:
    """Order of a stream group's weight groups: channel * ``channel`` + row tap * ``row`` + column tap * ``column`` + lane group."""

    channel: int
    row: int
    column: int
    total: int


@dataclass(frozen=True, eq=False)
class GroupGeometry:
    """Everything about a stream group that follows from shapes alone. Without ``spatial`` the axes are None.

    ``row_acc``, ``column_acc``: accumulator groups from one ``first`` of an axis to the next. ``stride``: weight groups per channel, or accumulator
    groups where ``transpose`` is set.
    """

    axon: AxonFields
    lane_mode: LaneMode
    channel_base: int
    channel_count: int
    channel_groups: int
    row_acc: int
    column_acc: int
    weight: WeightLayout
    stride: int
    transpose: bool
    y: Axis | None
    x: Axis | None

    @property
    def spatial(self) -> bool:
        return self.y is not None


def sees(geometry: GroupGeometry, sent: CoreSlice) -> bool:
    """Whether any element of ``sent``, a slice of the group's source, reaches a sum or a weight of the group: the others have no beats."""
    first, last = sent.channel_base, sent.channel_base + sent.channels
    if last <= geometry.channel_base or geometry.channel_base + geometry.channel_count <= first:
        return False
    if geometry.y is None or geometry.x is None:
        return True
    return bool(geometry.y.taps[sent.row_base : sent.row_base + sent.rows].any() and geometry.x.taps.any())


def axon_fields(shape: Shape) -> AxonFields:
    """Axon fields of a source of this shape; a source of one position uses the whole axon as channel."""
    if shape.height == shape.width == 1:
        return AxonFields(CHANNEL_BITS, 0, 0)
    return AxonFields(*((n - 1).bit_length() for n in (shape.channels, shape.width, shape.height)))


def axon_bits(shape: Shape) -> int:
    """Bits that hold every axon of a source of this shape."""
    return sum((n - 1).bit_length() for n in (shape.channels, shape.width, shape.height))


def lane_mode(op: SynapseOp) -> LaneMode:
    """Which lanes an event of this operation adds to."""
    return LaneMode.ALL if op in _ALL_LANE_OPS else LaneMode.ONE


def is_spatial(synapses: Synapses, source: Shape) -> bool:
    """Whether the group needs axis tables."""
    return synapses.op in (*_WINDOW_OPS, SynapseOp.UPSAMPLE) or source.height * source.width > 1


def weight_layout(synapses: Synapses, source: Shape, channel_groups: int, channels: int) -> WeightLayout:
    """Order of the weight groups of a slice of ``channel_groups`` lane groups that takes ``channels`` channels of the source."""
    if FORMATS[WeightFormat(synapses.weight_format)].bits == 0 or synapses.op in UNWEIGHTED_OPS:
        return WeightLayout(0, 0, 0, 0)
    seen = pre_pooled_shape(seen_shape(synapses, source), synapses.pre_pool)
    rows, columns = (seen.height, seen.width) if synapses.op is SynapseOp.DENSE else synapses.kernel
    block = rows * columns * channel_groups
    if synapses.op is SynapseOp.DEPTHWISE:
        return WeightLayout(0, columns * channel_groups, channel_groups, block)
    stride = expressible_stride(block) if channels > 1 else 0
    return WeightLayout(stride, columns * channel_groups, channel_groups, (channels - 1) * stride + block)


def _block_rows(synapses: Synapses, height: int) -> tuple[int, int]:
    """First row of the source that has weights, and how many have."""
    block = synapses.block
    return (0, height) if block is None or block.rows is None else (block.row, block.rows)


def _axes(synapses: Synapses, source: Shape, part: CoreSlice) -> tuple[Axis, Axis]:
    """Row and column axis of a spatial group."""
    outputs = ((part.row_base, part.rows), (0, part.columns))
    axes = []
    for axis, (extent, (base, count)) in enumerate(zip((source.height, source.width), outputs, strict=True)):
        if synapses.op in _WINDOW_OPS:
            axes.append(
                window_axis(
                    extent=extent,
                    pre_pool=synapses.pre_pool,
                    kernel=synapses.kernel[axis],
                    stride=synapses.stride[axis],
                    padding=synapses.padding[axis],
                    dilation=synapses.dilation[axis],
                    out_base=base,
                    out_count=count,
                )
            )
        elif synapses.op is SynapseOp.DENSE:
            first, seen = _block_rows(synapses, extent) if axis == 0 else (0, extent)
            axes.append(source_axis(extent=extent, pre_pool=synapses.pre_pool, first=first, count=seen))
        elif synapses.op is SynapseOp.UPSAMPLE:
            axes.append(repeat_axis(extent=extent, factor=synapses.kernel[axis], out_base=base, out_count=count))
        else:
            axes.append(identity_axis(extent=extent, out_base=base, out_count=count))
    return axes[0], axes[1]


def _dynamic_layout(synapses: Synapses, source: Shape, rows: Shape, channel_groups: int) -> WeightLayout:
    """Order of the dynamic weight groups of a slice: a group of every lane per channel of the source (QK, PV) or per token (KV).

    ``row`` and ``column`` are the steps from token to token, along an axis of ``rows``, but for QK, whose tokens are lanes.
    """
    count = tokens(source) if synapses.op is SynapseOp.KV else source.channels // synapses.heads
    stride = expressible_stride(channel_groups) if count > 1 else 0
    token = 0 if synapses.op is SynapseOp.QK else stride
    return WeightLayout(stride, token * rows.width, token, (count - 1) * stride + channel_groups)


def _rows_geometry(synapses: Synapses, source: Shape, rows: Shape, part: CoreSlice, lanes: int) -> GroupGeometry:
    """How a core stores a vector of ``rows`` as weights."""
    layout = _dynamic_layout(synapses, source, rows, -(-part.channels // lanes))
    scores = synapses.op is SynapseOp.QK
    depth = rows.channels // synapses.heads
    head = part.channel_base // tokens(rows) if scores else 0
    return GroupGeometry(
        axon=axon_fields(rows),
        lane_mode=LaneMode.ALL if scores else LaneMode.ONE,
        channel_base=head * depth if scores else part.channel_base,
        channel_count=depth if scores else part.channels,
        channel_groups=1,
        row_acc=rows.width if scores else 0,
        column_acc=1 if scores else 0,
        weight=layout,
        stride=layout.channel if scores else 0,
        transpose=False,
        y=token_axis(extent=rows.height),
        x=token_axis(extent=rows.width),
    )


def _dynamic_geometry(synapses: Synapses, source: Shape, rows: Shape, part: CoreSlice, lanes: int) -> GroupGeometry:
    """How a core integrates a vector of ``source`` with dynamic weights."""
    channel_groups = -(-part.channels // lanes)
    layout = _dynamic_layout(synapses, source, rows, channel_groups)
    per_head = tokens(rows) if synapses.op is SynapseOp.QK else rows.channels // synapses.heads  # of the sums
    head, depth = part.channel_base // per_head, source.channels // synapses.heads
    outer = synapses.op is SynapseOp.KV
    token = layout.channel if outer else 0
    extents = (source.height, source.width)
    if outer:
        y, x = (token_axis(extent=extent) for extent in extents)
    else:
        bases = ((part.row_base, part.rows), (0, part.columns))
        y, x = (identity_axis(extent=e, out_base=b, out_count=n) for e, (b, n) in zip(extents, bases, strict=True))
    return GroupGeometry(
        axon=axon_fields(source),
        lane_mode=LaneMode.ALL,
        channel_base=head * depth + (part.row_base if outer else 0),
        channel_count=part.rows if outer else depth,
        channel_groups=channel_groups,
        row_acc=0 if outer else part.columns * channel_groups,
        column_acc=0 if outer else channel_groups,
        weight=WeightLayout(layout.channel, token * source.width, token, layout.total),
        stride=channel_groups if outer else layout.channel,
        transpose=outer,
        y=y,
        x=x,
    )


def intake_geometry(network: Network, intake: Intake, part: CoreSlice, lanes: int) -> GroupGeometry:
    """Geometry of the stream group with which ``part`` takes the vectors of ``intake``."""
    synapses = intake.synapses
    source = network.source(synapses.source).shape
    if synapses.rows is None:
        return group_geometry(synapses, source, part, lanes)
    of = _rows_geometry if intake.rows else _dynamic_geometry
    return of(synapses, source, network.source(synapses.rows).shape, part, lanes)


def group_geometry(synapses: Synapses, source: Shape, part: CoreSlice, lanes: int) -> GroupGeometry:
    """Geometry of the group with which ``part`` reads ``source`` through stored weights."""
    channel_groups = -(-part.channels // lanes)
    mode = lane_mode(synapses.op)
    base, count = source_channels(synapses, source, part) if mode is LaneMode.ALL else (part.channel_base, part.channels)
    layout = weight_layout(synapses, source, channel_groups, count)
    y, x = _axes(synapses, source, part) if is_spatial(synapses, source) else (None, None)
    return GroupGeometry(
        axon=axon_fields(source),
        lane_mode=mode,
        channel_base=base,
        channel_count=count,
        channel_groups=channel_groups,
        row_acc=part.columns * channel_groups,
        column_acc=channel_groups,
        weight=layout,
        stride=layout.channel,
        transpose=False,
        y=y,
        x=x,
    )
