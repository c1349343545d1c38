"""Axis tables: which outputs an event at one coordinate reaches along one axis, and with which part of the kernel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from shiftfire_spec.chip import ChipConfig

from ...network.values import IntArray


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of a group, an entry per source coordinate.

    ``taps`` (coordinates,): outputs reached. ``first`` (coordinates,): the first of them, counted from the slice's first output.
    ``tap`` (coordinates,): kernel (or source) index that belongs to the first output. From one output to the next the index
    moves by ``tap_step``, and the output's number by ``out_step``.
    """

    taps: IntArray
    first: IntArray
    tap: IntArray
    tap_step: int
    out_step: int = 1

    @property
    def window(self) -> slice:
        """The coordinates from the first to the last that reach an output; coordinate 0 where none does."""
        reached = np.flatnonzero(self.taps)
        return slice(int(reached[0]), int(reached[-1]) + 1) if len(reached) else slice(0, 1)


def _drop(axis: Axis) -> Axis:
    """Zero the entries without taps, so that equal networks give equal images."""
    kept = axis.taps > 0
    return Axis(axis.taps * kept, axis.first * kept, axis.tap * kept, axis.tap_step, axis.out_step)


def row_window(axis: Axis, chip: ChipConfig) -> slice:
    """The rows of ``axis`` that a row table of the chip holds: those that reach an output, or all of them."""
    return axis.window if chip.row_windows else slice(0, len(axis.taps))


def window_axis(
    *, extent: int, pre_pool: int, kernel: int, stride: int, padding: int, dilation: int, out_base: int, out_count: int
) -> Axis:
    """Sliding windows: output o reads pooled coordinates ``o*stride - padding + k*dilation``, k from 0 to ``kernel - 1``.

    Of the outputs, only ``out_base .. out_base + out_count - 1`` lie in the slice. With g the greatest common divisor of stride and dilation,
    a coordinate reaches every ``dilation/g``-th output of a range, k falling by ``stride/g`` each time; none when g does not divide its
    distance from the padded edge.
    """
    coordinate = np.arange(extent, dtype=np.int64) // pre_pool
    reach = coordinate + padding
    common = math.gcd(stride, dilation)
    out_step = dilation // common
    least = np.maximum(-(((kernel - 1) * dilation - reach) // stride), out_base)
    last = np.minimum(reach // stride, out_base + out_count - 1)
    # the first output from ``least`` on with o * stride = reach (mod dilation), where one exists
    wanted = (reach // common) * pow(stride // common, -1, out_step) % out_step
    first = least + (wanted - least) % out_step
    inside = (coordinate < extent // pre_pool) & (reach % common == 0)
    taps = np.where(inside, np.maximum((last - first) // out_step + 1, 0), 0)
    return _drop(Axis(taps, first - out_base, (reach - first * stride) // dilation, -(stride // common), out_step))


def source_axis(*, extent: int, pre_pool: int, first: int, count: int) -> Axis:
    """A dense layer: one output position, reached from each of ``count`` coordinates from ``first`` on with its own weights."""
    coordinate = (np.arange(extent, dtype=np.int64) - first) // pre_pool
    taps = ((coordinate >= 0) & (coordinate < count // pre_pool)).astype(np.int64)
    return _drop(Axis(taps, np.zeros_like(coordinate), coordinate, 0))


def identity_axis(*, extent: int, out_base: int, out_count: int) -> Axis:
    """Element to element: a coordinate reaches the output of the same number, if it is in the slice."""
    coordinate = np.arange(extent, dtype=np.int64)
    taps = ((coordinate >= out_base) & (coordinate < out_base + out_count)).astype(np.int64)
    return _drop(Axis(taps, coordinate - out_base, np.zeros_like(coordinate), 0))


def repeat_axis(*, extent: int, factor: int, out_base: int, out_count: int) -> Axis:
    """Upsampling: a coordinate c reaches the outputs ``c*factor .. c*factor + factor - 1``, those of them that are in the slice."""
    coordinate = np.arange(extent, dtype=np.int64)
    first = np.maximum(coordinate * factor, out_base)
    taps = np.maximum(np.minimum((coordinate + 1) * factor, out_base + out_count) - first, 0)
    return _drop(Axis(taps, first - out_base, np.zeros_like(coordinate), 0))


def token_axis(*, extent: int) -> Axis:
    """Tokens of dynamic weights: every coordinate counts, and stands for itself in the accumulators and in the weights."""
    coordinate = np.arange(extent, dtype=np.int64)
    return Axis(np.ones_like(coordinate), coordinate, coordinate, 0)
