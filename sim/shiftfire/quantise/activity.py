"""What sources send and membranes reach, where it is known: weights, headroom and scales are chosen by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..frontends.float_graph.neurons import FloatArray
from ..network.synapses import SynapseOp
from .dynamics import Emits
from .lowered import Lowered
from .maps import Grid, pooled
from .population import Population

HEADROOM = 4.0  # thresholds that a membrane has room for where nothing was measured
QUIET = 1e-6  # mean square that is taken for sources that never spoke
MOST_VALUES = 1 << 22  # of a source that second moments are made of
MOST_POSITIONS = 32  # of a convolution, likewise
ASSUMED_SPIKES = 7  # of a step, where nothing was measured
LEAST = 1e-30  # membrane of channels that stay at 0
MARGIN = 1.25  # room above the greatest membrane that was measured


@dataclass(frozen=True, eq=False)
class Statistics:
    """``sent``: values of every source, real, (samples, timesteps, elements). ``membranes``: likewise, before or after the reset. Empty where nothing was measured.

    ``grids``: of every source. ``limits``: greatest real value of every source, in absolute value.
    """

    grids: Mapping[str, Grid]
    limits: Mapping[str, float]
    sent: Mapping[str, FloatArray] = field(default_factory=dict[str, FloatArray])
    membranes: Mapping[str, FloatArray] = field(default_factory=dict[str, FloatArray])

    def pooled(self, synapse: Lowered) -> FloatArray | None:
        """(samples, timesteps, channels, rows, columns) of what a synapse takes of its source, pooled first; None where nothing was measured."""
        sent = self.sent.get(synapse.source)
        if sent is None:
            return None
        grid = self.grids[synapse.source]
        edge, (_, rows, columns) = synapse.pre_pool, pooled(grid, synapse.pre_pool)
        values = sent.reshape(*sent.shape[:2], *grid)[..., : rows * edge, : columns * edge]
        return values.reshape(*sent.shape[:2], grid[0], rows, edge, columns, edge).sum(axis=(4, 6))

    def activity(self, synapse: Lowered, weights: int) -> FloatArray:
        """(weights of a channel,) mean square of the real value that each weight meets; all alike where nothing was measured."""
        values = self.pooled(synapse) if synapse.op in (SynapseOp.DENSE, SynapseOp.CONV2D) else None
        if values is None:
            return np.ones(weights)
        square = np.square(values).mean(axis=(0, 1)) + QUIET  # what was silent may speak yet
        if synapse.op is SynapseOp.DENSE:
            return square.reshape(-1)
        per_group = square.mean(axis=(1, 2)).reshape(synapse.groups, -1).mean(axis=0)
        return np.repeat(per_group, synapse.kernel[0] * synapse.kernel[1])

    def patches(self, synapse: Lowered) -> FloatArray | None:
        """(samples, timesteps, weights of a channel) of real values that the weights meet together; of convolutions, some positions. None where that is not known."""
        values = self.pooled(synapse) if synapse.op in (SynapseOp.DENSE, SynapseOp.CONV2D) else None
        if values is None or synapse.groups != 1:
            return None
        values = values[: max(1, MOST_VALUES // values[0].size)]
        if synapse.op is SynapseOp.DENSE:
            return values.reshape(*values.shape[:2], -1)
        (pad_y, pad_x), (high, wide) = synapse.padding, synapse.kernel
        padded = np.pad(values, ((0, 0), (0, 0), (0, 0), (pad_y, pad_y), (pad_x, pad_x)))
        reach = [(k - 1) * d + 1 for k, d in zip(synapse.kernel, synapse.dilation, strict=True)]
        starts = [
            (y, x)
            for y in range(0, padded.shape[3] - reach[0] + 1, synapse.stride[0])
            for x in range(0, padded.shape[4] - reach[1] + 1, synapse.stride[1])
        ]
        chosen = starts[:: max(1, len(starts) // MOST_POSITIONS)]
        rows = [
            padded[..., y : y + reach[0] : synapse.dilation[0], x : x + reach[1] : synapse.dilation[1]].reshape(
                *values.shape[:2], -1
            )
            for y, x in chosen
        ]
        assert rows[0].shape[2] == values.shape[2] * high * wide
        return np.concatenate(rows)

    def most_spikes(self, name: str, most: int) -> int:
        """Spikes of a step that a layer should have room for: twice what was measured, at most ``most``."""
        if most <= 1:
            return most
        seen = int(self.sent[name].max(initial=1)) if name in self.sent else ASSUMED_SPIKES
        return min(most, (2 << seen.bit_length()) - 1)

    def peak(self, population: Population) -> FloatArray:
        """(channels,) the greatest membrane, in absolute value, that a channel should have room for."""
        dynamics, channels = population.dynamics, population.grid[0]
        theta = np.abs(dynamics.theta).reshape(channels, -1).max(axis=1)
        measured = self.membranes.get(population.name)
        if measured is not None:
            values = measured.reshape(*measured.shape[:2], channels, -1)
            most = self.most_spikes(population.name, dynamics.most) if dynamics.emits is Emits.SPIKES else 0
            if dynamics.emits is Emits.MEMBRANE:
                return MARGIN * np.maximum(np.abs(values).max(axis=(0, 1, 3)), LEAST)
            # deeper below its later values than it ever rises again, a membrane need not be held
            risen = (values - np.minimum.accumulate(values, axis=1)).max(axis=(0, 1, 3))
            return np.maximum(MARGIN * (np.maximum(risen, values.max(axis=(0, 1, 3))) + most * theta), 2 * theta)
        bound = self.bound(population)
        return bound if dynamics.emits is Emits.MEMBRANE else np.clip(bound, 2 * theta, HEADROOM * theta)

    def _limit(self, synapse: Lowered) -> float:
        """Greatest real value that a weight of a synapse meets; a product's is that of a whole sum."""
        factor = synapse.factor
        more = synapse.pre_pool**2 if factor is None else factor.terms * self.limits[factor.rows] / factor.step
        return self.limits[synapse.source] * more

    def bound(self, population: Population) -> FloatArray:
        """(channels,) the greatest membrane that any input could make, for decays below 1; else as if a step forgot the one before."""
        dynamics, channels = population.dynamics, population.grid[0]
        gain, drift, constant = (
            np.abs(a).reshape(channels, -1).max(axis=1) for a in (dynamics.gain, dynamics.drift, population.constant)
        )
        current = constant + sum(np.abs(s.rows).sum(axis=1) * self._limit(s) for s in population.synapses)
        if dynamics.current is not None:
            entering, kept = (np.abs(a).reshape(channels, -1).max(axis=1) for a in (dynamics.current.gain, dynamics.current.decay))
            current = current * entering / np.maximum(1e-3, 1 - kept)
        forgets = 1.0 - np.abs(dynamics.decay).reshape(channels, -1).max(axis=1)
        return (gain * current + drift) / np.where(forgets > 1e-3, forgets, 1.0)
