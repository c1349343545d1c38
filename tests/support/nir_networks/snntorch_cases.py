"""Networks of snnTorch 1.0.0: MLP, convolutions, recurrent, and with a synaptic current; exported by its export_to_nir."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import snntorch
import torch
from snntorch.export_nir import export_to_nir
from torch import nn

from .case import Case, spikes
from .digits import held_out, train
from .near_ties import meet_thresholds

Weights = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def cases(weights: Weights, tag: str) -> Iterator[Case]:
    """All networks, with weights from ``weights``."""
    rng = np.random.default_rng(7)
    for reset, profile in (("subtract", "snntorch-native"), ("zero", "snntorch-native-zero")):
        mlp = [nn.Linear(10, 12), _leaky((12,), 0.875, reset), nn.Linear(12, 4), _leaky((4,), 0.5, reset)]
        yield _run(f"snntorch-mlp-{reset}-{tag}", profile, mlp, (10,), weights, rng)
    conv = [nn.Conv2d(2, 4, 3, padding=1), _leaky((4, 6, 6), 0.75), nn.AvgPool2d(2), nn.Conv2d(4, 4, 2, groups=2)]
    conv += [_leaky((4, 2, 2), 0.875), nn.Flatten(), nn.Linear(16, 3), _leaky((3,), 0.5)]
    yield _run(f"snntorch-conv-{tag}", "snntorch-native", conv, (2, 6, 6), weights, rng)
    recurrent = snntorch.RLeaky(beta=torch.full((12,), 0.875), linear_features=12, init_hidden=True)
    yield _run(
        f"snntorch-recurrent-{tag}",
        "snntorch-native",
        [nn.Linear(10, 12), recurrent, nn.Linear(12, 4), _leaky((4,), 0.5)],
        (10,),
        weights,
        rng,
    )
    current = snntorch.RSynaptic(alpha=torch.full((12,), 0.5), beta=torch.full((12,), 0.875), linear_features=12, init_hidden=True)
    synaptic = snntorch.Synaptic(
        alpha=torch.full((4,), 0.75), beta=torch.full((4,), 0.5), threshold=torch.ones(4), init_hidden=True
    )
    yield _run(
        f"snntorch-cuba-recurrent-{tag}",
        "snntorch-native",
        [nn.Linear(10, 12), current, nn.Linear(12, 4), synaptic],
        (10,),
        weights,
        rng,
    )
    spread = snntorch.Synaptic(alpha=_mixed(rng, 12), beta=_mixed(rng, 12), threshold=torch.ones(12), init_hidden=True)
    each = snntorch.Leaky(beta=_mixed(rng, 4, 6, 6), threshold=torch.ones(4, 6, 6), init_hidden=True)
    layers = [nn.Conv2d(2, 4, 3, padding=1), each, nn.Flatten(), nn.Linear(144, 12), spread]
    yield _run(f"snntorch-decays-{tag}", "snntorch-native", layers, (2, 6, 6), weights, rng)


def _mixed(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    """Decays that differ from neuron to neuron."""
    return torch.from_numpy(rng.choice(np.array([0.5, 0.75, 0.875], np.float32), shape))


def _leaky(shape: tuple[int, ...], beta: float, reset: str = "subtract") -> snntorch.Leaky:
    """nir 1.0.8 needs beta and threshold in the layer's shape."""
    return snntorch.Leaky(beta=torch.full(shape, beta), threshold=torch.ones(shape), reset_mechanism=reset, init_hidden=True)


def _run(
    name: str, profile: str, layers: list[nn.Module], shape: tuple[int, ...], weights: Weights, rng: np.random.Generator
) -> Case:
    net = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter in (p for key, p in net.named_parameters() if key.endswith(("weight", "bias"))):
            parameter.copy_(torch.from_numpy(weights(rng, tuple(parameter.shape))))
    return _observe(name, profile, layers, spikes(rng, (3, 24, *shape)))


def trained_on_digits() -> Iterator[Case]:
    """MLP, convolutions, recurrent, trained; those without loops also with membranes that meet their thresholds; what they do on samples held out."""
    torch.manual_seed(0)
    mlp = [nn.Linear(64, 64), _leaky((64,), 0.875), nn.Linear(64, 10), _leaky((10,), 0.875)]
    yield from _train("snntorch-mlp", mlp, (64,))
    conv = [nn.Conv2d(1, 8, 3, padding=1), _leaky((8, 8, 8), 0.75), nn.AvgPool2d(2), nn.Conv2d(8, 16, 3), _leaky((16, 2, 2), 0.75)]
    yield from _train("snntorch-conv", [*conv, nn.Flatten(), nn.Linear(64, 10), _leaky((10,), 0.75)], (1, 8, 8))
    recurrent = snntorch.RLeaky(beta=torch.full((48,), 0.875), linear_features=48, init_hidden=True)
    yield from _train("snntorch-recurrent", [nn.Linear(64, 48), recurrent, nn.Linear(48, 10), _leaky((10,), 0.875)], (64,))


def _train(name: str, layers: list[nn.Module], shape: tuple[int, ...]) -> Iterator[Case]:
    net = nn.Sequential(*layers)

    def counts(x: torch.Tensor) -> torch.Tensor:
        _reset(layers)
        return torch.stack([net(x[:, step]) for step in range(x.shape[1])]).sum(0)

    train(counts, net.parameters(), shape)
    yield (case := _observe(name, "snntorch-native", layers, held_out(shape)))
    if not any(isinstance(layer, snntorch.RLeaky) for layer in layers):
        meet_thresholds(layers[0], case)
        yield _observe(f"{name}-ties", "snntorch-native", layers, held_out(shape))


def _reset(layers: list[nn.Module]) -> None:
    for layer in layers:
        if isinstance(layer, snntorch.SpikingNeuron):
            getattr(layer, "reset_mem")()  # noqa: B009 - not typed


def _observe(name: str, profile: str, layers: list[nn.Module], given: np.ndarray) -> Case:
    """What the framework exports, and what it computes for ``given`` (samples, steps, *shape)."""
    graph = export_to_nir(nn.Sequential(*layers), torch.zeros(1, *given.shape[2:]), ignore_dims=[0])
    found: dict[str, list[np.ndarray]] = {}
    _reset(layers)
    with torch.no_grad():
        for step in range(given.shape[1]):
            x = torch.from_numpy(given[:, step])
            for index, layer in enumerate(layers):
                x = layer(x)
                if isinstance(layer, snntorch.SpikingNeuron):
                    node = f"{index}.lif" if isinstance(layer, snntorch.RLeaky | snntorch.RSynaptic) else str(index)
                    found.setdefault(node, []).append(x.numpy().astype(np.float64))
    return Case(
        name,
        "snntorch",
        snntorch.__version__,
        profile,
        graph,
        given.astype(np.float64),
        {k: np.stack(v, 1) for k, v in found.items()},
    )
