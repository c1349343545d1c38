"""Units: what one step of a channel's membrane stands for, so that its weights become integers and its threshold lies high in the membrane.

A channel's neurons only compare their membrane with their own threshold, so each channel has a unit of its own: its weights use all their bits,
and the threshold and the bias absorb the scale exactly. Where outputs are membranes, which are compared across channels, all channels share one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..frontends.float_graph.neurons import FloatArray
from ..network.wide_weights import MOST_WIDE_SCALE, WIDE_BITS
from .weights import best_unit, most_of

GREATEST_SCALE = 15  # left shift of a contribution
GRID_TOLERANCE = 1e-6  # of a weight step: float32 weights that lie on a grid do so to about this
MOST_OUTLIERS = 0.1  # share of channels whose weights may be coarser than the others', so that these keep their membrane bits
OUTLIER_BITS = 2  # at most so many bits of membrane are given up for them
PROBED = 4  # weights of a channel that are looked at first, to find its grid
PERCENTILE = 99.9  # of a channel's weights, that a clipping by percentile keeps


@dataclass(frozen=True, eq=False)
class Units:
    """``unit`` (channels,): float membrane per integer step. ``scales``: left shift per synapse. ``exact`` (channels,): every weight is a whole number of its units."""

    unit: FloatArray
    scales: tuple[int, ...]
    exact: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Drive:
    """One synapse in membrane units: ``rows`` (channels, weights of a channel), ``bits`` of a stored weight (0: none are stored, every weight is one),

    ``activity`` (weights of a channel,): mean square of the source value that each weight meets.
    """

    rows: FloatArray
    bits: int
    activity: FloatArray

    @property
    def most(self) -> int:
        """Greatest integer weight."""
        return most_of(self.bits)

    @property
    def most_scale(self) -> int:
        """Greatest left shift of its sums; the high digits of 16 bits take some of it."""
        return MOST_WIDE_SCALE if self.bits == WIDE_BITS else GREATEST_SCALE

    def reach(self, percentile: bool) -> FloatArray:
        """(channels,) what the greatest integer weight of a channel should stand for."""
        magnitude = np.abs(self.rows)
        if self.bits == 1:
            return magnitude.mean(axis=1)
        return np.percentile(magnitude, PERCENTILE, axis=1) if percentile and self.bits else magnitude.max(axis=1, initial=0.0)


def choose_units(
    drives: list[Drive], peak: FloatArray, greatest: int, *, common: bool, lower_by: int = 0, percentile: bool = False
) -> Units:
    """Units and scales of a layer.

    ``peak`` (channels,): the greatest membrane, in absolute value, that must be held; ``greatest``: the greatest integer that holds it.
    ``common``: one unit for all channels. ``lower_by``: scales are so much smaller than the membrane allows, for accumulators.
    ``percentile``: the greatest weights of a channel are clipped at `PERCENTILE`; else where that makes the squared error least.
    """
    if common:
        channels = len(peak)
        joint = [Drive(drive.rows.reshape(1, -1), drive.bits, np.tile(drive.activity, channels)) for drive in drives]
        most = peak.max(keepdims=True)
        units = choose_units(joint, most, greatest, common=False, lower_by=lower_by, percentile=percentile)
        return Units(np.repeat(units.unit, channels), units.scales, np.repeat(units.exact, channels))
    relative = _relative_scales(drives)
    need = np.zeros(len(peak))
    for drive, scale in zip(drives, relative, strict=True):
        need = np.maximum(need, drive.reach(percentile) / (drive.most * 2.0**scale))
    grid = _grids(drives, relative)
    need = np.where(grid > 0, grid, need)
    least = peak / greatest
    quiet = need <= 0  # nothing reaches the channel: any unit will do
    need = np.where(quiet, float(np.max(need, initial=0.0)) or 1.0, need)
    top = min((drive.most_scale - r for drive, r in zip(drives, relative, strict=True)), default=GREATEST_SCALE)
    scale = min(_room(need / least) - lower_by, top)
    if scale < 0 and any(drive.bits == WIDE_BITS for drive in drives):  # a coarser unit: such weights have bits to spare
        need, grid = need / 2.0**scale, np.zeros(len(need))
    scale = max(0, scale)
    unit = np.maximum(need / 2.0**scale, least)
    exact = ((grid > 0) & (unit == need / 2.0**scale)) | quiet
    scales = tuple(scale + r for r in relative)
    if not percentile:
        unit = best_unit(
            [d.rows for d in drives], [d.activity for d in drives], [d.bits for d in drives], scales, unit, least, exact
        )
    return Units(unit, scales, exact)


def _room(ratio: FloatArray) -> int:
    """Left shift for which the units of nearly all channels still hold their peaks."""
    bits = np.floor(np.log2(np.maximum(ratio, 1.0)) + 1e-9)
    return int(max(bits.min(), np.quantile(bits, MOST_OUTLIERS, method="lower") - OUTLIER_BITS))


def _relative_scales(drives: list[Drive]) -> list[int]:
    """Left shifts of the synapses relative to the one with the smallest weights, so that each uses its bits."""
    steps = []
    for drive in drives:
        reach = drive.reach(percentile=False) / drive.most
        steps.append(float(np.median(reach[reach > 0])) if np.any(reach > 0) else 0.0)
    smallest = min((s for s in steps if s > 0), default=1.0)
    return [min(drive.most_scale, round(np.log2(s / smallest))) if s > 0 else 0 for drive, s in zip(drives, steps, strict=True)]


def _grids(drives: list[Drive], relative: list[int]) -> FloatArray:
    """(channels,) the coarsest unit of which every weight of the channel is a multiple that its bits hold; 0 where there is none."""
    reach = np.max([np.abs(d.rows).max(axis=1, initial=0.0) / 2.0**r for d, r in zip(drives, relative, strict=True)], axis=0)
    grid, open_ = np.zeros(len(reach)), reach > 0
    most = max(d.most for d in drives)
    likely = _likely_steps(drives, relative, reach, most)
    for steps in range(1, most + 1):
        rows = np.flatnonzero(open_ & likely[:, steps - 1])
        if not len(rows):
            continue
        unit = reach[rows] / steps
        whole = np.ones(len(rows), bool)
        for drive, scale in zip(drives, relative, strict=True):
            quotient = drive.rows[rows] / (unit * 2.0**scale)[:, None]
            nearest = np.rint(quotient)
            whole &= np.all(np.abs(quotient - nearest) <= GRID_TOLERANCE * steps, axis=1) & np.all(
                np.abs(nearest) <= drive.most, axis=1
            )
            if drive.bits == 1:
                whole &= np.all(nearest != 0, axis=1)
        grid[rows[whole]] = unit[whole]
        open_[rows[whole]] = False
    return grid


def _likely_steps(drives: list[Drive], relative: list[int], reach: FloatArray, most: int) -> NDArray[np.bool_]:
    """(channels, most) whether the first weights of a channel are multiples of ``reach`` / n, n from 1 to ``most``; all that `_grids` finds are."""
    steps = np.arange(1, most + 1)
    likely = np.repeat(reach[:, None] > 0, most, axis=1)
    safe = np.where(reach > 0, reach, 1.0)
    for drive, scale in zip(drives, relative, strict=True):
        for column in drive.rows.T[:PROBED]:
            quotient = (column / (safe * 2.0**scale))[:, None] * steps
            likely &= np.abs(quotient - np.rint(quotient)) <= GRID_TOLERANCE * steps * (1 + 1e-6)
    return likely
