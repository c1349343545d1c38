"""A node of the graph under a profile as the numbers of one step, or why the fabric has no such step."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.fire import Reset
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind

from ..frontends.float_graph.coefficients import Coefficients, coefficients
from ..frontends.float_graph.neurons import IF, FloatArray, I, Neuron, Spiking
from ..frontends.float_graph.nodes import Threshold
from ..frontends.float_graph.profile import Profile
from .dynamics import Current, Dynamics, Emits
from .errors import QuantiseError

MOST_SPIKES = PAYLOAD_LIMITS[PayloadKind.COUNT][1]


def dynamics_of(name: str, node: Neuron | Threshold, profile: Profile) -> Dynamics:
    """One step of ``node``. Raises QuantiseError, naming it, for a rule of the profile that the fabric cannot follow."""
    if isinstance(node, Threshold):
        zeros = np.zeros(node.threshold.size)
        return Dynamics(Emits.STEP, zeros, zeros + 1, zeros, node.threshold.reshape(-1), zeros, v_init=zeros)
    k = coefficients(node, profile)
    after = profile.leak == "after"
    decay, drift = k.decay.reshape(-1), k.rest.reshape(-1)
    gain = (k.gain * (k.decay if after else 1)).reshape(-1)
    zeros, current = np.zeros(decay.size), _current(k, profile)
    start = _start(node, profile)
    if not isinstance(node, Spiking):
        return Dynamics(Emits.MEMBRANE, decay, gain, drift, zeros, zeros, current=current, v_init=start)
    theta, v_reset = node.v_threshold.reshape(-1), node.v_reset.reshape(-1)
    reset = Reset.SUBTRACT if profile.reset == "soft" else Reset.ZERO
    return Dynamics(
        Emits.SPIKES,
        decay,
        gain,
        drift,
        theta,
        v_reset if reset is Reset.ZERO else zeros,
        reset,
        profile.comparison == ">",
        1 if profile.spikes == "single" else profile.max_spikes or MOST_SPIKES,
        _floor(node, theta, profile),
        _delayed(name, profile, drift, v_reset),
        current,
        start,
        profile.refractory,
    )


def _current(k: Coefficients, profile: Profile) -> Current | None:
    if k.current_decay is None or k.current_gain is None:
        return None
    gain = k.current_gain * (k.current_decay if profile.current_leak == "after" else 1)
    return Current(k.current_decay.reshape(-1), gain.reshape(-1), profile.current == "old")


def _start(node: Neuron, profile: Profile) -> FloatArray:
    """The membrane before the first step."""
    if profile.initial == "v_leak" and not isinstance(node, I | IF):
        return node.v_leak.reshape(-1)
    if profile.initial == "v_reset" and isinstance(node, Spiking):
        return node.v_reset.reshape(-1)
    return np.zeros(node.r.size)


def _floor(node: Spiking, theta: FloatArray, profile: Profile) -> FloatArray | None:
    if profile.floor == "none" or (profile.floor_neurons == "IF" and not isinstance(node, IF)):
        return None
    return -theta if profile.floor == "threshold" else np.full(theta.size, float(profile.floor))


def _delayed(name: str, profile: Profile, drift: FloatArray, v_reset: FloatArray) -> bool:
    """Whether the threshold is subtracted beside the leak of the next step. A reset at the start of the next step fires as one at once."""
    late = profile.reset_time
    if late == "same":
        return False
    if profile.floor != "none":
        raise QuantiseError(
            f"node {name}: a floor of the membrane and a reset in the next step do not go together here; change the profile"
        )
    if late == "next":
        return False
    if profile.reset == "soft":
        return True
    if late == "next-after-leak" and profile.leak == "before" and not np.any(drift) and not np.any(v_reset):
        return False  # 0 leaks to 0
    raise QuantiseError(
        f"node {name}: profile {profile.name} resets to a value {late.replace('-', ' ')}, which drops that step's input or leak; the fabric"
        ' resets at the end of a step: use a profile with reset_time = "same"'
    )


def is_population(node: object) -> bool:
    """Whether a node becomes a layer."""
    return isinstance(node, Neuron | Threshold)
