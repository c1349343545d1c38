"""Why a layer never sends anything, and what to do."""

from __future__ import annotations

import numpy as np

from .activity import Statistics
from .layer import IntegerLayer
from .population import Population


def reason_of_silence(population: Population, made: IntegerLayer, rate: float, statistics: Statistics) -> str:
    """One line: the reason why the layer is silent on the samples, and the remedy. ``rate``: that of the float model."""
    if rate == 0:
        return (
            "silent in the float model too: its inputs do not reach the threshold; check dt and the unit of its time constants (--profile, --dt),"
            " and that the inputs are scaled as in training"
        )
    stored = [s.weights for s in made.layer.synapses if s.weights is not None]
    if stored and not any(np.any(w) for w in stored):
        return f"all weights are 0 in {made.bits} bits; give this layer more (--weights 8)"
    bound, theta = statistics.bound(population), np.abs(population.dynamics.theta).reshape(population.grid[0], -1).max(axis=1)
    if np.all(bound < theta):
        return "no input can bring a membrane to its threshold; the inputs have another scale than in training: check their coding"
    membrane, words = made.layer.kind.membrane, getattr(made.layer.kind, "theta", np.zeros(1))
    if membrane is not None and int(np.min(words)) >= membrane.v_max:
        return "its thresholds are cut at the greatest membrane of the chip; take a chip with wider membranes"
    return (
        f"the float model fires at {rate:.3g} per step, the integer one does not: give it more weight bits, or calibrate on samples"
        " (--calibrate) so that scales fit"
    )
