"""NIR graphs for tests, and the linear nodes written out as loops over single elements."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def graph(nodes: dict[str, Any], edges: list[tuple[str, str]] | None = None) -> nir.NIRGraph:
    """A graph of ``nodes``, one after the other unless ``edges`` say otherwise."""
    names = list(nodes)
    return nir.NIRGraph(nodes=nodes, edges=edges if edges is not None else list(pairwise(names)))


def input_node(*shape: int) -> nir.Input:
    return nir.Input(input_type={"input": np.array(shape)})


def output_node(*shape: int) -> nir.Output:
    return nir.Output(output_type={"output": np.array(shape)})


def lif(*shape: int, tau: float = 0.01, r: float = 1.0, theta: float = 1.0, v_leak: float = 0.0, v_reset: float = 0.0) -> nir.LIF:
    values = (np.full(shape, float(v)) for v in (tau, r, v_leak, theta, v_reset))
    return nir.LIF(*values)


def if_(*shape: int, r: float = 1.0, theta: float = 1.0) -> nir.IF:
    return nir.IF(np.full(shape, float(r)), np.full(shape, float(theta)), np.zeros(shape))


def linear_loops(node: Any, x: Array) -> Array:
    """What a linear NIR node makes of one vector, element by element."""
    match node:
        case nir.Affine():
            return np.array([sum(w * v for w, v in zip(row, x, strict=True)) for row in node.weight]) + node.bias
        case nir.Linear():
            return np.array([sum(w * v for w, v in zip(row, x, strict=True)) for row in node.weight])
        case nir.Scale():
            return node.scale * x
        case nir.Flatten():
            return x.reshape(-1)
        case nir.Conv1d():
            wide = nir.Conv2d(
                None,
                node.weight[:, :, None],
                (1, int(node.stride)),
                (0, int(node.padding)),
                (1, int(node.dilation)),
                int(node.groups),
                node.bias,
            )
            return linear_loops(wide, x[:, None])[:, 0]
        case nir.Conv2d():
            return (
                _windows(x, node.weight, _pair(node.stride), _pair(node.padding), _pair(node.dilation), node.groups)
                + node.bias[:, None, None]
            )
        case nir.SumPool2d() | nir.AvgPool2d():
            kernel, channels = _pair(node.kernel_size), len(x)
            value = 1.0 if isinstance(node, nir.SumPool2d) else 1.0 / (kernel[0] * kernel[1])
            return _windows(x, np.full((channels, 1, *kernel), value), _pair(node.stride), _pair(node.padding), (1, 1), channels)
        case _:
            raise AssertionError(type(node))


def _pair(value: Any) -> tuple[int, int]:
    flat = np.atleast_1d(value)
    return (int(flat[0]), int(flat[-1]))


def _windows(x: Array, weight: Array, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    outs, per_group, *kernel = weight.shape
    size = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip(x.shape[1:], padding, dilation, kernel, stride, strict=True)
    ]
    result = np.zeros((outs, *size))
    for o, y, x_ in product(range(outs), range(size[0]), range(size[1])):
        first = o // (outs // groups) * per_group
        for i, ky, kx in product(range(per_group), range(kernel[0]), range(kernel[1])):
            row, column = y * stride[0] - padding[0] + ky * dilation[0], x_ * stride[1] - padding[1] + kx * dilation[1]
            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                result[o, y, x_] += weight[o, i, ky, kx] * x[first + i, row, column]
    return result
