"""What a population does in one step, in numbers: the discretised neuron, whatever file and profile it came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shiftfire_spec.fire import Reset

from ..frontends.float_graph.neurons import FloatArray


class Emits(StrEnum):
    """What a population sends."""

    SPIKES = "spikes"  # one per step at most, or ``most`` with multi-spike
    MEMBRANE = "membrane"  # its membrane, after the step
    SUMS = "sums"  # what enters it, whole numbers, as they are; no state
    STEP = "step"  # 1 while its current is above the threshold; no state


@dataclass(frozen=True, eq=False)
class Current:
    """A synaptic current before the membrane: ``I <- decay I + gain (input)``. ``old``: the membrane takes the I of the step before."""

    decay: FloatArray
    gain: FloatArray
    old: bool = False


@dataclass(frozen=True, eq=False)
class Dynamics:
    """``v <- decay v + gain (input or I) + drift``; spike where v passes ``theta``; reset. Arrays are flat, one value per neuron.

    ``most`` of SUMS: the greatest. ``floor``: v is at least so much after the step; None: no floor. ``most``: spikes of one step; above 1 the neuron fires as often as
    its membrane holds thresholds. ``delayed``: the threshold is
    subtracted in the next step, beside its leak. ``v_init``: before the first step; None: 0. ``refractory``: silent steps after a spike.
    """

    emits: Emits
    decay: FloatArray
    gain: FloatArray
    drift: FloatArray
    theta: FloatArray
    v_reset: FloatArray
    reset: Reset = Reset.NONE
    strict: bool = True
    most: int = 1
    floor: FloatArray | None = None
    delayed: bool = False
    current: Current | None = None
    v_init: FloatArray | None = None
    refractory: int = 0
