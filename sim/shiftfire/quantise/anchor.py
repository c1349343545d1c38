"""A synapse of zeros from an input, for layers all of whose synapses have a delay: it ties their first step to the sample's, and adds nothing."""

from __future__ import annotations

import numpy as np

from ..network.synapses import SynapseOp
from .lowered import Lowered
from .maps import Grid


def anchor(source: str, source_grid: Grid, grid: Grid) -> Lowered:
    """Zeros from ``source`` to a layer on ``grid``: dense onto a plain vector, else the smallest convolution that ends on the grid."""
    if grid[1:] == (1, 1):
        return Lowered(source, 0, SynapseOp.DENSE, np.zeros((grid[0], int(np.prod(source_grid)))))
    axes = [_axis(size, out) for size, out in zip(source_grid[1:], grid[1:], strict=True)]
    kernel, stride, padding = ((axes[0][i], axes[1][i]) for i in range(3))
    weights = np.zeros((grid[0], source_grid[0], *kernel))
    return Lowered(source, 0, SynapseOp.CONV2D, weights, kernel, stride, padding)


def _axis(size: int, out: int) -> tuple[int, int, int]:
    """Kernel, stride and padding of a window that makes ``out`` positions of ``size``."""
    stride = max(1, size // out)
    padding = max(0, -(-((out - 1) * stride + 1 - size) // 2))
    return size + 2 * padding - (out - 1) * stride, stride, padding
