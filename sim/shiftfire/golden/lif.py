"""Leaky integrate-and-fire."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.fire import Reset

from ..network.neurons.firing import Firing
from ..network.neurons.lif import Lif
from ..network.values import IntArray
from .refractory import silenced
from .steps import Carried, State, fire_steps, leaked, of_neurons


def has_fired(firing: Firing, theta: IntArray, potential: IntArray) -> NDArray[np.bool_]:
    """Where ``potential`` reaches ``theta`` (strict: passes it)."""
    return potential > theta if firing.strict else potential >= theta


def owed(firing: Firing, theta: IntArray, potential: IntArray) -> IntArray:
    """What a delayed reset takes off the membrane beside its leak, by the potential before the step; 0 without one."""
    return np.where(has_fired(firing, theta, potential), theta, 0) if firing.delayed else np.zeros_like(potential)


def after_spike(firing: Firing, theta: IntArray, potential: IntArray, fired: NDArray[np.bool_]) -> IntArray:
    """The membrane after the reset."""
    if firing.delayed or firing.reset is Reset.NONE:
        return potential
    if firing.reset is Reset.SUBTRACT:
        return potential - np.where(fired, theta, 0)
    return np.where(fired, firing.v_reset, potential)


def step_lif(lif: Lif, state: State, sums: IntArray) -> tuple[IntArray, State]:
    """One step of neurons in ``state`` (the membrane; the silent steps left, with a refractory period), driven by ``sums`` (samples, channels, height, width):

    spikes, and the state after. ``V <- clip(V - sum of s (V >> k) + sum + bias, v_min, v_max)``, every shift of the V before the step and rounding down; fire at ``V >= theta``
    (strict: ``>``); then reset. Of a delayed reset, theta is subtracted beside the leak where the V before the step fires. In a silent step V is held.
    """
    theta, bias = of_neurons(lif.theta), of_neurons(lif.bias)
    before, *left = state
    reset = owed(lif.firing, theta, before)
    potential = np.clip(before - leaked(before, lif.leak) - reset + sums + bias, lif.v_min, lif.v_max)
    fired = has_fired(lif.firing, theta, potential)
    after = after_spike(lif.firing, theta, potential, fired)
    if not left:
        return fired.astype(np.int64), (after,)
    fires, *states = silenced(lif.refractory, left[0], before, fired, after)
    return fires.astype(np.int64), tuple(states)


def fire_lif(
    lif: Lif, sums: IntArray, stored: IntArray | None = None, left: IntArray | None = None, carried: Carried | None = None
) -> IntArray:
    """Spikes (0 or 1) of membranes driven by ``sums``, both (samples, timesteps, channels, height, width): `step_lif` from ``v_init`` in every sample.

    ``stored``, of the same shape, takes V as each step leaves it; ``left``, with a refractory period, the silent steps left.
    """
    start = np.full_like(sums[:, 0], lif.v_init)
    periods = (np.zeros_like(start),) if lif.refractory else ()
    return fire_steps(partial(step_lif, lif), (start, *periods), sums, (stored, left), carried)
