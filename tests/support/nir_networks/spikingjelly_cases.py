"""Networks of SpikingJelly 2.0.0: MLP, convolutions with pooling, current-based; exported by its export_to_nir."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version

import numpy as np
import torch
from spikingjelly.activation_based import functional, layer, neuron
from spikingjelly.activation_based.nir_exchange.to_nir import export_to_nir
from torch import nn

from .case import Case, spikes
from .digits import held_out, train
from .near_ties import meet_thresholds

Weights = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def cases(weights: Weights, tag: str) -> Iterator[Case]:
    """All networks, with weights from ``weights``."""
    rng = np.random.default_rng(13)
    mlp = [layer.Linear(10, 12), neuron.IFNode(v_threshold=1.5), layer.Linear(12, 8), neuron.LIFNode(tau=4.0, v_threshold=0.5)]
    mlp += [layer.Linear(8, 4), neuron.LIFNode(tau=2.0, decay_input=False, v_reset=-0.5)]
    yield _run(f"spikingjelly-mlp-{tag}", mlp, (10,), weights, rng)
    conv = [layer.Conv2d(2, 4, 3, padding=1), neuron.LIFNode(tau=4.0, v_threshold=0.5), layer.AvgPool2d(2)]
    conv += [layer.Conv2d(4, 4, 2, stride=1, dilation=2), neuron.IFNode(), layer.Flatten(), layer.Linear(4, 3), neuron.IFNode()]
    yield _run(f"spikingjelly-conv-{tag}", conv, (2, 6, 6), weights, rng)
    cuba = [
        layer.Linear(10, 12),
        neuron.CUBALIFNode(c_decay=0.5, v_decay=0.75, v_threshold=2.0),
        layer.Linear(12, 4),
        neuron.IFNode(),
    ]
    yield _run(f"spikingjelly-cuba-{tag}", cuba, (10,), weights, rng)


def _run(name: str, layers: list[nn.Module], shape: tuple[int, ...], weights: Weights, rng: np.random.Generator) -> Case:
    net = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.from_numpy(weights(rng, tuple(parameter.shape))))
    return _observe(name, layers, spikes(rng, (3, 24, *shape)))


def trained_on_digits() -> Iterator[Case]:
    """MLP and convolutions, trained, and each with membranes that meet their thresholds; what they do on samples held out."""
    torch.manual_seed(0)
    mlp = [layer.Linear(64, 64), neuron.LIFNode(tau=4.0, v_threshold=0.25), layer.Linear(64, 10), neuron.IFNode()]
    yield from _train("spikingjelly-mlp", mlp, (64,))
    conv = [layer.Conv2d(1, 8, 3, padding=1), neuron.LIFNode(tau=2.0, v_threshold=0.25), layer.AvgPool2d(2)]
    conv += [layer.Conv2d(8, 16, 3), neuron.IFNode(), layer.Flatten(), layer.Linear(64, 10), neuron.IFNode()]
    yield from _train("spikingjelly-conv", conv, (1, 8, 8))


def _train(name: str, layers: list[nn.Module], shape: tuple[int, ...]) -> Iterator[Case]:
    net = nn.Sequential(*layers)

    def counts(x: torch.Tensor) -> torch.Tensor:
        functional.reset_net(net)
        return torch.stack([net(x[:, step]) for step in range(x.shape[1])]).sum(0)

    train(counts, net.parameters(), shape)
    functional.reset_net(net)
    yield (case := _observe(name, layers, held_out(shape)))
    meet_thresholds(layers[0], case)
    yield _observe(f"{name}-ties", layers, held_out(shape))


def _observe(name: str, layers: list[nn.Module], given: np.ndarray) -> Case:
    """What the framework exports, and what it computes for ``given`` (samples, steps, *shape)."""
    net = nn.Sequential(*layers)
    graph = export_to_nir(net, torch.zeros(1, *given.shape[2:]))
    functional.reset_net(net)
    found: dict[str, list[np.ndarray]] = {}
    with torch.no_grad():
        for step in range(given.shape[1]):
            x = torch.from_numpy(given[:, step])
            for index, module in enumerate(layers):
                x = module(x)
                if isinstance(module, neuron.BaseNode):
                    found.setdefault(f"_{index}", []).append(x.numpy().astype(np.float64))
    outputs = {key: np.stack(steps, 1) for key, steps in found.items()}
    return Case(name, "spikingjelly", version("spikingjelly"), "spikingjelly", graph, given.astype(np.float64), outputs)
