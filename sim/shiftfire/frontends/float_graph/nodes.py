"""The nodes of a graph without neurons: what is linear, what reshapes, what delays, and the ends.

Shapes have no batch and no time: ``(features,)``, ``(channels, width)`` or ``(channels, height, width)``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...network.synapses import SynapseOp
from .neurons import FloatArray, Neuron


@dataclass(frozen=True)
class Input:
    """An input of the graph; its values come from the caller."""


@dataclass(frozen=True)
class Output:
    """An output of the graph: the sum of what enters it."""


@dataclass(frozen=True, eq=False)
class Linear:
    """``y = W x + b`` over the last axis (NIR's Affine, and Linear with ``bias`` None).

    ``weight``: (outputs, inputs), rarely with leading axes as in NIR; ``bias``: the shape of the output.
    """

    weight: FloatArray
    bias: FloatArray | None


@dataclass(frozen=True, eq=False)
class Scale:
    """``y = scale * x + bias``, element by element; both have the node's shape. None: no bias."""

    scale: FloatArray
    bias: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Conv:
    """Cross-correlation over one axis (Conv1d) or two (Conv2d), as torch computes it.

    ``weight``: (channels out, channels in / groups, kernel...); ``bias``: (channels out,).
    One entry per axis: ``stride``, ``dilation``, and ``padding`` as (before, after) - 'same' and 'valid' are already resolved.
    """

    weight: FloatArray
    bias: FloatArray
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int


@dataclass(frozen=True)
class Pool:
    """Sum (SumPool2d) or mean (AvgPool2d, ``mean``) over windows of (height, width); padding counts as zeros in the mean."""

    mean: bool
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class Flatten:
    """Joins axes ``start`` to ``end`` (both included, counted without the batch) in row-major order."""

    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Delay:
    """``y(t) = x(t - delay)``, in the file's unit of time; ``delay`` has the node's shape."""

    delay: FloatArray


@dataclass(frozen=True, eq=False)
class Threshold:
    """``y = 1 where x > threshold, else 0``; no state; ``threshold`` has the node's shape."""

    threshold: FloatArray


@dataclass(frozen=True)
class Clip:
    """``y = min(max(x, low), high)``, element by element: ReLU with 0 and infinity."""

    low: float
    high: float


@dataclass(frozen=True)
class Upsample:
    """Every element ``kernel`` = (rows, columns) times: element (y, x) of the output is (y // rows, x // columns) of the input, (channels, height, width)."""

    kernel: tuple[int, int]


@dataclass(frozen=True)
class Product:
    """The product of two sources per head, one of which comes by edges with ``rows``: ``op`` is QK, PV or KV, as `network.synapses.Synapses` defines them."""

    op: SynapseOp
    heads: int


Stateless = Linear | Scale | Conv | Pool | Flatten | Threshold | Clip | Upsample
Node = Input | Output | Stateless | Delay | Product | Neuron
