"""How a core reads one source layer: decode fields, axis tables, weight layout and steps of one stream group."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire_spec.packet import AXON_BITS
from shiftfire_spec.stream import LaneMode
from shiftfire_spec.weights import FORMATS, WeightFormat

from ..network.graph import Shape, SynapseOp, Synapses
from .axis import Axis, identity_axis, source_axis, window_axis
from .program import CoreSlice
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
    """Everything about a stream group that follows from shapes alone. Without ``spatial`` the axes are None."""

    axon: AxonFields
    lane_mode: LaneMode
    channel_base: int
    channel_count: int
    channel_groups: int
    columns: int
    weight: WeightLayout
    y: Axis | None
    x: Axis | None

    @property
    def spatial(self) -> bool:
        return self.y is not None


def axon_fields(shape: Shape) -> AxonFields:
    """Axon fields of a source of this shape; a source of one position uses the whole axon as channel."""
    if shape.height == shape.width == 1:
        return AxonFields(AXON_BITS, 0, 0)
    return AxonFields(*((n - 1).bit_length() for n in (shape.channels, shape.width, shape.height)))


def lane_mode(op: SynapseOp) -> LaneMode:
    """Which lanes an event of this operation adds to."""
    return LaneMode.ALL if op in _ALL_LANE_OPS else LaneMode.ONE


def is_spatial(synapses: Synapses, source: Shape) -> bool:
    """Whether the group needs axis tables."""
    return synapses.op in _WINDOW_OPS or source.height * source.width > 1


def weight_layout(synapses: Synapses, source: Shape, channel_groups: int) -> WeightLayout:
    """Order of the weight groups of a slice of ``channel_groups`` lane groups."""
    if FORMATS[WeightFormat(synapses.weight_format)].bits == 0 or synapses.op in (SynapseOp.POOL, SynapseOp.DIRECT):
        return WeightLayout(0, 0, 0, 0)
    pool = synapses.pre_pool
    rows, columns = (source.height // pool, source.width // pool) if synapses.op is SynapseOp.DENSE else synapses.kernel
    block = rows * columns * channel_groups
    if synapses.op is SynapseOp.DEPTHWISE:
        return WeightLayout(0, columns * channel_groups, channel_groups, block)
    stride = expressible_stride(block) if source.channels > 1 else 0
    return WeightLayout(stride, columns * channel_groups, channel_groups, (source.channels - 1) * stride + block)


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
                    out_base=base,
                    out_count=count,
                )
            )
        elif synapses.op is SynapseOp.DENSE:
            axes.append(source_axis(extent=extent, pre_pool=synapses.pre_pool))
        else:
            axes.append(identity_axis(extent=extent, out_base=base, out_count=count))
    return axes[0], axes[1]


def group_geometry(synapses: Synapses, source: Shape, part: CoreSlice, lanes: int) -> GroupGeometry:
    """Geometry of the group with which ``part`` reads ``source``."""
    channel_groups = -(-part.channels // lanes)
    mode = lane_mode(synapses.op)
    y, x = _axes(synapses, source, part) if is_spatial(synapses, source) else (None, None)
    return GroupGeometry(
        axon=axon_fields(source),
        lane_mode=mode,
        channel_base=0 if mode is LaneMode.ALL else part.channel_base,
        channel_count=source.channels if mode is LaneMode.ALL else part.channels,
        channel_groups=channel_groups,
        columns=part.columns,
        weight=weight_layout(synapses, source, channel_groups),
        y=y,
        x=x,
    )
