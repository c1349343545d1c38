"""Networks of Sinabs 3.1.3: MLP and convolutions with multi-spike neurons; exported by its to_nir."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from importlib.metadata import version

import numpy as np
import sinabs.layers as sl
import torch
from sinabs.nir import to_nir
from torch import nn

from .case import Case, spikes

Weights = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
STEPS = 24
HALF = 1 / math.log(2.0)  # tau in steps whose decay is exp(-1 / tau) = 0.5


def cases(weights: Weights, tag: str) -> Iterator[Case]:
    """All networks, with weights from ``weights``."""
    rng = np.random.default_rng(17)
    mlp = [nn.Linear(10, 12), sl.IAFSqueeze(batch_size=3), nn.Linear(12, 8), sl.LIFSqueeze(tau_mem=HALF, batch_size=3)]
    mlp += [nn.Linear(8, 4), sl.ExpLeakSqueeze(tau_mem=HALF, batch_size=3)]
    yield _run(f"sinabs-mlp-{tag}", mlp, (10,), weights, rng)
    conv = [nn.Conv2d(2, 4, 3, padding=1), sl.IAFSqueeze(batch_size=3, spike_threshold=torch.tensor(2.0)), sl.SumPool2d(2)]
    conv += [nn.Conv2d(4, 4, 2, groups=2), sl.IAFSqueeze(batch_size=3), nn.Flatten(), nn.Linear(16, 3), sl.IAFSqueeze(batch_size=3)]
    yield _run(f"sinabs-conv-{tag}", conv, (2, 6, 6), weights, rng)


def _run(name: str, layers: list[nn.Module], shape: tuple[int, ...], weights: Weights, rng: np.random.Generator) -> Case:
    net = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter in (p for module in layers if isinstance(module, nn.Linear | nn.Conv2d) for p in module.parameters()):
            parameter.copy_(torch.from_numpy(weights(rng, tuple(parameter.shape))))
    graph = to_nir(net, torch.zeros(3 * STEPS, *shape))
    sinabs_layers = [module for module in layers if isinstance(module, sl.StatefulLayer)]
    for module in sinabs_layers:
        module.reset_states()
    given = spikes(rng, (3, STEPS, *shape))
    found: dict[str, np.ndarray] = {}
    with torch.no_grad():
        x = torch.from_numpy(given.reshape(3 * STEPS, *shape))
        for index, module in enumerate(layers):
            x = module(x)
            if isinstance(module, sl.StatefulLayer):
                found[str(index)] = x.numpy().reshape(3, STEPS, *x.shape[1:]).astype(np.float64)
    return Case(name, "sinabs", version("sinabs"), "sinabs-native", graph, given.astype(np.float64), found)
