"""Connections from several sources, their channels one after the other: a connection from each, with its part of the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from shiftfire_spec.weights import WeightFormat

from ..graph import Input, Layer
from ..synapses import DYNAMIC_OPS, WEIGHT_AXES, SynapseOp
from ..values import IntArray, NetworkError, Shape
from .connections import Connection
from .values import member, pair, shown, whole


def parts_of(owner: str, connection: Connection, known: Mapping[str, Input | Layer]) -> tuple[Connection, ...]:
    """``connection`` itself, or one from each of its sources, whose sums add up to what it makes of the concatenation of their channels.

    Dense and conv2d read columns and channels of their weights each. An output of depthwise, pool or direct sees one channel, of one source: they, and
    groups, become convolutions with zeros for the other sources, a weight per pair of channels. Raises NetworkError.
    """
    if connection.source is None or isinstance(connection.source, str):
        return (connection,)
    names = _names(owner, connection.source, known)
    if connection.block is not None:
        raise NetworkError(f"{owner}: block is a part of one source, not of {', '.join(names)}; give a connection of its own")
    what = f"{owner}, {connection.op} synapses from {', '.join(names)}"
    if connection.op in DYNAMIC_OPS or connection.op is SynapseOp.UPSAMPLE:
        raise NetworkError(f"{what}: {connection.op} takes one source; name one")
    shapes = [known[name].shape for name in names]
    if len({(shape.height, shape.width) for shape in shapes}) > 1:
        said = ", ".join(f"{name} {shape.as_tuple()}" for name, shape in zip(names, shapes, strict=True))
        raise NetworkError(f"{what}: rows and columns differ ({said}); concatenate sources of equal ones")
    weights = _weights(what, connection, shapes)
    each = weights.shape[1] // sum(shape.channels for shape in shapes)
    ends = np.cumsum([shape.channels * each for shape in shapes])
    op = SynapseOp.DENSE if connection.op is SynapseOp.DENSE else SynapseOp.CONV2D
    slices = np.split(weights, ends[:-1], axis=1)
    return tuple(
        replace(connection, op=op, source=name, weights=own, kernel=None, groups=1) for name, own in zip(names, slices, strict=True)
    )


def _names(owner: str, given: Sequence[str], known: Mapping[str, Input | Layer]) -> list[str]:
    if not isinstance(given, tuple | list) or not given:
        raise NetworkError(f"{owner}: source = {shown(given)} is neither a name nor a list of names")
    for name in given:
        if name not in known:
            raise NetworkError(f"{owner}: no source {name!r} to concatenate; there are {', '.join(known)}")
    return list(given)


def _weights(what: str, connection: Connection, shapes: Sequence[Shape]) -> IntArray:
    """Weights of all channels: (out, in) of dense, else (out, channels, kernel rows, kernel columns). Raises NetworkError."""
    channels = sum(shape.channels for shape in shapes)
    if connection.op in (SynapseOp.POOL, SynapseOp.DIRECT):
        kernel = (1, 1) if connection.kernel is None else pair(what, "kernel", connection.kernel)
        return _zero_filled(np.ones((channels, 1, *kernel), np.int64), channels, channels)
    weights, axes = whole(what, "weights", connection.weights), WEIGHT_AXES[connection.op]
    if weights.ndim != len(axes) or not weights.size:
        raise NetworkError(f"{what}: weights have shape {weights.shape}; give ({', '.join(axes)})")
    if connection.op is SynapseOp.DENSE:
        pooled = [side // connection.pre_pool for side in (shapes[0].height, shapes[0].width)]
        taken, there = weights.shape[1], channels * pooled[0] * pooled[1]
    elif connection.op is SynapseOp.DEPTHWISE:
        taken, there = weights.shape[0], channels
    else:
        taken, there = weights.shape[1] * connection.groups, channels
    if taken != there:
        raise NetworkError(f"{what}: the weights take {taken}, but the sources have {there} together; give weights for all of them")
    groups = channels if connection.op is SynapseOp.DEPTHWISE else connection.groups
    if groups == 1 or connection.op is SynapseOp.DENSE:
        return weights
    if len(weights) % groups:
        raise NetworkError(f"{what}: {len(weights)} channels are not {groups} groups of equal size; change groups")
    wanted = connection.weight_format
    if wanted is not None and member(what, "weight_format", wanted, WeightFormat) is WeightFormat.PM1:
        raise NetworkError(f"{what}: of several sources, weights that are not there are zeros, which PM1 does not hold; use INT2")
    return _zero_filled(weights[:, None] if connection.op is SynapseOp.DEPTHWISE else weights, groups, channels)


def _zero_filled(weights: IntArray, groups: int, channels: int) -> IntArray:
    """Grouped weights (out, channels / groups, ky, kx) as (out, channels, ky, kx)."""
    filled = np.zeros((len(weights), channels, *weights.shape[2:]), np.int64)
    outputs, inputs = len(weights) // groups, channels // groups
    for group in range(groups):
        rows = slice(group * outputs, (group + 1) * outputs)
        filled[rows, group * inputs : (group + 1) * inputs] = weights[rows]
    return filled
