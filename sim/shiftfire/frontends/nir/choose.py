"""Which profile a graph looks like it was written for; always with the reason, as a NIR file never says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..float_graph.graph import Graph
from ..float_graph.neurons import IF, LI, LIF, CubaLI, CubaLIF, FloatArray, I, Neuron
from ..float_graph.profile import Profile
from ..float_graph.profile_file import named_profile

EXPORT_DT = 1e-4  # constant of snnTorch's exporter, default of SpikingJelly's
FEW_STEPS = 64
MOST_STEPS = 1e9  # of a time constant
NEWTON = 40  # steps


def choose_profile(graph: Graph, find: Callable[[str], Profile] = named_profile) -> tuple[Profile, list[str]]:
    """The most likely profile, which ``find`` gives by name, and one line for each thing that was assumed, with the reason and how to change it."""
    found = _evidence([node for node in graph.nodes.values() if isinstance(node, Neuron)])
    name, why, doubts = found.name, found.why, found.doubts
    profile = find(name) if found.dt is None else replace(find(name), dt=found.dt)
    lines = [f"assumed profile {name} because {why}; change with --profile", *doubts]
    lines.append(
        f"assumed a step of {profile.dt:g} s and {profile.reset} reset ({_when(profile)}) with spikes {profile.spikes} at v {profile.comparison} "
        f"threshold, as profile {name} has it, because NIR files do not say; change with --profile, --dt"
    )
    if profile.time_unit != 1:
        lines.append(f"assumed that the file's times are in units of {profile.time_unit:g} s; change with --time-unit")
    return profile, lines


class _Evidence(NamedTuple):
    """Name of a profile, why, what remains in doubt; ``dt`` where the file tells it."""

    name: str
    why: str
    doubts: list[str]
    dt: float | None = None


def _evidence(neurons: list[Neuron]) -> _Evidence:
    integrators = [node for node in neurons if isinstance(node, I | IF)]
    leaky = [node for node in neurons if isinstance(node, LI | LIF | CubaLI | CubaLIF)]
    if not neurons:
        return _Evidence("snntorch", "the graph has no neurons, so that nothing depends on it", [])
    if integrators and all(_is(node.r, 1 / EXPORT_DT) for node in integrators):
        return _Evidence("spikingjelly", "its IF neurons have r = 1/dt at dt = 0.1 ms, which SpikingJelly writes", [])
    taus = np.concatenate([_tau(node).reshape(-1)[:1000] for node in leaky]) if leaky else np.zeros(0)
    plain = all(_is(node.r, 1.0) for node in neurons)
    if leaky and plain and taus.max() < EXPORT_DT:
        return _Evidence("norse", f"time constants of {taus.max():g} and r = 1 are what Norse writes: tau times dt", [])
    if leaky and plain and taus.min() >= 1:
        doubt = "Sinabs' own defaults are assumed (norm_input, multi-spike, subtract); a file of an old Sinabs IF has the floor of profile sinabs"
        return _Evidence(
            "sinabs-native", f"time constants of at least {taus.min():g} and r = 1 are what Sinabs writes: tau in steps", [doubt]
        )
    if leaky and all(_scaled(node) for node in leaky):
        doubt = (
            "the file does not say whether snnTorch's reset_mechanism was 'subtract' (its default, assumed) or 'zero' "
            "(--profile snntorch-native-zero); SpikingJelly writes CUBALIFNode and decay_input=False alike (--profile spikingjelly)"
        )
        return _Evidence(
            "snntorch-native", "r = tau/dt at dt = 0.1 ms, so that inputs are not scaled, is what snnTorch writes", [doubt]
        )
    step = None if plain else _undecayed(leaky)
    if step is not None:
        why = f"r = tau exp(-dt/tau) / dt at dt = {step:g} s is what Rockpool writes"
        if not any(isinstance(node, CubaLIF) for node in leaky):
            doubt = "Rockpool's own default is assumed, several spikes a step (max_spikes_per_dt; --profile rockpool-native-single for one)"
            return _Evidence("rockpool-native", why, [doubt], step)
        doubt = (
            "Rockpool's own default is several spikes a step (max_spikes_per_dt), which the file does not say: one is assumed, as neurons with a "
            "current send no more here (--profile rockpool-native for several)"
        )
        return _Evidence("rockpool-native-single", why, [doubt], step)
    if leaky and plain and taus.max() < FEW_STEPS * EXPORT_DT and all(_rests_where_it_resets(node) for node in leaky):
        return _Evidence(
            "spikingjelly",
            f"time constants of {taus.min() / EXPORT_DT:g} steps of 0.1 ms and r = 1 are what SpikingJelly writes",
            [],
        )
    if not leaky:
        doubt = "Sinabs writes the same file for IAF, which is multi-spike with soft reset: --profile sinabs-native"
        return _Evidence(
            "norse",
            "it has only integrators with an input of one unit per step, and NIR's own equations are single-spike, hard reset",
            [doubt],
        )
    return _Evidence(
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


def _undecayed(leaky: list[LI | LIF | CubaLI | CubaLIF]) -> float | None:
    """The dt at which every r is tau exp(-dt/tau) / dt, where there is a round one."""
    if not leaky:
        return None
    tau, r = float(_tau(leaky[0]).flat[0]), float(leaky[0].r.flat[0])
    if not 0 < r < MOST_STEPS:
        return None
    ratio = 1.0  # dt / tau, from exp(-ratio) / ratio = r by Newton's method on its logarithm
    for _ in range(NEWTON):
        ratio = max(ratio - (ratio + np.log(ratio * r)) / (1 + 1 / ratio), ratio / 10)
    step = float(f"{ratio * tau:.2g}")
    fits = all(np.allclose(node.r, _tau(node) * np.exp(-step / _tau(node)) / step, rtol=1e-4, atol=0) for node in leaky)
    return step if fits else None


def _rests_where_it_resets(node: LI | LIF | CubaLI | CubaLIF) -> bool:
    return not isinstance(node, LIF | CubaLIF) or bool(np.array_equal(node.v_leak, node.v_reset))
