"""Current-based neurons: a synaptic current with a leak of its own drives the membrane of LIF, or of LI."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..network.neurons.cubali import CubaLi
from ..network.neurons.cubalif import CubaLif
from ..network.values import IntArray
from .lif import after_spike, has_fired, owed
from .refractory import silenced
from .steps import Carried, State, fire_steps, leaked, of_neurons


def _drive(neuron: CubaLif | CubaLi, current: IntArray, sums: IntArray) -> tuple[IntArray, IntArray]:
    """The current after a step, and the one that the membrane takes in it."""
    bias = of_neurons(neuron.bias)
    after = np.clip(current - leaked(current, neuron.current_leak) + sums + bias, neuron.i_min, neuron.i_max)
    return after, current if neuron.old_current else after


def step_cubalif(neuron: CubaLif, state: State, sums: IntArray) -> tuple[IntArray, State]:
    """One step of neurons in ``state`` (membrane, current, and with a refractory period the silent steps left), driven by ``sums`` (samples, channels, height, width): spikes, and the state after.

    ``J = clip(I - sum of s (I >> j) + sum + bias, i_min, i_max)``; ``V <- clip(V - sum of s (V >> k) + J, v_min, v_max)`` (``old_current``: + I);
    fire and reset as LIF; ``I <- J``, in silent steps too.
    """
    before, current, *left = state
    theta = of_neurons(neuron.theta)
    after, driving = _drive(neuron, current, sums)
    reset = owed(neuron.firing, theta, before)
    potential = np.clip(before - leaked(before, neuron.leak) - reset + driving, neuron.v_min, neuron.v_max)
    fired = has_fired(neuron.firing, theta, potential)
    held = after_spike(neuron.firing, theta, potential, fired)
    if not left:
        return fired.astype(np.int64), (held, after)
    fires, held, period = silenced(neuron.refractory, left[0], before, fired, held)
    return fires.astype(np.int64), (held, after, period)


def step_cubali(neuron: CubaLi, state: State, sums: IntArray) -> tuple[IntArray, State]:
    """As `step_cubalif` without the spike: the membrane is emitted."""
    before, current = state
    after, driving = _drive(neuron, current, sums)
    potential = np.clip(before - leaked(before, neuron.leak) + driving, neuron.v_min, neuron.v_max)
    return potential, (potential, after)


def _start(neuron: CubaLif | CubaLi, sums: IntArray) -> State:
    """Membranes, currents, and silent steps left before a sample's first step."""
    zeros = np.zeros_like(sums[:, 0])
    return (np.full_like(sums[:, 0], neuron.v_init), zeros, *((zeros,) if neuron.refractory else ()))


def fire_cubalif(
    neuron: CubaLif,
    sums: IntArray,
    stored: IntArray | None = None,
    currents: IntArray | None = None,
    left: IntArray | None = None,
    carried: Carried | None = None,
) -> IntArray:
    """Spikes (0 or 1) of neurons driven by ``sums``, both (samples, timesteps, channels, height, width), from ``v_init`` and a current of 0 in every sample.

    ``stored`` and ``currents``, of the same shape, take membrane and current as each step leaves them; ``left``, with a refractory period, the silent
    steps left.
    """
    return fire_steps(partial(step_cubalif, neuron), _start(neuron, sums), sums, (stored, currents, left), carried)


def fire_cubali(
    neuron: CubaLi, sums: IntArray, stored: IntArray | None = None, currents: IntArray | None = None, carried: Carried | None = None
) -> IntArray:
    """Membranes of neurons driven by ``sums``; otherwise as `fire_cubalif`."""
    return fire_steps(partial(step_cubali, neuron), _start(neuron, sums), sums, (stored, currents), carried)
