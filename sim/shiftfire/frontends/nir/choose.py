"""Which profile a graph looks like it was written for; always with the reason, as a NIR file never says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .graph import Graph
from .neurons import IF, LI, LIF, CubaLI, CubaLIF, FloatArray, I, Neuron
from .profile import Profile
from .profile_file import named_profile

EXPORT_DT = 1e-4  # constant of snnTorch's exporter, default of SpikingJelly's
FEW_STEPS = 64


def choose_profile(graph: Graph, find: Callable[[str], Profile] = named_profile) -> tuple[Profile, list[str]]:
    """The most likely profile, which ``find`` gives by name, and one line for each thing that was assumed, with the reason and how to change it."""
    name, why, doubts = _evidence([node for node in graph.nodes.values() if isinstance(node, Neuron)])
    profile = find(name)
    lines = [f"assumed profile {name} because {why}; change with --profile", *doubts]
    lines.append(
        f"assumed a step of {profile.dt:g} s and {profile.reset} reset ({_when(profile)}) with spikes {profile.spikes} at v {profile.comparison} "
        f"threshold, as profile {name} has it, because NIR files do not say; change with --profile, --dt"
    )
    if profile.time_unit != 1:
        lines.append(f"assumed that the file's times are in units of {profile.time_unit:g} s; change with --time-unit")
    return profile, lines


def _evidence(neurons: list[Neuron]) -> tuple[str, str, list[str]]:
    """Name of a profile, why, and what remains in doubt."""
    integrators = [node for node in neurons if isinstance(node, I | IF)]
    leaky = [node for node in neurons if isinstance(node, LI | LIF | CubaLI | CubaLIF)]
    if not neurons:
        return "snntorch", "the graph has no neurons, so that nothing depends on it", []
    if integrators and all(_is(node.r, 1 / EXPORT_DT) for node in integrators):
        return "spikingjelly", "its IF neurons have r = 1/dt at dt = 0.1 ms, which SpikingJelly writes", []
    taus = np.concatenate([_tau(node).reshape(-1)[:1000] for node in leaky]) if leaky else np.zeros(0)
    plain = all(_is(node.r, 1.0) for node in neurons)
    if leaky and plain and taus.max() < EXPORT_DT:
        return "norse", f"time constants of {taus.max():g} and r = 1 are what Norse writes: tau times dt", []
    if leaky and plain and taus.min() >= 1:
        doubt = "Sinabs' own defaults are assumed (norm_input, multi-spike, subtract); a file of an old Sinabs IF has the floor of profile sinabs"
        return "sinabs-native", f"time constants of at least {taus.min():g} and r = 1 are what Sinabs writes: tau in steps", [doubt]
    if leaky and all(_scaled(node) for node in leaky):
        doubt = (
            "the file does not say whether snnTorch's reset_mechanism was 'subtract' (its default, assumed) or 'zero' "
            "(--profile snntorch-native-zero); SpikingJelly writes CUBALIFNode and decay_input=False alike (--profile spikingjelly)"
        )
        return "snntorch-native", "r = tau/dt at dt = 0.1 ms, so that inputs are not scaled, is what snnTorch writes", [doubt]
    if leaky and plain and taus.max() < FEW_STEPS * EXPORT_DT and all(_rests_where_it_resets(node) for node in leaky):
        return (
            "spikingjelly",
            f"time constants of {taus.min() / EXPORT_DT:g} steps of 0.1 ms and r = 1 are what SpikingJelly writes",
            [],
        )
    if not leaky:
        doubt = "Sinabs writes the same file for IAF, which is multi-spike with soft reset: --profile sinabs-native"
        return (
            "norse",
            "it has only integrators with an input of one unit per step, and NIR's own equations are single-spike, hard reset",
            [doubt],
        )
    return (
        "snntorch",
        "its times look like seconds, and most frameworks run such files by Euler steps of 0.1 ms with hard reset",
        [],
    )


def _when(profile: Profile) -> str:
    return "in the same step" if profile.reset_time == "same" else "one step late"


def _tau(node: LI | LIF | CubaLI | CubaLIF) -> FloatArray:
    return node.tau_mem if isinstance(node, CubaLI | CubaLIF) else node.tau


def _is(values: FloatArray, wanted: float) -> bool:
    return bool(np.allclose(values, wanted, rtol=1e-5, atol=0))


def _scaled(node: LI | LIF | CubaLI | CubaLIF) -> bool:
    scaled = _is(node.r * EXPORT_DT / _tau(node), 1.0)
    return scaled and (not isinstance(node, CubaLI | CubaLIF) or _is(node.w_in * EXPORT_DT / node.tau_syn, 1.0))


def _rests_where_it_resets(node: LI | LIF | CubaLI | CubaLIF) -> bool:
    return not isinstance(node, LIF | CubaLIF) or bool(np.array_equal(node.v_leak, node.v_reset))
