"""Random times for a network's inputs: bins from much too short for the chip to long, values at any time of theirs, many at the same."""

from __future__ import annotations

import numpy as np
from shiftfire.network.graph import Input
from shiftfire.network.inputs import expand_inputs
from shiftfire.network.real_time import RealTime
from shiftfire.network.values import IntArray
from shiftfire_spec.chip import ChipConfig

PICOSECONDS = 10**6


def random_times(rng: np.random.Generator, chip: ChipConfig, source: Input, inputs: IntArray) -> RealTime:
    """``inputs`` (samples, timesteps, channels, height, width) of ``source`` in real time."""
    values = expand_inputs(source, inputs)
    cycle = PICOSECONDS / chip.clock_mhz
    bin_ticks = max(1, int(float(rng.choice([0.3, 10, 100, 1000])) * rng.uniform(0.5, 1.5) * cycle))
    grain = max(1, int(bin_ticks / float(rng.choice([1, 2, 8, 1000]))))
    within = rng.integers(bin_ticks, size=values.shape) // grain * grain
    steps = np.arange(values.shape[1]).reshape(-1, 1, 1, 1)
    ticks = np.where(values == 0, 0, steps * bin_ticks + within)
    return RealTime(values, ticks, bin_ticks, int(rng.choice([0, 0, 3 * bin_ticks])))
