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
from .digits import STEPS as DIGIT_STEPS
from .digits import held_out, train
from .near_ties import meet_thresholds

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
    with torch.no_grad():
        for parameter in (p for module in layers if isinstance(module, nn.Linear | nn.Conv2d) for p in module.parameters()):
            parameter.copy_(torch.from_numpy(weights(rng, tuple(parameter.shape))))
    return _observe(name, layers, spikes(rng, (3, STEPS, *shape)))


def trained_on_digits() -> Iterator[Case]:
    """MLP and convolutions of multi-spike neurons, trained, and each with membranes that meet their thresholds; what they do on samples held out."""
    torch.manual_seed(0)
    steps = DIGIT_STEPS
    mlp = [
        nn.Linear(64, 64),
        sl.IAFSqueeze(num_timesteps=steps),
        nn.Linear(64, 10),
        sl.LIFSqueeze(tau_mem=8.0, num_timesteps=steps),
    ]
    yield from _train("sinabs-mlp", mlp, (64,))
    conv = [nn.Conv2d(1, 8, 3, padding=1), sl.IAFSqueeze(num_timesteps=steps), sl.SumPool2d(2), nn.Conv2d(8, 16, 3)]
    conv += [sl.IAFSqueeze(num_timesteps=steps), nn.Flatten(), nn.Linear(64, 10), sl.IAFSqueeze(num_timesteps=steps)]
    yield from _train("sinabs-conv", conv, (1, 8, 8))


def _train(name: str, layers: list[nn.Module], shape: tuple[int, ...]) -> Iterator[Case]:
    net = nn.Sequential(*layers)

    def counts(x: torch.Tensor) -> torch.Tensor:
        _reset(layers)
        return net(x.reshape(-1, *shape)).reshape(*x.shape[:2], -1).sum(1)

    train(counts, net.parameters(), shape)
    yield (case := _observe(name, layers, held_out(shape)))
    meet_thresholds(layers[0], case)
    yield _observe(f"{name}-ties", layers, held_out(shape))


def _reset(layers: list[nn.Module]) -> None:
    for module in layers:
        if isinstance(module, sl.StatefulLayer):
            module.reset_states()


def _observe(name: str, layers: list[nn.Module], given: np.ndarray) -> Case:
    """What the framework exports, and what it computes for ``given`` (samples, steps, *shape)."""
    samples, steps, *shape = given.shape
    graph = to_nir(nn.Sequential(*layers), torch.zeros(3 * steps, *shape))
    _reset(layers)
    found: dict[str, np.ndarray] = {}
    with torch.no_grad():
        x = torch.from_numpy(given.reshape(samples * steps, *shape))
        for index, module in enumerate(layers):
            x = module(x)
            if isinstance(module, sl.StatefulLayer):
                found[str(index)] = x.numpy().reshape(samples, steps, *x.shape[1:]).astype(np.float64)
    return Case(name, "sinabs", version("sinabs"), "sinabs-native", graph, given.astype(np.float64), found)
