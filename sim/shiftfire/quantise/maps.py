"""Linear maps between grids (channels, height, width), and which two of them make one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from ..frontends.float_graph.neurons import FloatArray
from .numeric import windows

Grid = tuple[int, int, int]
Pads = tuple[tuple[int, int], tuple[int, int]]
MAX_MATRIX = 1 << 22  # weights that a chain may become when it has to be written out as a matrix


@dataclass(frozen=True, eq=False)
class Elementwise:
    """``y = gain * x``; ``gain`` of shape `Grid`."""

    gain: FloatArray


@dataclass(frozen=True, eq=False)
class Windowed:
    """Cross-correlation; pools are windowed with one group per channel. ``weight`` (out, in / groups, rows, columns)."""

    weight: FloatArray
    stride: tuple[int, int]
    padding: Pads
    dilation: tuple[int, int]
    groups: int

    @property
    def depthwise(self) -> bool:
        """Whether every channel has a kernel of its own, and one output."""
        return self.weight.shape[1] == 1 and self.groups == self.weight.shape[0]

    @property
    def padded(self) -> bool:
        return any(p for pair in self.padding for p in pair)

    @property
    def common_weights(self) -> FloatArray | None:
        """(channels,) the one value that all weights of a channel's sums over windows have; None where there is more than one, or it is no such sum."""
        values = self.weight.reshape(len(self.weight), -1)
        return values[:, 0] if self.depthwise and np.all(values == values[:, :1]) else None

    @property
    def pool(self) -> int | None:
        """Edge of the square, adjoining windows that are summed with one weight per channel; None for anything else."""
        edge = self.weight.shape[2]
        square = self.weight.shape[2:] == (edge, edge) and self.stride == (edge, edge)
        plain = not self.padded and self.dilation == (1, 1) and self.common_weights is not None
        return edge if square and plain else None


@dataclass(frozen=True, eq=False)
class Dense:
    """``y = weight x`` over all elements, in (channel, row, column) order; ``weight`` (out, in)."""

    weight: FloatArray


@dataclass(frozen=True, eq=False)
class Repeated:
    """Every element ``kernel`` (rows, columns) times, ``gain`` (channels,) times: nearest neighbour."""

    gain: FloatArray
    kernel: tuple[int, int]


LinearMap = Elementwise | Windowed | Dense | Repeated


def identity(grid: Grid) -> Elementwise:
    return Elementwise(np.ones(grid))


def scaled(first: LinearMap, gain: FloatArray) -> LinearMap | None:
    """``gain * first``, where ``gain`` has as many elements as the outputs; None when a windowed map cannot take it: within a channel it must be one number."""
    if isinstance(first, Elementwise):
        return Elementwise(first.gain * gain.reshape(first.gain.shape))
    if isinstance(first, Dense):
        return Dense(first.weight * gain.reshape(-1, 1))
    channels = gain.reshape(len(first.gain if isinstance(first, Repeated) else first.weight), -1)
    if np.any(channels != channels[:, :1]):
        return None
    if isinstance(first, Repeated):
        return Repeated(first.gain * channels[:, 0], first.kernel)
    return Windowed(first.weight * channels[:, :1, None, None], first.stride, first.padding, first.dilation, first.groups)


def windowed_after(first: LinearMap, then: Windowed) -> Windowed | None:
    """``then`` after ``first`` as one windowed map; None when there is none."""
    if isinstance(first, Elementwise):
        channels = first.gain.reshape(first.gain.shape[0], -1)
        if np.any(channels != channels[:, :1]):
            return None
        taken = channels[:, 0].reshape(then.groups, -1)  # (groups, inputs of a group)
        weight = then.weight.reshape(then.groups, -1, *then.weight.shape[1:]) * taken[:, None, :, None, None]
        return Windowed(weight.reshape(then.weight.shape), then.stride, then.padding, then.dilation, then.groups)
    if isinstance(first, Dense | Repeated) or then.padded:
        return None
    one, two, groups = _matched(first, then)
    size = [
        (one.shape[2 + a] - 1) * first.dilation[a] + (two.shape[2 + a] - 1) * then.dilation[a] * first.stride[a] + 1 for a in (0, 1)
    ]
    inputs_of_one = two.shape[1] if first.depthwise and not then.depthwise else one.shape[1]
    joint = np.zeros((two.shape[0], inputs_of_one, *size))
    for (ay, ax), (by, bx) in product(np.ndindex(*one.shape[2:]), np.ndindex(*two.shape[2:])):
        y = ay * first.dilation[0] + by * then.dilation[0] * first.stride[0]
        x = ax * first.dilation[1] + bx * then.dilation[1] * first.stride[1]
        if then.depthwise:  # channel o of the result sees what channel o of `first` sees
            joint[:, :, y, x] += two[:, :1, by, bx] * one[:, :, ay, ax]
        elif first.depthwise:
            inputs = one[:, 0, ay, ax].reshape(groups, 1, -1)
            taken = two[:, :, by, bx].reshape(groups, -1, two.shape[1]) * inputs
            joint[:, :, y, x] += taken.reshape(two.shape[:2])
        else:
            joint[:, :, y, x] += two[:, :, by, bx] @ one[:, :, ay, ax]
    stride = (first.stride[0] * then.stride[0], first.stride[1] * then.stride[1])
    return Windowed(joint, stride, first.padding, (1, 1), groups)


def _matched(first: Windowed, then: Windowed) -> tuple[FloatArray, FloatArray, int]:
    """Weights of both, with groups written out where they differ, and the groups of the result."""
    if then.depthwise:
        return first.weight, then.weight, first.groups
    if first.depthwise:
        return first.weight, then.weight, then.groups
    return ungrouped(first), ungrouped(then), 1


def ungrouped(map_: Windowed) -> FloatArray:
    """Weights with zeros where a group does not look: (out, in, rows, columns)."""
    out, per_group = map_.weight.shape[:2]
    weight = np.zeros((out, per_group * map_.groups, *map_.weight.shape[2:]))
    rows = out // map_.groups
    for group in range(map_.groups):
        own = slice(group * rows, (group + 1) * rows)
        weight[own, group * per_group : (group + 1) * per_group] = map_.weight[own]
    return weight


def matrix(map_: LinearMap, source: Grid) -> FloatArray | None:
    """The map as a matrix (out, in); None when that would be too large."""
    size = int(np.prod(source))
    if isinstance(map_, Dense):
        return map_.weight
    if size * size > 4 * MAX_MATRIX:
        return None
    basis = np.eye(size).reshape(size, *source)
    if isinstance(map_, Elementwise):
        outputs = basis * map_.gain
    elif isinstance(map_, Repeated):
        outputs = (basis * map_.gain[:, None, None]).repeat(map_.kernel[0], axis=2).repeat(map_.kernel[1], axis=3)
    else:
        outputs = windows(basis, map_.weight, map_.stride, map_.padding, map_.dilation, map_.groups)
    columns = outputs.reshape(size, -1)
    return columns.T if columns.size <= MAX_MATRIX else None


def pooled(grid: Grid, edge: int) -> Grid:
    """Grid after sums over whole ``edge`` x ``edge`` windows."""
    return (grid[0], grid[1] // edge, grid[2] // edge)
