"""What the nodes without state compute, in float64, for a batch of samples."""

from __future__ import annotations

from itertools import product

import numpy as np

from .neurons import FloatArray
from .nodes import Clip, Conv, Flatten, Linear, Pool, Scale, Stateless, Threshold, Upsample


def apply(node: Stateless, x: FloatArray) -> FloatArray:
    """The node's output for ``x`` of shape (samples, *input shape)."""
    match node:
        case Linear():
            y = np.einsum("...oi,...i->...o", node.weight, x) if node.weight.ndim > 2 else x @ node.weight.T
            return y if node.bias is None else y + node.bias
        case Scale():
            return x * node.scale if node.bias is None else x * node.scale + node.bias
        case Clip():
            return np.clip(x, node.low, node.high)
        case Upsample():
            return x.repeat(node.kernel[0], axis=-2).repeat(node.kernel[1], axis=-1)
        case Threshold():
            return (x > node.threshold).astype(np.float64)
        case Flatten():
            return x.reshape(*x.shape[: node.start + 1], -1, *x.shape[node.end + 2 :])
        case Pool():
            windows = _windows(x, node.kernel, node.stride, tuple((p, p) for p in node.padding), (1, 1))
            total = sum(windows[1:], start=windows[0])
            return total / (node.kernel[0] * node.kernel[1]) if node.mean else total
        case Conv():
            return _conv(node, x)


def _conv(node: Conv, x: FloatArray) -> FloatArray:
    out, inner, *kernel = node.weight.shape
    per_group = out // node.groups
    taps = _windows(x, tuple(kernel), node.stride, node.padding, node.dilation)
    weight = node.weight.reshape(node.groups, per_group, inner, -1)
    y = 0.0
    for tap, window in enumerate(taps):
        grouped = window.reshape(x.shape[0], node.groups, inner, *window.shape[2:])
        y = y + np.einsum("goi,ngi...->ngo...", weight[..., tap], grouped)
    y = np.asarray(y)
    return y.reshape(x.shape[0], out, *y.shape[3:]) + node.bias.reshape(-1, *(1,) * len(kernel))


def _windows(
    x: FloatArray,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[tuple[int, int], ...],
    dilation: tuple[int, ...],
) -> list[FloatArray]:
    """For every tap of the kernel what it sees, one array of the output's size each; axes after (samples, channels)."""
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    axes = list(zip(padded.shape[2:], kernel, stride, dilation, strict=True))
    counts = [(size - (k - 1) * d - 1) // s + 1 for size, k, s, d in axes]
    found: list[FloatArray] = []
    for tap in product(*(range(k) for k in kernel)):
        cut = tuple(slice(t * d, t * d + (n - 1) * s + 1, s) for t, (_, _, s, d), n in zip(tap, axes, counts, strict=True))
        found.append(padded[(slice(None), slice(None), *cut)])
    return found
