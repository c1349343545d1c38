"""Modules in the ways that people write them, beside `random_modules`: loops over time, states handed over, images repeated, votes, means over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import snntorch
import torch
from spikingjelly.activation_based import layer, neuron
from torch import nn
from torch.nn import functional as f


@dataclass(frozen=True)
class Case:
    """``shape`` of the example; ``axes``: what its first ones are, None where it need not be said; ``steps`` that an image is repeated for, else 0."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    axes: str | None = None
    steps: int = 0


class Loop(nn.Module):
    """snnTorch's tutorials: states are started, handed over, and what is sent is stacked."""

    def __init__(self, second: nn.Module) -> None:
        super().__init__()
        self.fc1, self.lif1 = nn.Linear(6, 8), snntorch.Leaky(beta=torch.tensor([0.5, 0.75] * 4))
        self.fc2, self.lif2 = nn.Linear(8, 4), second

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mem1, mem2 = self.lif1.init_leaky(), self.lif2.init_leaky()
        sent, membranes = [], []
        for step in range(x.size(0)):
            spikes, mem1 = self.lif1(self.fc1(x[step]), mem1)
            spikes, mem2 = self.lif2(self.fc2(spikes), mem2)
            sent.append(spikes)
            membranes.append(mem2)
        return torch.stack(sent, dim=0), torch.stack(membranes, dim=0)


class ReadOut(Loop):
    """The membranes of a last layer that never resets."""

    def __init__(self) -> None:
        super().__init__(snntorch.Leaky(beta=0.5, reset_mechanism="none"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return super().forward(x)[1]


class Currents(nn.Module):
    """Synaptic, with both states handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.lif = nn.Linear(6, 5), snntorch.Synaptic(alpha=0.5, beta=0.75)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        syn, mem = self.lif.reset_mem()
        sent = []
        for now in x:
            spikes, syn, mem = self.lif(self.fc(now), syn, mem)
            sent.append(spikes)
        return torch.stack(sent)


class Still(nn.Module):
    """The same input in every step of a loop, and the mean of what was sent."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.fc1, self.lif1 = nn.Linear(6, 5), snntorch.Leaky(beta=0.5)
        self.fc2, self.lif2 = nn.Linear(5, 3), snntorch.Leaky(beta=0.75)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mem1, mem2 = self.lif1.reset_mem(), self.lif2.reset_mem()
        sent = []
        for _ in range(self.steps):
            spikes, mem1 = self.lif1(self.fc1(x), mem1)
            spikes, mem2 = self.lif2(self.fc2(spikes), mem2)
            sent.append(spikes)
        return torch.stack(sent).mean(0)


class Repeated(nn.Module):
    """An image for some steps, a mean over positions, and a sum over time before the last layer."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.conv = layer.Conv2d(2, 4, 3, padding=1, step_mode="m")
        self.lif = neuron.LIFNode(step_mode="m")
        self.head = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.unsqueeze(0).repeat(self.steps, 1, 1, 1, 1)
        return self.head(self.lif(self.conv(x)).flatten(3).mean(-1).sum(0))


class Functions(nn.Module):
    """Functions in place of layers: pools, sums that scale, slices, a parameter that is added."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.lif1 = nn.Conv2d(2, 4, 3, padding="same", dilation=1), neuron.IFNode()
        self.conv2, self.lif2 = nn.Conv2d(2, 2, 1), neuron.IFNode()
        self.place = nn.Parameter(torch.arange(16).reshape(1, 1, 4, 4) / 32)
        self.fc, self.out = nn.Linear(8, 3), neuron.IFNode()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.lif1(self.conv1(x) + self.place)
        one, two = x.chunk(2, dim=1)
        x = self.lif2(self.conv2(one) * 2 - two / 2)
        x = f.dropout(f.avg_pool2d(f.max_pool2d(x, 2, stride=1, padding=1), 2), training=False)
        return self.out(self.fc(torch.flatten(x, 1)))


def votes() -> nn.Module:
    return nn.Sequential(layer.Linear(6, 12, step_mode="m"), neuron.ParametricLIFNode(init_tau=2.0, step_mode="m"), Vote())


class Vote(nn.Module):
    """A mean over groups of a vector's neurons, as SpikingJelly's VotingLayer."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return f.avg_pool1d(x.flatten(0, 1).unsqueeze(1), 3, 3).squeeze(1).unflatten(0, x.shape[:2])


def signals() -> nn.Module:
    inner = nn.Sequential(nn.Conv1d(2, 4, 3, stride=2, padding=1, groups=2), nn.BatchNorm1d(4))
    after = nn.Sequential(nn.AvgPool1d(2), nn.Flatten(), nn.Linear(16, 3))
    return nn.Sequential(
        layer.SeqToANNContainer(*inner),
        neuron.LIFNode(step_mode="m"),
        layer.MultiStepContainer(nn.Sequential(*after), neuron.IFNode()),
    )


def grown() -> nn.Module:
    """A vector repeated as an image."""
    inner = (nn.AdaptiveAvgPool2d((1, 1)), nn.AdaptiveAvgPool2d((3, 3)), nn.Flatten(), nn.Linear(18, 3))
    return nn.Sequential(layer.SeqToANNContainer(*inner), neuron.IFNode(step_mode="m"))


CASES: dict[str, Case] = {
    "loop": Case(lambda: Loop(snntorch.Leaky(beta=0.5)), (5, 2, 6), "TB"),
    "read-out": Case(ReadOut, (5, 2, 6), "TB"),
    "currents": Case(Currents, (5, 2, 6), "TB"),
    "repeated": Case(lambda: Repeated(5), (2, 2, 4, 4), "B", steps=5),
    "still": Case(lambda: Still(5), (2, 6), steps=5),
    "functions": Case(Functions, (2, 2, 4, 4), steps=1),
    "votes": Case(votes, (5, 2, 6)),
    "signals": Case(signals, (5, 2, 2, 16)),
    "grown": Case(grown, (5, 2, 2, 4, 4)),
}
