"""digits-ssf: sum-spikes-and-fire. One graded event stands for a train of up to 15 spikes; 4-bit and 1-bit weights."""

from __future__ import annotations

from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn

from ..network.graph import Input, Layer, Network, Readout
from ..network.synapses import SynapseOp, Synapses
from ..network.values import Shape
from .model import DigitsModel
from .neurons import TrainedArgmax, TrainedCount
from .quantise import IntegerWeights, to_integers

HIDDEN = (128, 128)
COUNTS = 15  # the train's length


class DigitsSsf(DigitsModel):
    """64-128-128-10; the second hidden layer has 1-bit weights."""

    maximum = COUNTS

    def __init__(self) -> None:
        super().__init__()
        first, second = HIDDEN
        self.hidden1_weights = IntegerWeights(first, 64, weight_format=WeightFormat.INT4)
        self.hidden1 = TrainedCount(first, unit=32, hi=COUNTS)
        self.hidden2_weights = IntegerWeights(second, first, weight_format=WeightFormat.PM1)
        self.hidden2 = TrainedCount(second, unit=8, hi=COUNTS)
        self.output_weights = IntegerWeights(10, second, weight_format=WeightFormat.INT4)
        self.output = TrainedArgmax(10, unit=128)

    @staticmethod
    def float_counterpart() -> nn.Module:
        """The same topology with ReLU and float weights."""
        first, second = HIDDEN
        layers = (nn.Linear(64, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 10))
        return nn.Sequential(nn.Flatten(), *layers)

    def forward(self, images: Tensor) -> Tensor:
        counts = self.hidden1(images.flatten(1) @ self.hidden1_weights().T)
        counts = self.hidden2(counts @ self.hidden2_weights().T)
        return self.output(counts @ self.output_weights().T)

    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network."""
        first, second = HIDDEN
        pixels = Input("pixels", Shape(1, 8, 8), payload_kind=PayloadKind.COUNT, lo=0, hi=self.maximum)
        hidden1 = Synapses("pixels", SynapseOp.DENSE, to_integers(self.hidden1_weights()), WeightFormat.INT4)
        hidden2 = Synapses("hidden1", SynapseOp.DENSE, to_integers(self.hidden2_weights()), WeightFormat.PM1)
        output = Synapses("hidden2", SynapseOp.DENSE, to_integers(self.output_weights()), WeightFormat.INT4)
        layers = (
            Layer("hidden1", Shape(first), (hidden1,), self.hidden1.export()),
            Layer("hidden2", Shape(second), (hidden2,), self.hidden2.export()),
            Layer("output", Shape(10), (output,), self.output.export()),
        )
        return Network("digits-ssf", pixels, layers, "output", Readout.EVENT, metadata)
