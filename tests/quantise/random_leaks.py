"""Random NIR graphs whose neurons' time constants differ within a layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import nir
import numpy as np
from quantise.nir_graphs import Array, graph, input_node, output_node
from quantise.test_from_nir import HARD, SOFT, dyadic, spikes
from shiftfire.frontends.float_graph.profile import Profile

DYADIC = np.array([0.5, 0.75, 0.875, 0.0])  # of one shift each
SNNTORCH = ("snntorch-native", "snntorch-native-zero")  # write r = tau/dt, so that inputs are not scaled


def layer(kind: str, profile: Profile, decays: Array, currents: Array | None = None, *, scaled: bool = False) -> Any:
    """Neurons of these decays per step under a profile of Euler steps, or one that takes them for such. ``scaled``: inputs are not scaled by the leak."""
    dt = profile.file_dt
    tau, ones, zeros = dt / (1 - decays), np.ones(decays.shape), np.zeros(decays.shape)
    r = tau / dt if scaled else ones
    tau_syn = tau if currents is None else dt / (1 - currents)
    w_in = tau_syn / dt if scaled else ones
    match kind:
        case "LIF":
            return nir.LIF(tau, r, zeros, ones, zeros)
        case "CubaLIF":
            return nir.CubaLIF(tau_syn, tau, r, zeros, ones, zeros, w_in)
        case "LI":
            return nir.LI(tau, r, zeros)
        case "CubaLI":
            return nir.CubaLI(tau_syn, tau, r, zeros, w_in)
        case _:
            raise AssertionError(kind)


def network(rng: np.random.Generator, decays: Array, *, steps: int) -> tuple[nir.NIRGraph, Profile, Array]:
    """A graph with neurons "n" on a vector or a grid, a profile for it, and inputs (samples, steps, ...); every decay is one of ``decays``."""
    profile = replace(SOFT if rng.random() < 0.5 else HARD, current=str(rng.choice(["new", "old"])))
    scaled = bool(rng.random() < 0.5)
    if rng.random() < 0.4:
        shape: tuple[int, ...] = (int(rng.integers(2, 40)),)
        start: dict[str, Any] = {"in": input_node(16), "w": nir.Affine(dyadic(rng, shape[0], 16), dyadic(rng, shape[0]) / 4)}
    else:
        shape = (int(rng.integers(2, 5)), int(rng.integers(3, 7)), int(rng.integers(3, 7)))
        conv = nir.Conv2d(None, dyadic(rng, shape[0], 2, 3, 3), 1, 1, 1, 1, dyadic(rng, shape[0]) / 4)
        start = {"in": input_node(2, *shape[1:]), "w": conv}
    spread = [(1,) * len(shape), (shape[0], *(1,) * (len(shape) - 1)), shape]
    drawn = [np.broadcast_to(rng.choice(decays, spread[int(rng.integers(1, 3))]), shape) for _ in range(2)]
    if rng.random() < 0.3:
        drawn[int(rng.integers(2))] = np.full(shape, 0.5)
    kind = str(rng.choice(["LIF", "CubaLIF"]))
    x = spikes(rng, 8, steps, *start["in"].input_type["input"], rate=0.4)
    return graph({**start, "n": layer(kind, profile, *drawn, scaled=scaled), "out": output_node(*shape)}), profile, x
