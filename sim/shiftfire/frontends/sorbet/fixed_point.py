"""Real scales as integers: thresholds with fraction bits, and codes that are sent scaled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind
from shiftfire_spec.stream import GROUP_CONTROL

from ...network.neurons.count import Count
from ...network.values import IntArray
from .errors import CheckpointError

Reals = NDArray[np.float64]
MOST_SHIFT = GROUP_CONTROL.field("scale").maximum  # of a synapse's left shift
THRESHOLD_BITS = 14  # wanted in a threshold: its rounding moves the eighth level by 2**-12 of a step


@dataclass(frozen=True, eq=False)
class Scaled:
    """Codes that stand for ``factor`` each: ``code * factor`` is about ``level * 2**exponent``. ``levels`` None: the code itself, exactly."""

    exponent: int
    levels: IntArray | None
    lo: int
    hi: int

    @property
    def greatest(self) -> int:
        """The greatest magnitude that is sent."""
        return max(abs(self.lo), abs(self.hi)) if self.levels is None else int(np.abs(self.levels).max())

    def error(self, factor: float) -> float:
        """The greatest error of a level, as a share of the greatest value."""
        codes = np.arange(self.lo, self.hi + 1)
        sent = codes if self.levels is None else self.levels
        return float(np.abs(sent * 2.0**self.exponent - codes * factor).max() / (np.abs(codes).max() * factor))


def scale_codes(factor: float, lo: int, hi: int, least_exponent: int = -(1 << 10)) -> Scaled:
    """Codes ``lo..hi`` worth ``factor`` each, in as many bits as payloads have: 7 and a sign, or 8; the unit is at least ``2**least_exponent``.

    A factor that is a power of two takes no levels.
    """
    mantissa, exponent = math.frexp(factor)
    if mantissa == 0.5 and exponent - 1 >= least_exponent:
        return Scaled(exponent - 1, None, lo, hi)
    kind = PayloadKind.SIGNED if lo < 0 else PayloadKind.COUNT
    room = PAYLOAD_LIMITS[kind][1] / max(-lo, hi)
    unit = max(math.ceil(math.log2(factor / room)), least_exponent)
    levels = np.rint(np.arange(lo, hi + 1) * math.ldexp(factor, -unit)).astype(np.int64)
    return Scaled(unit, levels, lo, hi)


@dataclass(frozen=True, eq=False)
class Quantiser:
    """A COUNT neuron, and the left shift of the synapses that drive it."""

    scale: int
    neuron: Count


def quantiser(owner: str, step: float, offset: Reals, worst: int, sent: Scaled, accumulator_bits: int) -> Quantiser:
    """Codes ``clip(floor((sum + offset) / step + 1/2), lo, hi)`` of integer sums up to ``worst``; ``step`` and ``offset`` (channels,) in the sum's unit.

    Halves round up, where the published model rounds them to even. The shift is the least that gives the threshold `THRESHOLD_BITS`, or what the accumulator
    leaves. Raises CheckpointError when not even the unshifted sums fit it.
    """
    for shift in range(min(MOST_SHIFT, max(0, THRESHOLD_BITS - math.floor(math.log2(step)))), -1, -1):
        theta = max(1, round(math.ldexp(step, shift)))
        bias = np.rint((offset + step / 2) * 2.0**shift)
        reach = (worst << shift) + float(np.abs(bias).max()) + max(-sent.lo, sent.hi) * theta
        if reach < 1 << (accumulator_bits - 1):
            thetas = np.full(len(offset), theta, np.int64)
            return Quantiser(shift, Count(thetas, bias.astype(np.int64), sent.lo, sent.hi, levels=sent.levels))
    raise CheckpointError(
        f"{owner}: sums up to {worst} with a step of {step:.3g} and offsets up to {float(np.abs(offset).max()):.3g} do not fit"
        f" {accumulator_bits} bits; give more with --accumulator-bits, or look for a bias or step that is out of proportion"
    )
