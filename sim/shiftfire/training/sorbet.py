"""sorbet-tiny: a Sorbet encoder (arXiv 2409.15298) on docstrings: two layers, hidden size 64, four heads, binary weights, 4-bit activations.

The published T = 16 spikes of an activation carry its 4-bit count, which travels as one payload, sign and magnitude. A scale that is common to
a layer (the mean of |W|, the steps of the quantisers) is absorbed by the threshold behind it; steps of powers of two are powers of two.

Choices where the published model leaves integers or is larger: BSPN normalises the embeddings too, biases are integers, channels have no offset before
a quantiser, the feed-forward network is twice as wide as the hidden size, the classifier reads the sum over all tokens, and no text is padded, so that no mask is
needed. Attention's 1 / sqrt(head channels) is part of the shift of the scores. The float counterpart teaches: its logits are learnt beside the labels.
"""

from __future__ import annotations

import numpy as np
from shiftfire_spec.weights import WeightFormat
from torch import Tensor, nn
from torch.nn import functional

from ..network.graph import Input, Layer, Network, Readout
from ..network.neurons.requant import Requant
from ..network.synapses import SynapseOp, Synapses
from ..network.values import IntArray, Shape
from .attention import scores, weighted_sum
from .docstrings import SOURCES, WINDOW, WORDS, load_text_split
from .encoder import FloatEncoder
from .loop import Recipe
from .model import TrainableModel
from .neurons import TrainedArgmax, TrainedCount
from .powers import PowerSoftmax, Recode, TrainedBspn
from .quantise import IntegerWeights, through, to_integers
from .split import Split

LAYERS = 2
HIDDEN = 64
HEADS = 4
INTERMEDIATE = 128  # of the feed-forward network
SIGNED = (-8, 7)  # 4 bits
UNSIGNED = (0, 15)
FRACTION = 8  # value 1 of the residual path is 2**FRACTION
GUARD = 4
ALPHA = 0.25  # step of the quantiser behind a normalisation
PROBABILITY_EXPONENT = 6  # attention's probabilities count 2**-6
SCORE_SHIFT = 4
UNIT_SUM = 8  # of a linear layer's sums, a count at first
LINEAR_SCALE = 4  # sums in front of a threshold count 2**4, so that thresholds have fraction bits
RESIDUAL_SCALE = 3  # of what is added to the residual path
EMBEDDING_SCALE = 7
POOLED = (-127, 127)
POOLED_SHIFT = 1
TOKEN_SHAPE = Shape(HIDDEN, WINDOW)


class BinaryLinear(nn.Module):
    """Linear layer on tokens with weights of -1 and 1; contributions count ``2**scale``."""

    def __init__(self, inputs: int, outputs: int, *, scale: int) -> None:
        super().__init__()
        self.weights = IntegerWeights(outputs, inputs, weight_format=WeightFormat.PM1)
        self.scale = scale

    def forward(self, values: Tensor) -> Tensor:
        """Sums (batch, outputs, tokens, 1) of values (batch, inputs, tokens, 1)."""
        return functional.conv2d(values, self.weights()[..., None, None] * 2**self.scale)

    def synapses(self, source: str, recode: IntArray | None = None) -> Synapses:
        """The integer synapses from the layer or input ``source``, through ``recode`` where it sends powers of two."""
        weights = to_integers(self.weights())[..., None, None]
        return Synapses(source, SynapseOp.CONV2D, weights, WeightFormat.PM1, scale=self.scale, recode=recode)


class QuantisedLinear(nn.Module):
    """Binary linear layer of powers of two, read as 4-bit values, and 4-bit counts of its sums, rounded to the nearest."""

    def __init__(self, inputs: int, outputs: int, limits: tuple[int, int]) -> None:
        super().__init__()
        self.linear = BinaryLinear(inputs, outputs, scale=LINEAR_SCALE)
        self.count = TrainedCount(outputs, unit=UNIT_SUM << LINEAR_SCALE, lo=limits[0], hi=limits[1], start=0.5)

    def forward(self, codes: Tensor) -> Tensor:
        """Counts (batch, outputs, tokens, 1) of the source's values (batch, inputs, tokens, 1)."""
        return self.count(self.linear(codes))

    def export(self, name: str, source: str, recode: IntArray) -> Layer:
        """The integer layer ``name``."""
        neuron = self.count.export()
        return Layer(name, Shape(len(neuron.bias), WINDOW), (self.linear.synapses(source, recode),), neuron)


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward network, each followed by residual addition and BSPN."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (QuantisedLinear(HIDDEN, HIDDEN, SIGNED) for _ in range(3))
        self.softmax = PowerSoftmax(entries=WINDOW, shift=SCORE_SHIFT, alpha_exponent=PROBABILITY_EXPONENT, hi=UNSIGNED[1])
        self.context = TrainedCount(HIDDEN, unit=1 << (PROBABILITY_EXPONENT - 1), lo=SIGNED[0], hi=SIGNED[1], start=0.5)
        self.project = BinaryLinear(HIDDEN, HIDDEN, scale=RESIDUAL_SCALE)
        self.attention_norm = TrainedBspn(HIDDEN, fraction=FRACTION, guard=GUARD)
        self.expand = QuantisedLinear(HIDDEN, INTERMEDIATE, UNSIGNED)
        self.contract = BinaryLinear(INTERMEDIATE, HIDDEN, scale=RESIDUAL_SCALE)
        self.norm = TrainedBspn(HIDDEN, fraction=FRACTION, guard=GUARD)

    def forward(self, x: Tensor, recode: Recode) -> Tensor:
        """Powers of two (batch, HIDDEN, tokens, 1) of the layer before, to the same."""
        codes = recode(x)
        q, k, v = self.query(codes), self.key(codes), self.value(codes)
        context = self.context(weighted_sum(self.softmax(scores(q, k, HEADS)), v, HEADS))
        x = self.attention_norm(x + self.project(context))
        return self.norm(x + self.contract(self.expand(recode(x))))

    def export(self, name: str, source: str, recode: IntArray) -> tuple[Layer, ...]:
        """The integer layers, named ``name``.*; the last one's name is ``name``.norm."""
        query, key, value, attend, context, attention, hidden, norm = (
            f"{name}.{part}" for part in ("query", "key", "value", "scores", "context", "attention", "hidden", "norm")
        )
        products = Synapses(query, SynapseOp.QK, weight_format=WeightFormat.INT4, rows=key, heads=HEADS)
        weighted = Synapses(attend, SynapseOp.PV, weight_format=WeightFormat.INT4, rows=value, heads=HEADS)
        scores_shape = Shape(HEADS * WINDOW, WINDOW)
        return (
            self.query.export(query, source, recode),
            self.key.export(key, source, recode),
            self.value.export(value, source, recode),
            Layer(attend, scores_shape, (products,), self.softmax.export(scores_shape.channels)),
            Layer(context, TOKEN_SHAPE, (weighted,), self.context.export()),
            Layer(
                attention,
                TOKEN_SHAPE,
                (self.project.synapses(context), Synapses(source, SynapseOp.DIRECT)),
                self.attention_norm.export(),
            ),
            self.expand.export(hidden, attention, recode),
            Layer(norm, TOKEN_SHAPE, (self.contract.synapses(hidden), Synapses(attention, SynapseOp.DIRECT)), self.norm.export()),
        )


class SorbetTiny(TrainableModel):
    """Embedding of words and positions, BSPN, the encoder's layers, sum over the tokens, linear read-out with 4-bit weights."""

    recipe = Recipe(epochs=10, learning_rate=5e-3, warm_up=0.1, clip=1.0)
    float_recipe = Recipe(epochs=8, learning_rate=2e-3, warm_up=0.1, clip=1.0)
    distilled = True

    def __init__(self) -> None:
        super().__init__()
        self.embedding = BinaryLinear(WORDS + WINDOW, HIDDEN, scale=EMBEDDING_SCALE)
        self.embedding_norm = TrainedBspn(HIDDEN, fraction=FRACTION, guard=GUARD)
        self.recode = Recode(fraction=FRACTION, alpha=ALPHA, lo=SIGNED[0], hi=SIGNED[1])
        self.layers = nn.ModuleList(EncoderLayer() for _ in range(LAYERS))
        self.readout = IntegerWeights(len(SOURCES), HIDDEN, weight_format=WeightFormat.INT4)
        self.output = TrainedArgmax(len(SOURCES), unit=256)

    @classmethod
    def load_split(cls) -> Split:
        return load_text_split()

    @staticmethod
    def float_counterpart() -> nn.Module:
        """The same encoder with real weights and activations, softmax and layer normalisation."""
        return FloatEncoder(
            words=WORDS, window=WINDOW, hidden=HIDDEN, heads=HEADS, intermediate=INTERMEDIATE, layers=LAYERS, classes=len(SOURCES)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, classes) of token numbers (batch, WINDOW)."""
        weights = self.embedding.weights().T * 2**self.embedding.scale
        embedded = functional.embedding(tokens, weights) + weights[WORDS:]
        x = self.embedding_norm(embedded.transpose(1, 2)[..., None])
        for layer in self.layers:
            x = layer(x, self.recode)
        total = self.recode(x).sum((2, 3)) / 2**POOLED_SHIFT
        pooled = through(total, total.floor()).clamp(*POOLED)
        return self.output(pooled @ self.readout().T)

    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network."""
        recode = self.recode.table
        vectors = Input("tokens", Shape(WORDS + WINDOW, WINDOW))
        layers = [Layer("embedding", TOKEN_SHAPE, (self.embedding.synapses("tokens"),), self.embedding_norm.export())]
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, EncoderLayer)
            layers += layer.export(f"layer{number}", layers[-1].name, recode)
        pool = Synapses(layers[-1].name, SynapseOp.POOL, kernel=(WINDOW, 1), recode=recode)
        mean = Requant(bias=np.zeros(HIDDEN, np.int64), shift=POOLED_SHIFT, lo=POOLED[0], hi=POOLED[1])
        layers.append(Layer("pooled", Shape(HIDDEN), (pool,), mean))
        dense = Synapses("pooled", SynapseOp.DENSE, to_integers(self.readout()), WeightFormat.INT4)
        layers.append(Layer("output", Shape(len(SOURCES)), (dense,), self.output.export()))
        return Network("sorbet-tiny", vectors, tuple(layers), "output", Readout.EVENT, metadata)
