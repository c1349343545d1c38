"""What a stateless node makes of values, in float64: used to find constants and matrices of chains, never to run a network."""

from __future__ import annotations

from itertools import product

import numpy as np

from ..frontends.float_graph.neurons import FloatArray
from ..frontends.float_graph.nodes import Conv, Flatten, Linear, Node, Pool, Scale, Upsample


def apply(node: Node, values: FloatArray) -> FloatArray:
    """Outputs of ``node`` for ``values`` (batch, *input shape). Raises TypeError for a node that is not linear."""
    match node:
        case Linear():
            weight = node.weight if node.weight.ndim == 2 else node.weight.reshape(-1, *node.weight.shape[-2:])[0]
            out = values @ weight.T
            return out if node.bias is None else out + node.bias
        case Scale():
            return values * node.scale if node.bias is None else values * node.scale + node.bias
        case Flatten():
            start, end = node.start + 1, node.end + 1
            return values.reshape(*values.shape[:start], -1, *values.shape[end + 1 :])
        case Conv():
            sums = windows(values, node.weight, node.stride, node.padding, node.dilation, node.groups)
            return sums + node.bias.reshape(-1, *(1,) * (values.ndim - 2))
        case Upsample():
            return values.repeat(node.kernel[0], axis=-2).repeat(node.kernel[1], axis=-1)
        case Pool():
            channels = values.shape[1]
            ones = np.full((channels, 1, *node.kernel), 1.0 / np.prod(node.kernel) if node.mean else 1.0)
            padding = tuple((p, p) for p in node.padding)
            return windows(values, ones, node.stride, padding, (1, 1), channels)
        case _:
            raise TypeError(f"{type(node).__name__} is not linear")


def windows(
    values: FloatArray,
    weight: FloatArray,
    stride: tuple[int, ...],
    padding: tuple[tuple[int, int], ...],
    dilation: tuple[int, ...],
    groups: int,
) -> FloatArray:
    """Cross-correlation of ``values`` (batch, channels, axes...) with ``weight`` (out, in / groups, kernel...): one tap after the other."""
    padded = np.pad(values, ((0, 0), (0, 0), *padding))
    kernel = weight.shape[2:]
    outs = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(padded.shape[2:], kernel, stride, dilation, strict=True)]
    per_group = weight.shape[0] // groups
    result = np.zeros((len(values), weight.shape[0], *outs))
    for tap in product(*(range(k) for k in kernel)):
        cut = tuple(slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, n, s in zip(tap, dilation, outs, stride, strict=True))
        seen = padded[(slice(None), slice(None), *cut)]
        for group in range(groups):
            inputs = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
            own = slice(group * per_group, (group + 1) * per_group)
            result[:, own] += np.einsum("oi,bi...->bo...", weight[(own, slice(None), *tap)], seen[:, inputs])
    return result
