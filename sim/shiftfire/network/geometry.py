"""Shapes: what a synapse makes of its source's shape."""

from __future__ import annotations

from .synapses import WEIGHT_AXES, SynapseOp, Synapses
from .values import IntArray, NetworkError, Shape


def require_weights(synapses: Synapses) -> IntArray:
    """The weights of a dense, conv2d or depthwise synapse. Raises NetworkError when they are absent or of the wrong rank."""
    axes = WEIGHT_AXES[synapses.op]
    if synapses.weights is None:
        raise NetworkError(f"{synapses.op} synapses from {synapses.source} have no weights; give an array ({', '.join(axes)})")
    if synapses.weights.ndim != len(axes):
        raise NetworkError(
            f"{synapses.op} synapses from {synapses.source}: weights of shape {synapses.weights.shape} have"
            f" {synapses.weights.ndim} axes; give {len(axes)}: ({', '.join(axes)})"
        )
    return synapses.weights


def pre_pooled_shape(shape: Shape, pre_pool: int) -> Shape:
    """Shape after summing non-overlapping ``pre_pool`` x ``pre_pool`` windows; the incomplete last ones are dropped.

    Raises NetworkError when no whole window fits.
    """
    pooled = Shape(shape.channels, shape.height // pre_pool, shape.width // pre_pool)
    if pooled.size < 1:
        raise NetworkError(f"pre_pool = {pre_pool} leaves nothing of {shape.height} x {shape.width}; make it smaller")
    return pooled


def seen_shape(synapses: Synapses, source: Shape) -> Shape:
    """Shape of the part of a source of shape ``source`` that ``synapses`` have weights for: all of it without a block."""
    block = synapses.block
    if block is None:
        return source
    return Shape(block.channels, source.height if block.rows is None else block.rows, source.width)


def kernel_of(synapses: Synapses) -> tuple[int, int]:
    """Kernel rows and columns: the weights' own for conv2d and depthwise, else the ``kernel`` field."""
    if synapses.op in (SynapseOp.CONV2D, SynapseOp.DEPTHWISE):
        rows, columns = require_weights(synapses).shape[-2:]
        return (rows, columns)
    return synapses.kernel


def window_of(synapses: Synapses) -> tuple[int, int]:
    """Rows and columns from a kernel's first weight to its last, both included: larger than the kernel where it is dilated."""
    rows, columns = ((kernel - 1) * step + 1 for kernel, step in zip(kernel_of(synapses), synapses.dilation, strict=True))
    return (rows, columns)


def tokens(shape: Shape) -> int:
    """Tokens of a vector: its positions."""
    return shape.height * shape.width


def _head_channels(what: str, shape: Shape, heads: int) -> int:
    """Channels of one head. Raises NetworkError when they are not equally many."""
    if shape.channels % heads:
        raise NetworkError(f"{what} has {shape.channels} channels, which are not {heads} heads of equal size; change heads")
    return shape.channels // heads


def dynamic_shape(synapses: Synapses, source: Shape, rows: Shape) -> Shape:
    """Shape of the sums of QK, PV or KV. Raises NetworkError when source and rows do not match."""
    what = f"{synapses.op} synapses from {synapses.source}, rows {synapses.rows}"
    own = _head_channels(f"{what}: the source", source, synapses.heads)
    stored = _head_channels(f"{what}: rows", rows, synapses.heads)
    if synapses.op is SynapseOp.QK:
        if own != stored:
            raise NetworkError(f"{what}: a head of the source has {own} channels, one of rows {stored}; make them equal")
        return Shape(synapses.heads * tokens(rows), source.height, source.width)
    if synapses.op is SynapseOp.PV:
        if own != tokens(rows):
            raise NetworkError(f"{what}: a head of the source has {own} channels, rows have {tokens(rows)} tokens; make them equal")
        return Shape(rows.channels, source.height, source.width)
    if tokens(source) != tokens(rows):
        raise NetworkError(f"{what}: the source has {tokens(source)} tokens, rows {tokens(rows)}; make them equal")
    return Shape(rows.channels, own, 1)


def output_shape(synapses: Synapses, source: Shape, rows: Shape | None = None) -> Shape:
    """Shape of the sums that ``synapses`` make of a source of shape ``source``, and of ``rows`` where they are dynamic.

    Windows follow PyTorch: ``floor((n + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`` along each axis. Raises NetworkError when the
    weights do not take the source, or nothing is left.
    """
    if synapses.dynamic:
        if rows is None:
            raise NetworkError(
                f"{synapses.op} synapses from {synapses.source} have no rows; name the layer whose vectors are the weights"
            )
        return dynamic_shape(synapses, source, rows)
    seen = pre_pooled_shape(seen_shape(synapses, source), synapses.pre_pool)
    if synapses.op is SynapseOp.DIRECT:
        return seen
    if synapses.op is SynapseOp.UPSAMPLE:
        return Shape(seen.channels, seen.height * synapses.kernel[0], seen.width * synapses.kernel[1])
    if synapses.op is SynapseOp.DENSE:
        out, fan_in = require_weights(synapses).shape
        if fan_in != seen.size:
            raise NetworkError(
                f"dense synapses from {synapses.source} take {fan_in} inputs, but the {'source' if synapses.block is None else 'block'} has {seen.size}"
                f" ({seen.channels} x {seen.height} x {seen.width} after pre_pool); weights must be (out, {seen.size})"
            )
        return Shape(out)
    channels = seen.channels
    if synapses.op is not SynapseOp.POOL:
        weights = require_weights(synapses)
        taken = weights.shape[1] * synapses.groups if synapses.op is SynapseOp.CONV2D else weights.shape[0]
        if weights.shape[0] % synapses.groups:
            raise NetworkError(
                f"conv2d synapses from {synapses.source} make {weights.shape[0]} channels, which are not {synapses.groups} groups of"
                " equal size; change groups"
            )
        if taken != seen.channels:
            raise NetworkError(
                f"{synapses.op} synapses from {synapses.source} take {taken} channels, but the {'source' if synapses.block is None else 'block'} has {seen.channels};"
                f"{f' with groups = {synapses.groups},' if synapses.groups > 1 else ''}"
                f" weights must be ({', '.join(WEIGHT_AXES[synapses.op])})"
            )
        channels = weights.shape[0]
    sizes = (seen.height, seen.width)
    high, wide = (
        (size + 2 * padding - reach) // stride + 1
        for size, reach, stride, padding in zip(sizes, window_of(synapses), synapses.stride, synapses.padding, strict=True)
    )
    if high < 1 or wide < 1:
        raise NetworkError(
            f"{synapses.op} synapses from {synapses.source}: a window of {window_of(synapses)} does not fit {sizes}"
            f" with padding {synapses.padding}; use a smaller kernel or dilation, or more padding"
        )
    return Shape(channels, high, wide)
