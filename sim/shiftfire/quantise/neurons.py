"""A discretised neuron as an integer one: thresholds, resets, limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.fire import FIRE_CONTROL, Reset

from ..frontends.float_graph.neurons import FloatArray
from ..network.neurons.cubali import CubaLi
from ..network.neurons.cubalif import CubaLif
from ..network.neurons.li import Li
from ..network.neurons.lif import Lif
from ..network.neurons.membrane import Leak
from ..network.neurons.multispike_if import MultiSpikeIf
from ..network.neurons.registry import Neuron
from ..network.values import IntArray
from .dynamics import Dynamics, Emits
from .errors import QuantiseError
from .own_parameters import own_floors

EXACT = 1e-6  # relative distance from an integer at which a threshold counts as one


@dataclass(frozen=True, eq=False)
class Parameters:
    """What the layer has found: real ``theta`` and integer ``bias`` per channel or neuron, ``unit`` per channel; ``leak`` and ``current_leak``; the ``greatest`` integer of a membrane;

    ``most`` spikes of a step.
    """

    theta: FloatArray
    unit: FloatArray
    bias: IntArray
    leak: Leak
    current_leak: Leak
    greatest: int
    most: int = 1

    def whole(self, values: FloatArray | None) -> int:
        """Real ``values``, which are the same everywhere and so is the unit, as one integer; 0 for None."""
        return 0 if values is None else int(np.rint(values.flat[0] / self.unit[0]))

    @property
    def ratio(self) -> FloatArray:
        """Thresholds in units of their channels, of the shape of ``theta``."""
        return self.theta / self.unit.reshape(-1, *(1,) * (self.theta.ndim - 1))

    @property
    def least(self) -> int:
        return -self.greatest - 1


def needs_common_unit(dynamics: Dynamics) -> bool:
    """Whether all channels must count in one unit: membranes are sent, or a register that the layer shares holds one."""
    shared = [dynamics.v_init] if dynamics.v_init is not None else []
    shared += [dynamics.v_reset] if dynamics.reset is Reset.ZERO else []
    shared += [dynamics.floor] if dynamics.floor is not None and not _own_floors(dynamics) else []
    return dynamics.emits is Emits.MEMBRANE or any(np.any(values) for values in shared)


def _own_floors(dynamics: Dynamics) -> bool:
    """Whether every channel is held at minus its own threshold, which MULTISPIKE does."""
    return own_floors(dynamics) and dynamics.reset is Reset.SUBTRACT and not dynamics.strict and dynamics.current is None


def integer_neuron(name: str, dynamics: Dynamics, parameters: Parameters) -> Neuron:
    """The neuron of a layer. Raises QuantiseError, naming ``name``, for what no neuron of the fabric does."""
    for what, values in (("v_init", dynamics.v_init), ("v_reset", dynamics.v_reset), ("floor", dynamics.floor)):
        if values is not None and not (what == "floor" and _own_floors(dynamics)) and np.any(values != values.flat[0]):
            raise QuantiseError(f"node {name}: its neurons differ in {what}; a layer has one: split the node by it")
    if dynamics.emits is Emits.MEMBRANE:
        return _integrator(dynamics, parameters)
    thresholds = np.minimum(_thresholds(parameters.ratio, dynamics), parameters.greatest)
    if np.any(thresholds < 0):
        raise QuantiseError(f"node {name}: a threshold of {parameters.theta.min():g} is negative; the fabric's are at least 0")
    _check_refractory(name, dynamics)
    if dynamics.most > 1 or _own_floors(dynamics):
        return _multispike(name, dynamics, parameters, thresholds)
    if dynamics.current is not None:
        return CubaLif(
            thresholds,
            parameters.bias,
            parameters.leak,
            parameters.current_leak,
            dynamics.reset,
            dynamics.strict,
            _least(dynamics, parameters),
            parameters.greatest,
            parameters.whole(dynamics.v_init),
            parameters.least,
            parameters.greatest,
            dynamics.current.old,
            _v_reset(dynamics, parameters),
            dynamics.delayed,
            dynamics.refractory,
        )
    return Lif(
        thresholds,
        parameters.bias,
        parameters.leak,
        dynamics.reset,
        dynamics.strict,
        _least(dynamics, parameters),
        parameters.greatest,
        parameters.whole(dynamics.v_init),
        _v_reset(dynamics, parameters),
        dynamics.delayed,
        dynamics.refractory,
    )


def _check_refractory(name: str, dynamics: Dynamics) -> None:
    """Raise QuantiseError, naming ``name``, for refractory periods that the fabric does not have."""
    longest = FIRE_CONTROL.field("refractory").maximum
    if dynamics.refractory > longest:
        raise QuantiseError(
            f"node {name}: a refractory period of {dynamics.refractory} steps; the fabric's take at most {longest}: use a longer dt"
        )
    if dynamics.refractory and (dynamics.most > 1 or _own_floors(dynamics)):
        raise QuantiseError(
            f"node {name}: a refractory period, and several spikes in a step or a floor at minus the threshold; the fabric has one or the other:"
            " change the profile"
        )


def _least(dynamics: Dynamics, parameters: Parameters) -> int:
    """``v_min``. A floor after the reset is one before the spike: a membrane at or below 0 does not fire, and none that fires is reset below it."""
    return parameters.least if dynamics.floor is None else max(parameters.least, min(0, parameters.whole(dynamics.floor)))


def _v_reset(dynamics: Dynamics, parameters: Parameters) -> int:
    return parameters.whole(dynamics.v_reset) if dynamics.reset is Reset.ZERO else 0


def _thresholds(ratio: FloatArray, dynamics: Dynamics) -> IntArray:
    """Integers that sums pass when their real values pass the threshold, ``ratio`` units: the nearest where it is subtracted,

    else the one with which integers compare alike.
    """
    nearest = np.rint(ratio)
    if dynamics.reset is Reset.SUBTRACT:
        return nearest.astype(np.int64)
    whole = np.abs(ratio - nearest) <= EXACT * np.maximum(1, np.abs(ratio))
    side = np.floor(ratio) if dynamics.strict else np.ceil(ratio)
    return np.where(whole, nearest, side).astype(np.int64)


def _integrator(dynamics: Dynamics, parameters: Parameters) -> Neuron:
    limits = (parameters.least, parameters.greatest, parameters.whole(dynamics.v_init))
    if dynamics.current is None:
        return Li(parameters.bias, parameters.leak, *limits)
    held = (parameters.least, parameters.greatest, dynamics.current.old)
    return CubaLi(parameters.bias, parameters.leak, parameters.current_leak, *limits, *held)


def _multispike(name: str, dynamics: Dynamics, parameters: Parameters, thresholds: IntArray) -> MultiSpikeIf:
    if dynamics.reset is not Reset.SUBTRACT or dynamics.strict or dynamics.current is not None or dynamics.delayed:
        raise QuantiseError(
            f"node {name}: several spikes in a step need a soft reset in the same step, the comparison >= and no current; choose another profile"
        )
    if np.any(thresholds < 1):
        theta = parameters.theta.min()
        raise QuantiseError(f"node {name}: a threshold of {theta:g} is less than one step of the membrane; use more weight bits")
    floor = None if _own_floors(dynamics) else _least(dynamics, parameters)
    init = parameters.whole(dynamics.v_init)
    return MultiSpikeIf(thresholds, parameters.bias, parameters.leak, parameters.most, floor, parameters.greatest, init)
