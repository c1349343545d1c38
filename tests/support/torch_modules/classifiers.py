"""Classifiers of scikit-learn's digits around a block of attention, trained briefly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from spikingjelly.activation_based import functional, surrogate
from spikingjelly.activation_based.model.spikformer import SpikformerBlock
from torch import nn

from .attention import MetaSpikeBlock, convolved, fire

STEPS, TRAINED, TOKENS = 6, 1500, 16
BLOCKS = ("spikformer", "meta")


class Classifier(nn.Module):
    """Tokens of 16 channels, a block, and a linear read-out of what it sends, averaged over time."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(TOKENS * 16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x).flatten(2)).mean(0)


@dataclass(frozen=True, eq=False)
class Trained:
    """``module`` in eval mode; ``spikes`` (samples, steps, 1, 8, 8) and ``labels`` that it was not trained on; ``decisions`` of torch."""

    module: nn.Module
    spikes: np.ndarray
    labels: np.ndarray
    decisions: np.ndarray


def trained(block: str, epochs: int = 6) -> Trained:
    """A classifier with ``block``, trained on 1500 digits."""
    torch.set_num_threads(2)
    torch.manual_seed(0)
    digits = load_digits()
    rng = np.random.default_rng(0)
    spikes = (rng.random((len(digits.data), STEPS, 1, 8, 8)) < digits.images[:, None, None] / 16).astype(np.float32)
    x, y = torch.from_numpy(spikes).transpose(0, 1), torch.from_numpy(digits.target)
    bodies = {
        "spikformer": lambda: nn.Sequential(
            convolved(1, 16, 3, 2), fire(), SpikformerBlock(16, 2, mlp_ratio=2.0, surrogate_function=surrogate.ATan())
        ),
        "meta": lambda: MetaSpikeBlock(16, 2, inner=1, stride=2),
    }
    net = Classifier(bodies[block]())
    optimiser = torch.optim.Adam(net.parameters(), 5e-3)
    for rows in [part for _ in range(epochs) for part in torch.randperm(TRAINED).split(100)]:
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(x[:, rows]), y[rows]).backward()
        optimiser.step()
        functional.reset_net(net)
    net.eval()
    with torch.no_grad():
        decisions = net(x[:, TRAINED:]).argmax(1).numpy()
    functional.reset_net(net)
    return Trained(net, spikes[TRAINED:], digits.target[TRAINED:], decisions)
