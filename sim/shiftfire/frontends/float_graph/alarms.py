"""Signs that a file's times or gains are in another unit than the profile takes them in: known defects of exporters."""

from __future__ import annotations

import numpy as np

from .coefficients import coefficients
from .errors import FloatGraphError
from .graph import Graph
from .neurons import IF, LI, LIF, CubaLI, CubaLIF, FloatArray, Neuron
from .nodes import Delay
from .profile import Profile

LEAST_STEPS = 1.0
MOST_STEPS = 1e5
MOST_DELAY = 1 << 16


def refuse_unstable(graph: Graph, profile: Profile) -> None:
    """Raises FloatGraphError for the first node whose time constant, delay or gain makes no sense at this step."""
    for name, node in graph.nodes.items():
        for key, tau in _times(node).items():
            steps = tau * profile.time_unit / profile.dt
            if profile.decay == "euler" and steps.min() < LEAST_STEPS:
                raise FloatGraphError(_told(graph, name, key, float(tau.min()), float(steps.min()), profile, "less than one step"))
            if steps.max() > MOST_STEPS:
                raise FloatGraphError(
                    _told(graph, name, key, float(tau.max()), float(steps.max()), profile, "more than 100000 steps")
                )
        if isinstance(node, Delay) and float(node.delay.max()) > MOST_DELAY * profile.file_dt:
            raise FloatGraphError(
                f"node '{name}' (Delay): {float(node.delay.max()):g} is more than {MOST_DELAY} steps under profile {profile.name} "
                f"(dt {profile.dt:g} s, time unit {profile.time_unit:g} s); give --dt, or --time-unit where the file is not in seconds"
            )
        if isinstance(node, Neuron) and not np.isfinite(coefficients(node, profile).gain).all():
            raise FloatGraphError(
                f"node '{name}' ({graph.types[name]}): r gives a gain beyond float32 under profile {profile.name}; look at r and --dt"
            )


def alarms(graph: Graph, profile: Profile) -> list[str]:
    """One line for each thing that works but looks wrong, with the remedy."""
    lines: list[str] = []
    for name, node in graph.nodes.items():
        if not isinstance(node, Neuron):
            continue
        where = f"node '{name}' ({graph.types[name]})"
        for key, tau in _times(node).items():
            steps = float(tau.max() * profile.time_unit / profile.dt)
            if profile.time_unit != 1 and 1000 < steps <= MOST_STEPS:
                lines.append(
                    f"{where}: {key} is {steps:g} steps under profile {profile.name}; if the file is in seconds, use --time-unit 1"
                )
        if isinstance(node, IF | LIF | CubaLIF) and (node.v_threshold <= 0).any():
            lines.append(
                f"{where}: a threshold is {float(node.v_threshold.min()):g}, so the neuron fires without input; look at the training"
            )
        if isinstance(node, IF):
            lines += _integrator(where, node, profile)
        elif isinstance(node, LIF | CubaLIF) and (node.v_leak >= node.v_threshold).any():
            lines.append(f"{where}: v_leak is at or above the threshold, so the neuron fires without input; look at the training")
    return lines


def _integrator(where: str, node: IF, profile: Profile) -> list[str]:
    gain = coefficients(node, profile).gain
    lines: list[str] = []
    if np.abs(gain).max() < 0.01 * float(np.abs(node.v_threshold).max()):
        lines.append(
            f"{where}: an input of 1 moves v by {float(np.abs(gain).max()):g}, less than 1 % of the threshold; Norse and Sinabs write r = 1 "
            'for one unit per step: choose their profile, or integrator_gain = "raw"'
        )
    if np.abs(gain).max() > 100 * float(np.abs(node.v_threshold).max()):
        lines.append(
            f"{where}: an input of 1 moves v by {float(np.abs(gain).max()):g}, more than 100 thresholds; SpikingJelly writes r = 1/dt: "
            'choose profile spikingjelly, or integrator_gain = "euler" and --dt'
        )
    if profile.name == "snntorch":
        lines.append(f"{where}: snnTorch imports IF as Leaky(beta=0.9); here it integrates without a leak, as NIR says")
    return lines


def _times(node: object) -> dict[str, FloatArray]:
    if isinstance(node, LI | LIF):
        return {"tau": node.tau}
    if isinstance(node, CubaLI | CubaLIF):
        return {"tau_syn": node.tau_syn, "tau_mem": node.tau_mem}
    return {}


def _told(graph: Graph, name: str, key: str, tau: float, steps: float, profile: Profile, what: str) -> str:
    return (
        f"node '{name}' ({graph.types[name]}): {key} {tau:g} is {steps:g} steps under profile {profile.name} (dt {profile.dt:g} s, "
        f"time unit {profile.time_unit:g} s), {what}; {_remedy(tau)}"
    )


def _remedy(tau: float) -> str:
    if tau < 1e-4:
        return "Norse writes tau times dt (--profile norse); else give --dt or --time-unit"
    if tau >= 1:
        return "Sinabs writes tau in steps (--profile sinabs-native); else give --dt or --time-unit"
    return "give --dt, or --time-unit where the file is not in seconds"
