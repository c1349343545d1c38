"""digits-mlp: 64-128-10, LIF over 8 steps, 4-bit weights."""

from __future__ import annotations

import torch
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn

from ..network.graph import Input, Layer, Network, Readout
from ..network.synapses import SynapseOp, Synapses
from ..network.values import Shape
from .model import DigitsModel
from .neurons import TrainedArgmax, TrainedLif
from .quantise import IntegerWeights, to_integers

HIDDEN = 128
STEPS = 8


class DigitsMlp(DigitsModel):
    """The pixels drive the hidden layer with the same current in every step; the read-out sums its spikes."""

    maximum = 16

    def __init__(self) -> None:
        super().__init__()
        self.hidden_weights = IntegerWeights(HIDDEN, 64, weight_format=WeightFormat.INT4)
        self.hidden = TrainedLif(HIDDEN, unit=256, leak_shift=3)
        self.output_weights = IntegerWeights(10, HIDDEN, weight_format=WeightFormat.INT4)
        self.output = TrainedArgmax(10, unit=64)

    @staticmethod
    def float_counterpart() -> nn.Module:
        """The same topology with ReLU and float weights."""
        return nn.Sequential(nn.Flatten(), nn.Linear(64, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))

    def forward(self, images: Tensor) -> Tensor:
        current = images.flatten(1) @ self.hidden_weights().T
        spikes = torch.stack(self.hidden([current] * STEPS)).sum(0)
        return self.output(spikes @ self.output_weights().T)

    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network."""
        pixels = Input("pixels", Shape(1, 8, 8), payload_kind=PayloadKind.COUNT, lo=0, hi=self.maximum)
        hidden = Synapses("pixels", SynapseOp.DENSE, to_integers(self.hidden_weights()), WeightFormat.INT4)
        output = Synapses("hidden", SynapseOp.DENSE, to_integers(self.output_weights()), WeightFormat.INT4)
        layers = (
            Layer("hidden", Shape(HIDDEN), (hidden,), self.hidden.export(), timesteps=STEPS),
            Layer("output", Shape(10), (output,), self.output.export()),
        )
        return Network("digits-mlp", pixels, layers, "output", Readout.EVENT, metadata)
