"""spikformer-tiny: one block of spiking self-attention (Spikformer's SSA) on 16 tokens, 4-bit weights, 4 steps."""

from __future__ import annotations

from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn

from ..network.graph import Layer, Network, Readout
from ..network.synapses import SynapseOp, Synapses
from ..network.values import Shape
from .attention import scores, weighted_sum
from .convolution import TrainedConv
from .model import DigitsModel
from .neurons import TrainedArgmax
from .quantise import without_rounding
from .tokens import (
    CHANNELS,
    CLASSES,
    FRACTION_BITS,
    HEAD_CHANNELS,
    HEADS,
    HIDDEN,
    IMAGE_SIDE,
    PIXEL_MAXIMUM,
    SIDE,
    STEPS,
    TOKEN_SHAPE,
    TOKENS,
    SpikingConv,
    TokenDense,
    attention_lif,
    exact_sums,
    pixels,
)


class SpikformerTiny(DigitsModel):
    """Two convolutions make spikes on 4 x 4 tokens; ``x + SSA(x)``, then ``x + MLP(x)``, sums of spikes; linear read-out.

    ``SSA = LIF(Linear(LIF(0.125 (q k^T) v)))``, and every linear layer is followed by LIF, as published. Batch
    normalisation is folded into thresholds and biases, which are trained as such.
    """

    maximum = PIXEL_MAXIMUM
    float_recipe = DigitsModel.recipe  # the counterpart spikes too; the better of 2e-3 and 1e-2 on held-out samples

    def __init__(self) -> None:
        super().__init__()
        first, tokens = CHANNELS
        self.stem = SpikingConv(TrainedConv(1, first, kernel=3), unit=64)
        self.embed = SpikingConv(TrainedConv(first, tokens, kernel=3, pre_pool=2, scale=FRACTION_BITS), unit=256)
        self.query, self.key, self.value, self.project = (
            SpikingConv(TrainedConv(tokens, tokens, scale=FRACTION_BITS), unit=64) for _ in range(4)
        )
        self.attend = attention_lif()
        self.expand = SpikingConv(TrainedConv(tokens, HIDDEN, scale=FRACTION_BITS), unit=64)
        self.contract = SpikingConv(TrainedConv(HIDDEN, tokens, scale=FRACTION_BITS), unit=64)
        self.readout = TokenDense()
        self.output = TrainedArgmax(CLASSES, unit=128)

    @staticmethod
    def float_counterpart() -> nn.Module:
        """The same spiking network with real weights, thresholds, biases and membranes."""
        return without_rounding(SpikformerTiny())

    def forward(self, images: Tensor) -> Tensor:
        x = self.embed(self.stem([images]))
        q, k, v = self.query(x), self.key(x), self.value(x)
        steps = zip(q, k, v, strict=True)
        attended = self.attend([weighted_sum(scores(qt, kt, HEADS), vt, HEADS) * 2**FRACTION_BITS for qt, kt, vt in steps])
        x = [a + b for a, b in zip(x, self.project(attended), strict=True)]
        return self.output(self.readout(x, self.contract(self.expand(x))))

    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network."""
        queries = Synapses("query", SynapseOp.QK, weight_format=WeightFormat.BIT, rows="key", heads=HEADS)
        weighted = Synapses("scores", SynapseOp.PV, weight_format=WeightFormat.BIT, scale=FRACTION_BITS, rows="value", heads=HEADS)
        terms = (Synapses("embed", SynapseOp.DIRECT), Synapses("project", SynapseOp.DIRECT))
        layers = (
            self.stem.export("stem", IMAGE_SIDE, "pixels"),
            self.embed.export("embed", SIDE, "stem"),
            self.query.export("query", SIDE, "embed"),
            self.key.export("key", SIDE, "embed"),
            self.value.export("value", SIDE, "embed"),
            exact_sums("scores", Shape(HEADS * TOKENS, SIDE, SIDE), HEAD_CHANNELS, queries),
            Layer("attend", TOKEN_SHAPE, (weighted,), self.attend.export(), timesteps=STEPS),
            self.project.export("project", SIDE, "attend"),
            exact_sums("residual", TOKEN_SHAPE, len(terms), *terms),
            self.expand.export("expand", SIDE, "residual"),
            self.contract.export("contract", SIDE, "expand"),
            Layer("output", Shape(CLASSES), self.readout.synapses("residual", "contract"), self.output.export()),
        )
        return Network("spikformer-tiny", pixels(), layers, "output", Readout.EVENT, metadata)
