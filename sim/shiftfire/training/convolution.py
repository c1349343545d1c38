"""Trainable twin of CONV2D synapses."""

from __future__ import annotations

import torch
from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn
from torch.nn import functional

from ..network.synapses import SynapseOp, Synapses
from .quantise import IntegerWeights, to_integers


def pooled(values: Tensor, size: int) -> Tensor:
    """Sums of ``size`` x ``size`` windows of values (batch, channels, height, width)."""
    return functional.avg_pool2d(values, size, divisor_override=1)


class TrainedConv(nn.Module):
    """Convolution with 4-bit weights and an odd square kernel that keeps the size, after sum pooling by ``pre_pool``.

    Contributions count ``2**scale``. A 1 x 1 kernel is a linear layer on tokens.
    """

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 1, pre_pool: int = 1, scale: int = 0) -> None:
        super().__init__()
        self.weights = IntegerWeights(outputs, inputs, kernel, kernel, weight_format=WeightFormat.INT4)
        self.kernel = kernel
        self.pre_pool = pre_pool
        self.scale = scale

    def forward(self, steps: list[Tensor]) -> list[Tensor]:
        """Sums for each step's values, both (batch, channels, height, width)."""
        values = torch.cat(steps)
        if self.pre_pool > 1:
            values = pooled(values, self.pre_pool)
        sums = functional.conv2d(values, self.weights() * 2**self.scale, padding=self.kernel // 2)
        return list(sums.chunk(len(steps)))

    def synapses(self, source: str) -> Synapses:
        """The integer synapses from the layer or input ``source``."""
        return Synapses(
            source,
            SynapseOp.CONV2D,
            to_integers(self.weights()),
            WeightFormat.INT4,
            scale=self.scale,
            kernel=(self.kernel, self.kernel),
            padding=(self.kernel // 2, self.kernel // 2),
            pre_pool=self.pre_pool,
        )
