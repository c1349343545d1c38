"""One step of a neuron under a profile, in the order that Profile describes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .coefficients import Coefficients, coefficients
from .neurons import IF, LIF, CubaLIF, FloatArray, I, Neuron, Spiking
from .profile import Profile


@dataclass
class NeuronState:
    """State of one layer between steps: membrane ``v``, current ``i`` (None without one), spike counts whose reset is due, silent steps ``left``."""

    v: FloatArray
    i: FloatArray | None
    spikes: FloatArray
    left: FloatArray


@dataclass(frozen=True, eq=False)
class Stepper:
    """A neuron with its profile; ``step`` advances a state by one step and returns the output."""

    neuron: Neuron
    profile: Profile
    coefficients: Coefficients
    single: bool = False
    """Whether v and i are rounded to float32 before they are compared and kept, as frameworks hold them."""

    @classmethod
    def of(cls, neuron: Neuron, profile: Profile, single: bool = False) -> Stepper:
        return cls(neuron, profile, coefficients(neuron, profile), single)

    def start(self, samples: int) -> NeuronState:
        """The state before the first step."""
        shape = (samples, *self.neuron.r.shape)
        v = np.zeros(shape)
        if self.profile.initial == "v_leak" and not isinstance(self.neuron, I | IF):
            v = v + self.neuron.v_leak
        if self.profile.initial == "v_reset" and isinstance(self.neuron, Spiking):
            v = v + self.neuron.v_reset
        current = None if self.coefficients.current_decay is None else np.zeros(shape)
        return NeuronState(v, current, np.zeros(shape), np.zeros(shape))

    def step(self, state: NeuronState, entering: FloatArray) -> FloatArray:
        """The output for what enters in this step, (samples, *shape); changes the state."""
        p, k = self.profile, self.coefficients
        when = p.reset_time if isinstance(self.neuron, Spiking) else "never"
        v = self._reset(state.v, state.spikes) if when == "next" else state.v
        drive = k.gain * (entering if state.i is None else self._current(state, entering))
        if p.leak == "after":
            v = k.decay * (v + drive) + k.rest
            late = when in ("next-after-leak", "next-after-input")
            v = self._reset(v, state.spikes) if late else v
        else:
            v = k.decay * v + k.rest
            v = self._reset(v, state.spikes) if when == "next-after-leak" else v
            v = v + drive
            v = self._reset(v, state.spikes) if when == "next-after-input" else v
        v = self._kept(v)
        if not isinstance(self.neuron, Spiking):
            state.v = v
            return v
        spikes = self._fire(v, self.neuron)
        v = self._kept(self._floored(self._reset(v, spikes) if when == "same" else v, self.neuron))
        silent = state.left > 0
        state.v, state.spikes = np.where(silent, state.v, v), np.where(silent, state.spikes, spikes)
        spikes = np.where(silent, 0.0, spikes)
        state.left = np.where(spikes > 0, p.refractory, np.maximum(state.left - 1, 0))
        return spikes

    def _current(self, state: NeuronState, entering: FloatArray) -> FloatArray:
        k, before = self.coefficients, state.i
        assert k.current_decay is not None and k.current_gain is not None and before is not None
        if self.profile.current_leak == "after":
            state.i = self._kept(k.current_decay * (before + k.current_gain * entering))
        else:
            state.i = self._kept(k.current_decay * before + k.current_gain * entering)
        return state.i if self.profile.current == "new" else before

    def _kept(self, values: FloatArray) -> FloatArray:
        return values.astype(np.float32).astype(np.float64) if self.single else values

    def _fire(self, v: FloatArray, neuron: IF | LIF | CubaLIF) -> FloatArray:
        threshold = neuron.v_threshold
        above = v > threshold if self.profile.comparison == ">" else v >= threshold
        if self.profile.spikes == "single":
            return above.astype(np.float64)
        ratio = v / threshold
        count = np.ceil(ratio) - 1 if self.profile.comparison == ">" else np.floor(ratio)
        count = np.where(above, np.maximum(count, 1.0), 0.0)
        return np.minimum(count, self.profile.max_spikes) if self.profile.max_spikes else count

    def _reset(self, v: FloatArray, spikes: FloatArray) -> FloatArray:
        assert isinstance(self.neuron, Spiking)
        if self.profile.reset == "soft":
            return v - spikes * self.neuron.v_threshold
        return np.where(spikes > 0, self.neuron.v_reset, v)

    def _floored(self, v: FloatArray, neuron: Spiking) -> FloatArray:
        floor = self.profile.floor
        if floor == "none" or (self.profile.floor_neurons == "IF" and not isinstance(neuron, IF)):
            return v
        return np.maximum(v, -neuron.v_threshold if floor == "threshold" else float(floor))
