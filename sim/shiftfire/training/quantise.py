"""Integer parameters with straight-through gradients.

Every module computes with integers held in float32, exactly as golden does (all sums stay far below 2**24), so that the
trained module and the exported network are the same function. Latent parameters are of order 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from shiftfire_spec.weights import FORMATS, WeightFormat
from torch import Tensor, nn

from ..network.values import IntArray


class _Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, quantised: Tensor) -> Tensor:
        return quantised.detach()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


def through(value: Tensor, quantised: Tensor) -> Tensor:
    """``quantised`` forward, the gradient of ``value`` backward."""
    result = _Through.apply(value, quantised)
    assert isinstance(result, Tensor)
    return result


def to_integers(value: Tensor) -> IntArray:
    """An integer-valued tensor as int64."""
    return np.asarray(value.detach().numpy().round(), np.int64)


class IntegerWeights(nn.Module):
    """Weights of ``shape`` in ``weight_format``; calling it gives the integers.

    The latent weights are uniform at first, so that the integers cover half of the format's range; PM1 takes their sign.
    """

    def __init__(self, *shape: int, weight_format: WeightFormat) -> None:
        super().__init__()
        self.weight_format = weight_format
        self.rounds = True
        self.latent = nn.Parameter(torch.empty(*shape).uniform_(-0.5, 0.5))

    def forward(self) -> Tensor:
        if self.weight_format is WeightFormat.PM1:
            clipped = self.latent.clamp(-1, 1)
            return through(clipped, torch.where(clipped >= 0, 1.0, -1.0))
        info = FORMATS[self.weight_format]
        scaled = (self.latent * (info.maximum + 1)).clamp(info.minimum, info.maximum)
        return through(scaled, scaled.round()) if self.rounds else scaled


class IntegerVector(nn.Module):
    """One integer per channel: ``round(latent * unit)``, at least ``minimum``. The latent values start at ``start``."""

    def __init__(self, channels: int, *, unit: float, start: float, minimum: float = -math.inf) -> None:
        super().__init__()
        self.unit = unit
        self.minimum = minimum
        self.rounds = True
        self.latent = nn.Parameter(torch.full((channels,), start))

    def forward(self) -> Tensor:
        scaled = (self.latent * self.unit).clamp(min=self.minimum)
        return through(scaled, scaled.round()) if self.rounds else scaled


def without_rounding(model: nn.Module) -> nn.Module:
    """``model`` with its parameters and leaks as real numbers from now on."""
    for module in model.modules():
        if hasattr(module, "rounds"):
            module.rounds = False  # type: ignore[assignment]
    return model
