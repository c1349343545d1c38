"""The six neurons, which are NIR's: continuous-time parameters, one float64 value per neuron.

Every array has the shape of the node's input and output, whatever the file had (scalars are broadcast). Times are in a
unit that the profile knows, seconds by NIR's definition; a spike is ``v > v_threshold`` by NIR's definition. What happens in one step is the profile's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class I:  # noqa: E742 - NIR's name
    """Integrator ``v' = r I``; never resets; its output is v."""

    r: FloatArray


@dataclass(frozen=True, eq=False)
class IF:
    """Integrate-and-fire ``v' = r I``; a spike sets v to ``v_reset`` (or subtracts: the profile says)."""

    r: FloatArray
    v_threshold: FloatArray
    v_reset: FloatArray


@dataclass(frozen=True, eq=False)
class LI:
    """Leaky integrator ``tau v' = (v_leak - v) + r I``; never resets; its output is v."""

    tau: FloatArray
    r: FloatArray
    v_leak: FloatArray


@dataclass(frozen=True, eq=False)
class LIF:
    """Leaky integrate-and-fire ``tau v' = (v_leak - v) + r I`` with a spike and a reset."""

    tau: FloatArray
    r: FloatArray
    v_leak: FloatArray
    v_threshold: FloatArray
    v_reset: FloatArray


@dataclass(frozen=True, eq=False)
class CubaLI:
    """Leaky integrator of a current ``tau_syn I' = -I + w_in S``, ``tau_mem v' = (v_leak - v) + r I``; its output is v."""

    tau_syn: FloatArray
    tau_mem: FloatArray
    r: FloatArray
    v_leak: FloatArray
    w_in: FloatArray


@dataclass(frozen=True, eq=False)
class CubaLIF:
    """As CubaLI, with a spike and a reset of v (never of I)."""

    tau_syn: FloatArray
    tau_mem: FloatArray
    r: FloatArray
    v_leak: FloatArray
    v_threshold: FloatArray
    v_reset: FloatArray
    w_in: FloatArray


Spiking = IF | LIF | CubaLIF
ReadOut = I | LI | CubaLI
Neuron = Spiking | ReadOut
