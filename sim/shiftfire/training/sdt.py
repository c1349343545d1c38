"""sdt-tiny: one block of Spike-driven Transformer V2 (linear attention, membrane shortcuts), 4-bit weights, 4 steps."""

from __future__ import annotations

from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn

from ..network.graph import Layer, Network, Readout
from ..network.synapses import SynapseOp, Synapses
from ..network.values import Shape
from .attention import outer_product, weighted_sum
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


class SdtTiny(DigitsModel):
    """``u = u + attention(LIF(u))``, then ``u = u + MLP(LIF(u))`` on membrane inputs u, so that only spikes are sent.

    Every reader of u sums all its terms itself. ``attention = RepConv(LIF(0.125 q (k^T v)))`` and q, k, v are LIF of RepConv;
    a RepConv is merged into one 3 x 3 convolution. Batch normalisation is folded into thresholds and biases.
    """

    maximum = PIXEL_MAXIMUM
    float_recipe = DigitsModel.recipe  # the counterpart spikes too; the better of 2e-3 and 1e-2 on held-out samples

    def __init__(self) -> None:
        super().__init__()
        first, tokens = CHANNELS
        self.stem = SpikingConv(TrainedConv(1, first, kernel=3), unit=64)
        embed = TrainedConv(first, tokens, kernel=3, pre_pool=2, scale=FRACTION_BITS)
        project = TrainedConv(tokens, tokens, kernel=3, scale=FRACTION_BITS)
        contract = TrainedConv(HIDDEN, tokens, scale=FRACTION_BITS)
        self.before_attention = SpikingConv(embed, unit=256)
        self.query, self.key, self.value = (
            SpikingConv(TrainedConv(tokens, tokens, kernel=3, scale=FRACTION_BITS), unit=128) for _ in range(3)
        )
        self.attend = attention_lif()
        self.before_mlp = SpikingConv(embed, project, unit=256)
        self.hidden = SpikingConv(TrainedConv(tokens, HIDDEN, scale=FRACTION_BITS), unit=64)
        self.after_block = SpikingConv(embed, project, contract, unit=256)
        self.readout = TokenDense()
        self.output = TrainedArgmax(CLASSES, unit=128)

    @staticmethod
    def float_counterpart() -> nn.Module:
        """The same spiking network with real weights, thresholds, biases and membranes."""
        return without_rounding(SdtTiny())

    def forward(self, images: Tensor) -> Tensor:
        stem = self.stem([images])
        x = self.before_attention(stem)
        q, k, v = self.query(x), self.key(x), self.value(x)
        steps = zip(q, k, v, strict=True)
        attended = self.attend([weighted_sum(qt, outer_product(kt, vt, HEADS), HEADS) * 2**FRACTION_BITS for qt, kt, vt in steps])
        hidden = self.hidden(self.before_mlp(stem, attended))
        return self.output(self.readout(self.after_block(stem, attended, hidden)))

    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network."""
        keys = Synapses("key", SynapseOp.KV, weight_format=WeightFormat.BIT, rows="value", heads=HEADS)
        queries = Synapses(
            "query", SynapseOp.PV, weight_format=WeightFormat.INT8, scale=FRACTION_BITS, rows="key_value", heads=HEADS
        )
        layers = (
            self.stem.export("stem", IMAGE_SIDE, "pixels"),
            self.before_attention.export("before_attention", SIDE, "stem"),
            self.query.export("query", SIDE, "before_attention"),
            self.key.export("key", SIDE, "before_attention"),
            self.value.export("value", SIDE, "before_attention"),
            exact_sums("key_value", Shape(CHANNELS[1], HEAD_CHANNELS), TOKENS, keys),
            Layer("attend", TOKEN_SHAPE, (queries,), self.attend.export(), timesteps=STEPS),
            self.before_mlp.export("before_mlp", SIDE, "stem", "attend"),
            self.hidden.export("hidden", SIDE, "before_mlp"),
            self.after_block.export("after_block", SIDE, "stem", "attend", "hidden"),
            Layer("output", Shape(CLASSES), self.readout.synapses("after_block"), self.output.export()),
        )
        return Network("sdt-tiny", pixels(), layers, "output", Readout.EVENT, metadata)
