"""Networks of Rockpool 3.1.0: membranes alone, with currents, several spikes a step; time constants that differ within a layer; exported by its to_nir."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from importlib.metadata import version

import numpy as np
import torch
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import ExpSynTorch, LIFNeuronTorch, LIFTorch, LinearTorch
from rockpool.nn.modules.torch.nir import to_nir

from .case import Case, spikes

Weights = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
STEPS, DT = 24, 1e-3
DECAYS = (0.5, 0.75, 0.875)


def cases(weights: Weights, tag: str) -> Iterator[Case]:
    """All networks, with weights from ``weights``."""
    rng = np.random.default_rng(19)
    yield _run(
        f"rockpool-mlp-{tag}",
        [
            _linear(weights, rng, 10, 12),
            LIFNeuronTorch(12, tau_mem=_taus(rng, 12), dt=DT),
            _linear(weights, rng, 12, 4),
            ExpSynTorch(4, tau=_taus(rng, 1), dt=DT),
        ],
        "rockpool-native",
        rng,
    )
    for name, most, profile in (("cuba", 1, "rockpool-native-single"), ("cuba-multi", 1 << 16, "rockpool-native")):
        layers = [
            _linear(weights, rng, 10, 12),
            LIFTorch(
                12, tau_mem=_taus(rng, 12), tau_syn=_taus(rng, 12)[:, None], max_spikes_per_dt=torch.tensor(float(most)), dt=DT
            ),
            _linear(weights, rng, 12, 4),
            LIFTorch(4, tau_mem=_taus(rng, 4), tau_syn=_taus(rng, 4)[:, None], max_spikes_per_dt=torch.tensor(float(most)), dt=DT),
        ]
        yield _run(f"rockpool-{name}-{tag}", layers, profile, rng)


def _linear(weights: Weights, rng: np.random.Generator, inputs: int, outputs: int) -> LinearTorch:
    return LinearTorch((inputs, outputs), weight=torch.from_numpy(weights(rng, (inputs, outputs))))


def _taus(rng: np.random.Generator, count: int) -> torch.Tensor:
    """Time constants of `DECAYS`, from neuron to neuron."""
    return torch.from_numpy(rng.choice([-DT / math.log(a) for a in DECAYS], count).astype(np.float32))


def _run(name: str, layers: list[torch.nn.Module], profile: str, rng: np.random.Generator) -> Case:
    net, given = Sequential(*layers), spikes(rng, (3, STEPS, 10))
    graph = to_nir(net)
    with torch.no_grad():
        _, _, told = net(torch.from_numpy(given), record=True)
    outputs = {
        key.removesuffix("_output"): value.numpy().astype(np.float64)
        for key, value in told.items()
        if key.endswith("_output") and "Linear" not in key
    }
    return Case(name, "rockpool", version("rockpool"), profile, graph, given.astype(np.float64), outputs)
