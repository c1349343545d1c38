"""What a profile makes of a neuron's parameters: decays and gains of one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .neurons import IF, CubaLI, CubaLIF, FloatArray, I, Neuron, Spiking
from .profile import Profile


@dataclass(frozen=True, eq=False)
class Coefficients:
    """One step of a neuron: ``v = decay v + rest + gain I``, ``i = current_decay i + current_gain I`` (None without a current)."""

    decay: FloatArray
    rest: FloatArray
    gain: FloatArray
    current_decay: FloatArray | None = None
    current_gain: FloatArray | None = None


def coefficients(neuron: Neuron, profile: Profile) -> Coefficients:
    """Decays and gains of one step, each in the neuron's shape; see Profile for their definitions."""
    if isinstance(neuron, I | IF):
        gain = neuron.r * profile.file_dt if profile.integrator_gain == "euler" else neuron.r
        return Coefficients(np.ones_like(gain), np.zeros_like(gain), _held(gain, profile))
    cuba = isinstance(neuron, CubaLI | CubaLIF)
    tau = neuron.tau_mem if cuba else neuron.tau
    decay = _decay(tau, profile)
    rule = profile.gain if isinstance(neuron, Spiking) else profile.readout_gain
    gain = _held(_gain(neuron.r, tau, decay, rule, profile), profile)
    rest = (1 - decay) * neuron.v_leak
    if not cuba:
        return Coefficients(decay, rest, gain)
    current_decay = _decay(neuron.tau_syn, profile)
    current_gain = _held(_gain(neuron.w_in, neuron.tau_syn, current_decay, profile.current_gain, profile), profile)
    return Coefficients(decay, rest, gain, current_decay, current_gain)


def _decay(tau: FloatArray, profile: Profile) -> FloatArray:
    ratio = profile.file_dt / tau
    return _held(1 - ratio if profile.decay == "euler" else np.exp(-ratio), profile)


def _gain(factor: FloatArray, tau: FloatArray, decay: FloatArray, rule: str, profile: Profile) -> FloatArray:
    match rule:
        case "euler":
            return factor * (profile.file_dt / tau)
        case "decay":
            return factor * (1 - decay)
        case "raw":
            return factor
        case "one":
            return np.ones_like(decay)
        case _:
            raise AssertionError(rule)


def _held(values: FloatArray, profile: Profile) -> FloatArray:
    """A float32 file holds 0.875 as tau = dt / 0.125, a little off; the framework's own number is the nearest float32."""
    with np.errstate(over="ignore"):  # refuse_unstable names the neuron
        return values.astype(np.float32).astype(np.float64) if profile.constants == "float32" else values
