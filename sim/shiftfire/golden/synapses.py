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
from ..network.values import IntArray, Shape

EXACT_FLOAT64 = 1 << 53


def contribution(synapses: Synapses, values: IntArray, rows: IntArray | None = None) -> IntArray:
    """Sums of shape (vectors, *output shape) of source ``values`` (vectors, channels, height, width), all int64.

    ``rows`` (vectors, channels, height, width): the weights of QK, PV and KV, a vector for each of the source's.
    """
    values = received(synapses, values)
    if rows is not None:
        return _dynamic(synapses, values, rows) << synapses.scale
    values = _pre_pooled(values, synapses.pre_pool)
    if synapses.op is SynapseOp.DIRECT:
        sums = values
    elif synapses.op is SynapseOp.DENSE:
        sums = _product(values.reshape(len(values), -1), require_weights(synapses))[:, :, None, None]
    else:
        sums = _windowed(synapses, values)
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


def _pre_pooled(values: IntArray, pool: int) -> IntArray:
    vectors, channels, height, width = values.shape
    rows, columns = height // pool, width // pool
    whole = values[:, :, : rows * pool, : columns * pool]
    return whole.reshape(vectors, channels, rows, pool, columns, pool).sum(axis=(3, 5))


def _windowed(synapses: Synapses, values: IntArray) -> IntArray:
    """Sum over the kernel's taps; the tap (ky, kx) sees row ``y * stride + ky`` of the padded source."""
    channels, height, width = values.shape[1:]
    shape = output_shape(replace(synapses, pre_pool=1), Shape(channels, height, width))  # the pre-pooling is done
    pad_y, pad_x = synapses.padding
    padded = np.pad(values, ((0, 0), (0, 0), (pad_y, pad_y), (pad_x, pad_x)))
    sums = np.zeros((len(values), *shape.as_tuple()), np.int64)
    kernel_y, kernel_x = kernel_of(synapses)
    stride_y, stride_x = synapses.stride
    for ky in range(kernel_y):
        for kx in range(kernel_x):
            seen = padded[:, :, ky:, kx:][:, :, ::stride_y, ::stride_x][:, :, : shape.height, : shape.width]
            sums += _tap(synapses, seen, ky, kx)
    return sums


def _tap(synapses: Synapses, seen: IntArray, ky: int, kx: int) -> IntArray:
    if synapses.op is SynapseOp.POOL:
        return seen
    weights = require_weights(synapses)
    if synapses.op is SynapseOp.DEPTHWISE:
        return seen * weights[:, ky, kx].astype(np.int64)[:, None, None]
    vectors, channels, height, width = seen.shape
    pixels = seen.transpose(0, 2, 3, 1).reshape(-1, channels)
    return _product(pixels, weights[:, :, ky, kx]).reshape(vectors, height, width, -1).transpose(0, 3, 1, 2)


def _product(values: IntArray, weights: IntArray) -> IntArray:
    """``values @ weights.T`` of shapes (n, in) and (out, in), exact."""
    weights = weights.astype(np.int64)
    largest = int(np.abs(values).max(initial=0)) * int(np.abs(weights).sum(axis=1).max())
    if largest < EXACT_FLOAT64:
        return (values.astype(np.float64) @ weights.T.astype(np.float64)).astype(np.int64)
    return values @ weights.T
