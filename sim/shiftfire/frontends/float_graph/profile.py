"""A discretisation profile: everything about one time step that a graph does not say.

One step of a neuron, with I what enters it (sum over its edges), in this order::

    a = 1 - dt/tau (euler) or exp(-dt/tau) (exp);  g = the gain;  dt and tau in the same unit
    reset of the step before, if reset_time is 'next'
    current (CubaLI, CubaLIF):  i = a_syn i + g_syn I   or, with current_leak 'after',  i = a_syn (i + g_syn I)
    leak:   v = a v + (1 - a) v_leak                      (I and IF: a = 1)
    reset of the step before, if reset_time is 'next-after-leak'
    input:  v = v + g I   (CubaLI, CubaLIF: v + g i, the new i or, with current 'old', the i of the step before)
            with leak 'after' both are one: v = a (v + g I) + (1 - a) v_leak
    reset of the step before, if reset_time is 'next-after-input'
    spike:  n = 1 if v > v_threshold (or >=) else 0; 'multi': how often the threshold fits into v, at most max_spikes
    reset, if reset_time is 'same': hard v = v_reset where n > 0, soft v = v - n v_threshold
    floor:  v = max(v, floor)
    in the ``refractory`` steps after a spike (n > 0) only i goes on: v stays as it was, n = 0, and a reset that is due comes in the first step after them
    output: n; the v of I, LI and CubaLI, which never reset and have no floor
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """One way to discretise; ``profiles/*.toml`` holds the named ones, with their sources."""

    name: str
    description: str
    source: str
    dt: float
    """Seconds per step."""
    time_unit: float
    """Seconds per unit of the file's times; 1 by NIR's definition, other where an exporter writes something else."""
    decay: str
    """a: 'euler' 1 - dt/tau | 'exp' exp(-dt/tau)."""
    gain: str
    """g of LIF and CubaLIF: 'euler' r dt/tau | 'decay' r (1 - a) | 'raw' r | 'one' 1, whatever r."""
    readout_gain: str
    """g of LI and CubaLI, likewise."""
    integrator_gain: str
    """g of I and IF: 'euler' r dt | 'raw' r."""
    current_gain: str
    """g_syn of CubaLI, CubaLIF: 'euler' w_in dt/tau_syn | 'decay' w_in (1 - a_syn) | 'raw' w_in | 'one' 1."""
    current: str
    """Which i enters v: 'new' | 'old'."""
    leak: str
    """Leak of v 'before' | 'after' the input."""
    current_leak: str
    """Leak of i 'before' | 'after' the input."""
    reset: str
    """'hard' to v_reset | 'soft' by v_threshold per spike."""
    reset_time: str
    """'same' step | 'next': at its start | 'next-after-leak' | 'next-after-input'."""
    comparison: str
    """'>' | '>='."""
    spikes: str
    """'single' | 'multi'."""
    max_spikes: int
    """Most spikes of a step under 'multi'; 0: as many as fit."""
    floor: str | float
    """'none' | 'threshold': -v_threshold | a number."""
    floor_neurons: str
    """Which neurons have the floor: 'all' | 'IF'."""
    refractory: int
    """Steps after a spike in which a neuron is silent."""
    recurrent_delay: int
    """Steps that feedback edges take on top of output_delay; the two together are at least 1."""
    output_delay: int
    """Steps after which what a neuron put out reaches its targets: 0 the same step."""
    initial: str
    """v before the first step: 'zero' | 'v_leak' | 'v_reset'."""
    constants: str
    """'float32': a and g are rounded to float32, as frameworks hold them | 'float64'."""

    @property
    def file_dt(self) -> float:
        """The step in the file's unit of time."""
        return self.dt / self.time_unit

    def steps(self, delay: float) -> int:
        """Whole steps of a delay in the file's unit of time, to the nearest."""
        return round(delay / self.file_dt)
