"""What the lanes of a core see while they integrate a vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import FORMATS, encode_weight, is_serial

from ...network.geometry import require_weights
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, NetworkError, Shape


@dataclass(frozen=True, eq=False)
class LaneTrace:
    """Beats in order. weight, term, i: (beats, lanes), the weight as the memory gives it, what is added, the sum before. magnitude, negative, shift: (beats,). sums: (channels, height, width) in the end."""

    weight: IntArray
    term: IntArray
    i: IntArray
    magnitude: IntArray
    negative: IntArray
    shift: IntArray
    sums: IntArray


def lane_trace(synapses: Synapses, kind: PayloadKind, vector: IntArray, shape: Shape, lanes: int) -> LaneTrace:
    """The beats of a vector (channels, height, width) on one core that holds the layer, whose outputs are ``shape``.

    Events come by row, column and channel; the beats of an event by digit, kernel row, kernel column and group of ``lanes`` channels. For convolutions (without dilation or
    recoding) whose blocks of channels fill the lanes, and UNIT, COUNT and POW2 payloads; NetworkError for others.
    """
    weights = require_weights(synapses)
    block = weights.shape[0] // synapses.groups  # output channels that see the same source channels
    plain = synapses.op is SynapseOp.CONV2D and synapses.dilation == (1, 1) and synapses.recode is None and synapses.block is None
    if not plain or block % lanes:
        raise NetworkError(f"synapses from {synapses.source}: no plain convolution that fills {lanes} lanes; trace another layer")
    stored = np.vectorize(lambda value: _as_read(synapses, int(value)), otypes=[np.int64])(weights)
    sums = np.zeros((shape.height, shape.width, weights.shape[0]), np.int64)
    serial = is_serial(synapses.weight_format, kind)
    found: list[tuple[IntArray, IntArray, IntArray, int, int, int]] = []
    for y, x, channel in np.argwhere(vector.transpose(1, 2, 0)):
        value = int(vector[channel, y, x])
        number, within = divmod(int(channel), weights.shape[1])
        for magnitude, shift in _digits(value, kind, serial):
            for to_y, to_x, ky, kx in _taps(synapses, shape, int(y) // synapses.pre_pool, int(x) // synapses.pre_pool):
                for group in range(number * block, (number + 1) * block, lanes):
                    taken = slice(group, group + lanes)
                    base = weights[taken, within, ky, kx] * (1 if serial else magnitude)
                    term = (base << (shift + synapses.scale)) * (-1 if value < 0 else 1)
                    before = sums[to_y, to_x, taken].copy()
                    found.append((stored[taken, within, ky, kx], term, before, magnitude, int(value < 0), shift + synapses.scale))
                    sums[to_y, to_x, taken] += term
    columns = [np.array(column, np.int64) for column in zip(*found, strict=True)]
    return LaneTrace(*columns, sums=sums.transpose(2, 0, 1))


def _as_read(synapses: Synapses, weight: int) -> int:
    """A weight as the weight memory hands it to a lane: with its sign where the format has one."""
    info = FORMATS[synapses.weight_format]
    return weight if info.bits > 1 else encode_weight(synapses.weight_format, weight)


def _digits(value: int, kind: PayloadKind, serial: bool) -> Iterator[tuple[int, int]]:
    """Magnitude and shift of each beat of an event: one per set bit where magnitudes are serial, a power of two by its exponent."""
    magnitude = abs(value)
    if serial:
        yield from ((magnitude, bit) for bit in range(magnitude.bit_length()) if magnitude >> bit & 1)
    elif kind is PayloadKind.POW2:
        if magnitude & (magnitude - 1):
            raise NetworkError(f"value {value} is no power of two; trace a source whose values are")
        yield 1, magnitude.bit_length() - 1
    elif kind is PayloadKind.SIGNED:
        raise NetworkError("SIGNED payloads are not traced; trace another layer")
    else:
        yield magnitude, 0


def _taps(synapses: Synapses, shape: Shape, y: int, x: int) -> Iterator[tuple[int, int, int, int]]:
    """Outputs that see the element (y, x), and through which tap."""
    for ky in range(synapses.kernel[0]):
        for kx in range(synapses.kernel[1]):
            to_y, past_y = divmod(y + synapses.padding[0] - ky, synapses.stride[0])
            to_x, past_x = divmod(x + synapses.padding[1] - kx, synapses.stride[1])
            if not past_y and not past_x and 0 <= to_y < shape.height and 0 <= to_x < shape.width:
                yield to_y, to_x, ky, kx
