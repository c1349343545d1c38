"""The nodes of a graph without neurons: what is linear, what reshapes, what delays, and the ends.

Shapes have no batch and no time: ``(features,)``, ``(channels, width)`` or ``(channels, height, width)``.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    """``y = scale * x``, element by element; ``scale`` has the node's shape."""

    scale: FloatArray


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


Stateless = Linear | Scale | Conv | Pool | Flatten | Threshold
Node = Input | Output | Stateless | Delay | Neuron
