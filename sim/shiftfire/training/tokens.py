"""What the two spiking transformers share: neurons, layers of convolutions, and the read-out that sums tokens.

LIF follows ``tau = 2`` with a hard reset: ``h = v + (x - v) / 2``, spike at ``h >= V_th``. With ``V = 2 h`` that is
``V <- V - (V >> 1) + x`` and a threshold of ``2 V_th``. Contributions count ``2**FRACTION_BITS``, so that the halving of
the steps after the first loses nothing of them.
"""

from __future__ import annotations

import numpy as np
import torch
from shiftfire_spec.fire import Reset
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn

from ..network.graph import Input, Layer
from ..network.neurons.requant import Requant
from ..network.synapses import SynapseOp, Synapses
from ..network.values import Shape
from .convolution import TrainedConv, pooled
from .neurons import TrainedLif
from .quantise import IntegerWeights, to_integers

STEPS = 4
FRACTION_BITS = STEPS - 1
LEAK_SHIFT = 1
PIXEL_MAXIMUM = 16
IMAGE_SIDE = 8
SIDE = 4  # token rows and columns
TOKENS = SIDE * SIDE
CHANNELS = (16, 32)  # of the pixels' layer, of the tokens
TOKEN_SHAPE = Shape(CHANNELS[1], SIDE, SIDE)
HEADS = 2
HEAD_CHANNELS = CHANNELS[1] // HEADS
HIDDEN = 64  # of the block's perceptron
CLASSES = 10
ATTENTION_THRESHOLD = 8  # 2 V_th / 0.125, of V_th = 0.5 and the papers' scale 0.125


def pixels() -> Input:
    """The digits: one vector a sample, which drives the first layer in every step."""
    return Input("pixels", Shape(1, IMAGE_SIDE, IMAGE_SIDE), payload_kind=PayloadKind.COUNT, lo=0, hi=PIXEL_MAXIMUM)


def exact_sums(name: str, shape: Shape, hi: int, *synapses: Synapses) -> Layer:
    """A layer that sends its synapses' sums, which are within 0..``hi``, as they are."""
    neuron = Requant(bias=np.zeros(shape.channels, np.int64), shift=0, lo=0, hi=hi)
    return Layer(name, shape, synapses, neuron, timesteps=STEPS)


def attention_lif() -> TrainedLif:
    """The neurons of attention's output, with the papers' threshold and no bias."""
    unit = ATTENTION_THRESHOLD << FRACTION_BITS
    return TrainedLif(CHANNELS[1], unit=unit, leak_shift=LEAK_SHIFT, reset=Reset.ZERO, trained=False)


class SpikingConv(nn.Module):
    """LIF neurons driven by the sum of convolutions, each of its own source; threshold about ``unit`` at first."""

    def __init__(self, *convolutions: TrainedConv, unit: float) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(convolutions)
        self.channels = convolutions[0].weights.latent.shape[0]
        self.lif = TrainedLif(self.channels, unit=unit, leak_shift=LEAK_SHIFT, reset=Reset.ZERO)

    def forward(self, *sources: list[Tensor]) -> list[Tensor]:
        """Spikes for each step's values of every source; a source of one step drives all ``STEPS`` steps."""
        sums = [convolution(steps) for convolution, steps in zip(self.convolutions, sources, strict=True)]
        total = [torch.stack(parts).sum(0) for parts in zip(*sums, strict=True)]
        return self.lif(total * STEPS if len(total) == 1 else total)

    def export(self, name: str, side: int, *sources: str) -> Layer:
        """The integer layer ``name``, ``side`` x ``side`` positions, fed by the named sources."""
        synapses = []
        for convolution, source in zip(self.convolutions, sources, strict=True):
            assert isinstance(convolution, TrainedConv)
            synapses.append(convolution.synapses(source))
        return Layer(name, Shape(self.channels, side, side), tuple(synapses), self.lif.export(), timesteps=STEPS)


class TokenDense(nn.Module):
    """Dense synapses to the classes, from values summed over tokens, steps and sources."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = IntegerWeights(CLASSES, CHANNELS[1], weight_format=WeightFormat.INT4)

    def forward(self, *sources: list[Tensor]) -> Tensor:
        """Sums (batch, classes) of each step's values of every source."""
        total = torch.stack([value for steps in sources for value in steps]).sum(0)
        return pooled(total, SIDE).flatten(1) @ self.weights().T

    def synapses(self, *sources: str) -> tuple[Synapses, ...]:
        """The integer synapses from the named sources, all with the same weights."""
        weights = to_integers(self.weights())
        return tuple(Synapses(s, SynapseOp.DENSE, weights, WeightFormat.INT4, pre_pool=SIDE) for s in sources)
