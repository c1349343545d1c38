"""What synapses make of their source's vectors: exact integer sums.

The matrix products run in float64, which is exact: all terms are integers, and a sum whose absolute terms stay below 2**53
has no rounding in any order. ``_product`` falls back to int64 when that bound does not hold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..network.geometry import kernel_of, output_shape, require_weights
from ..network.recode import received
from ..network.synapses import SynapseOp, Synapses
from ..network.values import IntArray, NetworkError, Shape

EXACT_FLOAT64 = 1 << 53


def contribution(synapses: Synapses, values: IntArray, rows: IntArray | None = None) -> IntArray:
    """Sums of shape (vectors, *output shape) of source ``values`` (vectors, channels, height, width), all int64.

    ``rows`` (vectors, channels, height, width): the weights of QK, PV and KV, a vector for each of the source's.
    """
    values = received(synapses, values)
    if rows is not None:
        return _dynamic(synapses, values, rows) << synapses.scale
    values = _pre_pooled(of_block(synapses, values), synapses.pre_pool)
    if synapses.op is SynapseOp.DIRECT:
        sums = values
    elif synapses.op is SynapseOp.UPSAMPLE:
        sums = values.repeat(synapses.kernel[0], axis=2).repeat(synapses.kernel[1], axis=3)
    elif synapses.op is SynapseOp.DENSE:
        sums = _product(values.reshape(len(values), -1), require_weights(synapses))[:, :, None, None]
    elif synapses.op in (SynapseOp.CONV2D, SynapseOp.DEPTHWISE, SynapseOp.POOL):
        sums = _windowed(synapses, values)
    else:
        raise NetworkError(f"golden does not execute synapses {synapses.op}: write their sums in {__name__}.contribution")
    return sums << synapses.scale


def _dynamic(synapses: Synapses, values: IntArray, rows: IntArray) -> IntArray:
    """Products per head of QK, PV and KV."""
    vectors, _, height, width = values.shape
    heads = synapses.heads
    own = values.reshape(vectors, heads, -1, height * width)  # (vectors, heads, channels of the head, tokens)
    stored = rows.reshape(vectors, heads, -1, rows.shape[2] * rows.shape[3])
    if synapses.op is SynapseOp.KV:
        sums = stored @ own.swapaxes(2, 3)  # (vectors, heads, E, D)
        return sums.reshape(vectors, -1, own.shape[2], 1)
    sums = (stored.swapaxes(2, 3) if synapses.op is SynapseOp.QK else stored) @ own
    return sums.reshape(vectors, -1, height, width)


def of_block(synapses: Synapses, values: IntArray) -> IntArray:
    """The part of ``values`` (vectors, channels, height, width) that the synapses see."""
    block = synapses.block
    if block is None:
        return values
    last = values.shape[2] if block.rows is None else block.row + block.rows
    return values[:, block.channel : block.channel + block.channels, block.row : last]


def _pre_pooled(values: IntArray, pool: int) -> IntArray:
    vectors, channels, height, width = values.shape
    rows, columns = height // pool, width // pool
    whole = values[:, :, : rows * pool, : columns * pool]
    return whole.reshape(vectors, channels, rows, pool, columns, pool).sum(axis=(3, 5))


def _windowed(synapses: Synapses, values: IntArray) -> IntArray:
    """Sum over the kernel's taps; output row y sees row ``y * stride - padding + ky * dilation`` through the tap (ky, kx), if there is one."""
    channels, height, width = values.shape[1:]
    shape = output_shape(replace(synapses, pre_pool=1, block=None), Shape(channels, height, width))  # pooled and cut already
    sums = np.zeros((len(values), *shape.as_tuple()), np.int64)
    rows, columns = _seen(synapses, 0, height, shape.height), _seen(synapses, 1, width, shape.width)
    for ky, (to_y, from_y) in rows.items():
        for kx, (to_x, from_x) in columns.items():
            sums[:, :, to_y, to_x] += _tap(synapses, values[:, :, from_y, from_x], ky, kx)
    return sums


def _seen(synapses: Synapses, axis: int, extent: int, outputs: int) -> dict[int, tuple[slice, slice]]:
    """Per tap along ``axis``: the outputs that see a coordinate of the source through it, and those coordinates. Taps of no such output are left out."""
    stride, found = synapses.stride[axis], {}
    for tap in range(kernel_of(synapses)[axis]):
        offset = tap * synapses.dilation[axis] - synapses.padding[axis]
        first, last = max(0, -(offset // stride)), min(outputs - 1, (extent - 1 - offset) // stride)
        if first <= last:
            found[tap] = (slice(first, last + 1), slice(first * stride + offset, last * stride + offset + 1, stride))
    return found


def _tap(synapses: Synapses, seen: IntArray, ky: int, kx: int) -> IntArray:
    if synapses.op is SynapseOp.POOL:
        return seen
    weights = require_weights(synapses)
    if synapses.op is SynapseOp.DEPTHWISE:
        return seen * weights[:, ky, kx].astype(np.int64)[:, None, None]
    vectors, channels, height, width = seen.shape
    groups = synapses.groups
    pixels = seen.reshape(vectors, groups, channels // groups, -1).transpose(1, 0, 3, 2).reshape(groups, -1, channels // groups)
    sums = _product(pixels, weights[:, :, ky, kx].reshape(groups, -1, channels // groups))  # (groups, pixels, outputs of a group)
    return sums.reshape(groups, vectors, height, width, -1).transpose(1, 0, 4, 2, 3).reshape(vectors, -1, height, width)


def _product(values: IntArray, weights: IntArray) -> IntArray:
    """``values @ weights.T`` of shapes (..., n, in) and (..., out, in), exact."""
    turned = weights.astype(np.int64).swapaxes(-1, -2)
    largest = int(np.abs(values).max(initial=0)) * int(np.abs(turned).sum(axis=-2).max())
    if largest < EXACT_FLOAT64:
        return (values.astype(np.float64) @ turned.astype(np.float64)).astype(np.int64)
    return values @ turned
