"""The integer network under construction: its layers, how each is read, and what the lowering has to say about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from shiftfire_spec.shift_units import DenominatorRule
from shiftfire_spec.weights import WeightFormat

from ...golden.bspn import sorbet_codes
from ...network.graph import Layer
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, Shape
from .binary import Binary, binarise
from .checkpoint import Linear
from .errors import CheckpointError
from .fixed_point import Scaled, quantiser
from .readings import Codes, Reading

SIGNED = (-8, 7)
UNSIGNED = (0, 15)


@dataclass(frozen=True)
class Options:
    """What an import can choose.

    ``tokens`` of a sequence; ``group`` of BSPN; ``rule`` of PTSOFTMAX; ``accumulator_bits`` that sums may take, and
    ``membrane_bits`` that a regression's value may; ``binary_words``: the word embedding binarised by row,
    as published; ``input_parts``: 8-bit values that an embedded one takes, 1 or 2; ``mask``: the network takes a padding mask beside the tokens.
    """

    tokens: int
    group: int = 64
    rule: DenominatorRule = DenominatorRule.NEAREST_UP
    accumulator_bits: int = 28
    binary_words: bool = True
    input_parts: int = 1
    mask: bool = False
    membrane_bits: int = 20

    @property
    def columns(self) -> int:
        """Of the input's positions: the parts of a value, and the padding mask."""
        return self.input_parts + self.mask


@dataclass(frozen=True)
class Stream:
    """What the residual path sends: layer ``name``, magnitudes up to ``greatest`` in units of ``2**exponent``; ``powers`` of two or any integers.

    ``weights`` (channels, 1, columns): of the columns of a position: a value's parts, coarse and fine, and 0 for the padding mask.
    """

    name: str
    exponent: int
    greatest: int
    powers: bool
    weights: IntArray | None = None

    def synapses(self, scale: int) -> Synapses:
        """The stream's values, times ``2**scale``, element to element."""
        if self.weights is None:
            return Synapses(self.name, SynapseOp.DIRECT, scale=scale)
        return Synapses(self.name, SynapseOp.DEPTHWISE, self.weights, WeightFormat.INT8, scale=scale, kernel=self.weights.shape[1:])  # type: ignore[arg-type]


@dataclass(frozen=True)
class CodeSource:
    """Where a linear layer's 4-bit codes come from: a layer, through ``recode`` when that sends powers of two."""

    name: str
    recode: IntArray | None = None


@dataclass(eq=False)
class Builder:
    """Collects layers with their readings. ``notes``: remarks on lossy choices; ``on_mean``: weights without a sign; ``level_error``: by layer."""

    options: Options
    layers: list[Layer] = field(default_factory=list)
    readings: dict[str, Reading] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    on_mean: int = 0
    level_error: dict[str, float] = field(default_factory=dict)
    _quantisers: list[tuple[str, Linear, str]] = field(default_factory=list)  # stream, what it quantises for, layer

    @property
    def tokens(self) -> int:
        return self.options.tokens

    def add(self, layer: Layer, reading: Reading) -> str:
        """Append a layer; gives its name."""
        self.layers.append(layer)
        self.readings[layer.name] = reading
        return layer.name

    def binary(self, owner: str, linear: Linear) -> Binary:
        """Binary weights of a linear layer, for the integer layer ``owner``. Raises CheckpointError when they are all 0."""
        result = binarise(linear.weight)
        if result.scale == 0:
            raise CheckpointError(f"{owner}: its weights are all 0; train the model, or check the file")
        self.on_mean += result.on_mean
        return result

    def note_levels(self, name: str, sent: Scaled, factor: float) -> None:
        """Notes the error of the codes worth ``factor`` that layer ``name`` sends scaled."""
        if sent.levels is not None:
            self.level_error[name] = sent.error(factor)

    def codes_of(self, owner: str, linear: Linear, stream: Stream) -> CodeSource:
        """Signed codes of the stream as ``linear`` wants them: a table at the receiver where a power of two is all it depends on, else a layer of quantisers.

        Layers that quantise a stream alike share one.
        """
        if stream.powers and not linear.move.any():
            table = sorbet_codes(fraction=-stream.exponent, guard=0, alpha=linear.step, lo=SIGNED[0], hi=SIGNED[1])[:-1]
            return CodeSource(stream.name, table)
        for source, other, name in self._quantisers:
            if source == stream.name and other.step == linear.step and np.array_equal(other.move, linear.move):
                return CodeSource(name)
        shape = Shape(len(linear.move), self.tokens)
        name = f"{owner}.input"
        self._quantise(name, linear, stream, shape, stream.synapses(0))
        self._quantisers.append((stream.name, linear, name))
        return CodeSource(name)

    def first_token_codes(self, owner: str, linear: Linear, stream: Stream) -> CodeSource:
        """The same of the first token only, for a receiver that strides over the others."""
        if stream.powers and not linear.move.any():
            return self.codes_of(owner, linear, stream)
        ones = np.ones((len(linear.move), 1, 1), np.int64)
        synapses = Synapses(stream.name, SynapseOp.DEPTHWISE, ones, WeightFormat.BIT, stride=(self.tokens, 1))
        name = f"{owner}.input"
        self._quantise(name, linear, stream, Shape(len(linear.move)), synapses)
        return CodeSource(name)

    def _quantise(self, name: str, linear: Linear, stream: Stream, shape: Shape, synapses: Synapses) -> None:
        unit = 2.0**stream.exponent
        sent = Scaled(0, None, *SIGNED)
        made = quantiser(
            name, linear.step / unit, linear.move.astype(np.float64) / unit, stream.greatest, sent, self.options.accumulator_bits
        )
        self.add(Layer(name, shape, (replace(synapses, scale=made.scale),), made.neuron), Codes(sent, linear.step))

    def quantised_linear(self, name: str, source: CodeSource, linear: Linear, step: float, sent: Scaled) -> str:
        """A binary linear layer of signed 4-bit codes, and the signed quantiser of its sums."""
        weights = self.binary(name, linear)
        unit = linear.step * weights.scale
        worst = -SIGNED[0] * len(linear.move)
        made = quantiser(name, step / unit, linear.bias.astype(np.float64) / unit, worst, sent, self.options.accumulator_bits)
        layer = Layer(name, Shape(len(linear.bias), self.tokens), (conv(source, weights, scale=made.scale),), made.neuron)
        return self.add(layer, Codes(sent, step))


def conv(source: CodeSource, weights: Binary, *, scale: int = 0, stride: int = 1) -> Synapses:
    """A linear layer on every token, or every ``stride``-th."""
    kernel = weights.signs[:, :, None, None]
    return Synapses(source.name, SynapseOp.CONV2D, kernel, WeightFormat.PM1, scale=scale, stride=(stride, 1), recode=source.recode)
