"""digits-cnn: two 3 x 3 convolutions and a dense read-out, LIF over 4 steps, 4-bit weights."""

from __future__ import annotations

import torch
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn
from torch.nn import functional

from ..network.graph import Input, Layer, Network, Readout
from ..network.synapses import SynapseOp, Synapses
from ..network.values import Shape
from .convolution import pooled
from .model import DigitsModel
from .neurons import TrainedArgmax, TrainedLif
from .quantise import IntegerWeights, to_integers

CHANNELS = (16, 32)
STEPS = 4


class DigitsCnn(DigitsModel):
    """Sum pooling happens where it is read (``pre_pool``); the read-out sums the second layer's spikes."""

    maximum = 16

    def __init__(self) -> None:
        super().__init__()
        first, second = CHANNELS
        self.conv1_weights = IntegerWeights(first, 1, 3, 3, weight_format=WeightFormat.INT4)
        self.conv1 = TrainedLif(first, unit=128, leak_shift=4)
        self.conv2_weights = IntegerWeights(second, first, 3, 3, weight_format=WeightFormat.INT4)
        self.conv2 = TrainedLif(second, unit=64, leak_shift=4)
        self.output_weights = IntegerWeights(10, second * 4, weight_format=WeightFormat.INT4)
        self.output = TrainedArgmax(10, unit=64)

    @staticmethod
    def float_counterpart() -> nn.Module:
        """The same topology with ReLU and float weights."""
        first, second = CHANNELS
        return nn.Sequential(
            *(nn.Conv2d(1, first, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)),
            *(nn.Conv2d(first, second, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)),
            *(nn.Flatten(), nn.Linear(second * 4, 10)),
        )

    def forward(self, images: Tensor) -> Tensor:
        current = functional.conv2d(images, self.conv1_weights(), padding=1)
        spikes = self.conv1([current] * STEPS)
        weights = self.conv2_weights()
        spikes = self.conv2([functional.conv2d(pooled(s, 2), weights, padding=1) for s in spikes])
        return self.output(pooled(torch.stack(spikes).sum(0), 2).flatten(1) @ self.output_weights().T)

    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network."""
        first, second = CHANNELS
        pixels = Input("pixels", Shape(1, 8, 8), payload_kind=PayloadKind.COUNT, lo=0, hi=self.maximum)
        window = {"weight_format": WeightFormat.INT4, "kernel": (3, 3), "padding": (1, 1)}
        conv1 = Synapses("pixels", SynapseOp.CONV2D, to_integers(self.conv1_weights()), **window)
        conv2 = Synapses("conv1", SynapseOp.CONV2D, to_integers(self.conv2_weights()), pre_pool=2, **window)
        output = Synapses("conv2", SynapseOp.DENSE, to_integers(self.output_weights()), WeightFormat.INT4, pre_pool=2)
        layers = (
            Layer("conv1", Shape(first, 8, 8), (conv1,), self.conv1.export(), timesteps=STEPS),
            Layer("conv2", Shape(second, 4, 4), (conv2,), self.conv2.export(), timesteps=STEPS),
            Layer("output", Shape(10), (output,), self.output.export()),
        )
        return Network("digits-cnn", pixels, layers, "output", Readout.EVENT, metadata)
