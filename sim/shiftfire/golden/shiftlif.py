"""SHIFTLIF: leaky integrate-and-fire whose spikes are powers of two (ShiftLIF, arXiv 2605.01866)."""

from __future__ import annotations

from functools import partial

import numpy as np
from shiftfire_spec.shift_units import LevelRounding

from ..network.neurons.shiftlif import ShiftLif
from ..network.values import IntArray
from .log_round import bit_length, log_round
from .steps import Carried, State, fire_steps, leaked


def spike_level(potential: IntArray, theta_log2: IntArray, levels: int, rounding: LevelRounding) -> IntArray:
    """Exponent ``K - k`` (0..K) of the spike 2**-k at each membrane potential, -1 for none; saturates at K, that is at 1.

    FLOOR: the greatest level not above u / Vth. LINEAR: the nearest level, 0 among them, midpoints up: from 2**-(K+1) on there is a spike.
    LOG: ``round(log2(u / Vth))``, from 2**-(K+1/2) on there is a spike.
    """
    u = np.maximum(potential, 0)
    exponent = log_round(u) if rounding is LevelRounding.LOG else bit_length(u) - 1
    lowest = theta_log2 - levels
    if rounding is LevelRounding.LINEAR:
        up = (exponent >= 1) & (2 * u >= 3 << np.maximum(exponent, 0))
        exponent = np.where(exponent == lowest - 1, lowest, exponent + up)
    return np.clip(np.where(u > 0, exponent - lowest, -1), -1, levels)


def step_shiftlif(lif: ShiftLif, state: State, sums: IntArray) -> tuple[IntArray, State]:
    """One step of neurons in ``state`` (the membrane), driven by ``sums`` (samples, channels, height, width): spikes, and the state after.

    ``u <- clip(u - leak(u) + sum + bias, v_min, v_max)``, every shift of the u before the step and rounding down; ``s = Q(u / Vth)``;
    ``u <- u - s * Vth``, exact as Vth is a power of two of at least 2**K.
    """
    theta_log2, bias = (values.astype(np.int64)[:, None, None] for values in (lif.theta_log2, lif.bias))
    (before,) = state
    potential = np.clip(before - leaked(before, lif.leak) + sums + bias, lif.v_min, lif.v_max)
    level = spike_level(potential, theta_log2, lif.levels, lif.rounding)
    spikes = np.where(level >= 0, np.int64(1) << np.maximum(level, 0), 0)
    return spikes, (potential - (spikes << (theta_log2 - lif.levels)),)


def fire_shiftlif(lif: ShiftLif, sums: IntArray, stored: IntArray | None = None, carried: Carried | None = None) -> IntArray:
    """Spikes of ``sums``, both (samples, timesteps, channels, height, width): 0 or the integer ``2**(K-k)``, which POW2 carries; the scale 2**-K is the receiver's.

    `step_shiftlif` from ``v_init`` in every sample. ``stored``, of the same shape, takes u as each step leaves it.
    """
    return fire_steps(partial(step_shiftlif, lif), (np.full_like(sums[:, 0], lif.v_init),), sums, (stored,), carried)
