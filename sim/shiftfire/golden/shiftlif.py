"""SHIFTLIF: leaky integrate-and-fire whose spikes are powers of two (ShiftLIF, arXiv 2605.01866)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.fire import LEAK_TERMS
from shiftfire_spec.units import LevelRounding, check_unit

from ..network.graph import IntArray, LeakTerm
from .log_round import bit_length, log_round


@dataclass(frozen=True)
class ShiftLif:
    """Parameters of a layer; arrays have one element per channel. Raises ValueError (ContractError) when one is out of range.

    theta_log2: ``Vth = 2**theta_log2``, at least ``levels`` so that every level of the reset is an integer; other thresholds go into the scale of the weights.
    bias: added in every step.
    levels: K; a spike is worth 0 or 2**-K .. 1 of Vth.
    leak, v_min, v_max, v_init: as of LIF; ``v_min <= 0 <= v_max``.
    """

    theta_log2: IntArray
    bias: IntArray
    levels: int
    rounding: LevelRounding
    leak: tuple[LeakTerm, ...] = ()
    v_min: int = -(1 << 15)
    v_max: int = (1 << 15) - 1
    v_init: int = 0

    def __post_init__(self) -> None:
        check_unit("shiftlif", levels=self.levels)
        if self.theta_log2.min() < self.levels or self.theta_log2.max() > 30:
            raise ValueError(
                f"shiftlif: theta_log2 of {self.theta_log2.min()}..{self.theta_log2.max()} is out of range: levels .. 30 = {self.levels} .. 30 "
                "is needed, for an exact reset; scale weights and threshold by a power of two"
            )
        if len(self.leak) > LEAK_TERMS or not self.v_min <= self.v_init <= self.v_max or not self.v_min <= 0 <= self.v_max:
            raise ValueError(
                f"shiftlif: {len(self.leak)} leak terms (at most {LEAK_TERMS}), v_min = {self.v_min}, v_init = {self.v_init}, v_max = {self.v_max} "
                "(v_min <= v_init <= v_max and v_min <= 0 <= v_max is needed)"
            )


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


def fire_shiftlif(lif: ShiftLif, sums: IntArray) -> IntArray:
    """Spikes of ``sums``, both (samples, timesteps, channels): 0 or the integer ``2**(K-k)``, which POW2 carries; the scale 2**-K is the receiver's.

    Each step: ``u <- clip(u - leak(u) + sum + bias, v_min, v_max)``, every shift of the u before the step and rounding down; ``s = Q(u / Vth)``;
    ``u <- u - s * Vth``, exact as Vth is a power of two of at least 2**K.
    """
    spikes = np.zeros(sums.shape, np.int64)
    potential = np.full_like(sums[:, 0], lif.v_init)
    for step in range(sums.shape[1]):
        leak = sum((-(potential >> term.shift) if term.negative else potential >> term.shift for term in lif.leak), np.int64(0))
        potential = np.clip(potential - leak + sums[:, step] + lif.bias, lif.v_min, lif.v_max)
        level = spike_level(potential, lif.theta_log2, lif.levels, lif.rounding)
        spikes[:, step] = np.where(level >= 0, np.int64(1) << np.maximum(level, 0), 0)
        potential = potential - (spikes[:, step] << (lif.theta_log2 - lif.levels))
    return spikes
