"""Random modules as people write them: MLPs and CNNs with residual sums, normalisation and pools, of SpikingJelly's and snnTorch's neurons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

STEPS, SAMPLES = 6, 3


class Residual(nn.Module):
    """``x + f(x)``, then a neuron."""

    def __init__(self, inner: nn.Module, neuron: nn.Module) -> None:
        super().__init__()
        self.inner, self.neuron = inner, neuron

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.neuron(x + self.inner(x))


def spikingjelly_module(seed: int) -> tuple[nn.Module, tuple[int, ...]]:
    """A module of many steps at once, and the shape of its events."""
    from spikingjelly.activation_based import layer, neuron

    rng = np.random.default_rng(seed)
    soft, tau = bool(rng.integers(2)), float(rng.choice([2.0, 4.0]))

    def fire() -> nn.Module:
        own: dict[str, Any] = {"v_reset": None if soft else 0.0, "step_mode": "m", "v_threshold": float(rng.choice([0.5, 1.0]))}
        if rng.integers(3) == 0:
            return neuron.IFNode(**own)
        return neuron.LIFNode(tau=tau, decay_input=bool(rng.integers(2)), **own)

    def wrapped(*layers: nn.Module) -> nn.Module:
        return layer.SeqToANNContainer(*layers)

    if rng.integers(2):
        return _mlp(rng, fire, wrapped, lambda n: nn.BatchNorm1d(n), nn.Linear)
    return _cnn(rng, fire, wrapped, nn.Conv2d, lambda n: nn.BatchNorm2d(n))


def snntorch_module(seed: int) -> tuple[nn.Module, tuple[int, ...]]:
    """A module of one step, with hidden states, and the shape of its events."""
    import snntorch

    rng = np.random.default_rng(seed)
    reset = str(rng.choice(["subtract", "zero"]))

    def fire() -> nn.Module:
        threshold = float(rng.choice([0.5, 1.0]))
        if reset == "subtract" and rng.integers(3) == 0:
            return snntorch.Synaptic(alpha=0.5, beta=0.75, threshold=threshold, init_hidden=True)
        beta = float(rng.choice([0.5, 0.75, 1.0]))
        return snntorch.Leaky(beta=beta, threshold=threshold, reset_mechanism=reset, init_hidden=True)

    def wrapped(*layers: nn.Module) -> nn.Module:
        return nn.Sequential(*layers)

    if rng.integers(2):
        return _mlp(rng, fire, wrapped, lambda n: nn.BatchNorm1d(n), nn.Linear)
    return _cnn(rng, fire, wrapped, nn.Conv2d, lambda n: nn.BatchNorm2d(n))


Fire = Callable[[], nn.Module]
Wrapped = Callable[..., nn.Module]


def _mlp(rng: np.random.Generator, fire: Fire, wrapped: Wrapped, norm: Any, linear: Any) -> tuple[nn.Module, tuple[int, ...]]:
    width = int(rng.integers(5, 12))
    layers: list[nn.Module] = [wrapped(linear(7, width), norm(width)), fire()]
    for _ in range(int(rng.integers(1, 3))):
        inner = wrapped(linear(width, width, bias=bool(rng.integers(2))))
        layers += [Residual(inner, fire())] if rng.integers(2) else [inner, fire()]
    layers += [wrapped(linear(width, 4)), fire()]
    return nn.Sequential(*layers), (7,)


def _cnn(rng: np.random.Generator, fire: Fire, wrapped: Wrapped, conv: Any, norm: Any) -> tuple[nn.Module, tuple[int, ...]]:
    channels = int(rng.choice([3, 4]))
    first = wrapped(conv(2, channels, 3, padding=1, stride=int(rng.integers(1, 3)), bias=bool(rng.integers(2))), norm(channels))
    layers: list[nn.Module] = [first, fire()]
    layers.append(Residual(wrapped(conv(channels, channels, 3, padding=1, groups=1), norm(channels)), fire()))
    pool = int(rng.integers(3))
    if pool == 0:
        layers.append(wrapped(nn.MaxPool2d(2)))
    elif pool == 1:
        layers.append(wrapped(nn.AvgPool2d(2)))
    side = 8 // first_stride(first)
    side = side // 2 if pool < 2 else side
    layers += [wrapped(nn.Flatten(), nn.Linear(channels * side * side, 4)), fire()]
    return nn.Sequential(*layers), (2, 8, 8)


def first_stride(module: nn.Module) -> int:
    return next(m.stride[0] for m in module.modules() if isinstance(m, nn.Conv2d))
