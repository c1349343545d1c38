"""An encoder layer as integer layers. Names, with NAME the encoder layer's: NAME.query, .key, .value, .scores, .context, .attention, .hidden, .norm;
NAME.query.input and the like are quantisers of their own, where a table at the receiver cannot do it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.shift_units import PTSOFTMAX_TABLE_BITS
from shiftfire_spec.weights import WeightFormat

from ...network.graph import Layer
from ...network.neurons.ptsoftmax import Ptsoftmax
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, Shape
from .builder import SIGNED, UNSIGNED, Builder, CodeSource, Stream, conv
from .checkpoint import EncoderLayer
from .errors import CheckpointError
from .fixed_point import MOST_SHIFT, Scaled, quantiser, scale_codes
from .padding import masking
from .readings import Codes
from .residual import add_norm, plan_addition

CODES = Scaled(0, None, *SIGNED)
MOST_SCORE_SHIFT = 31


def lower_encoder_layer(builder: Builder, name: str, layer: EncoderLayer, heads: int, stream: Stream) -> Stream:
    """Adds the layers of one encoder layer on ``stream``; gives the stream behind them."""
    probabilities, value = _attend(builder, name, layer, heads, stream)
    stream = _project(builder, name, layer, heads, probabilities, value, stream)
    return _feed_forward(builder, name, layer, stream)


def _attend(builder: Builder, name: str, layer: EncoderLayer, heads: int, stream: Stream) -> tuple[str, str]:
    """Queries, keys, values and probabilities; gives the names of the probabilities and of the values.

    Keys carry the scale of the scores, so that the scores are ``sum * 2**-shift``.
    """
    factor = layer.query_step * layer.key_step / math.sqrt(len(layer.query.bias) // heads)
    keys = scale_codes(factor, *SIGNED, least_exponent=-MOST_SCORE_SHIFT)
    if keys.exponent > MOST_SHIFT:
        raise CheckpointError(
            f"{name}.scores: one step of query and key is a score of {factor:.3g}; look for steps that are out of proportion"
        )
    parts = []
    for part, linear, step, sent in (
        ("query", layer.query, layer.query_step, CODES),
        ("key", layer.key, layer.key_step, keys),
        ("value", layer.value, layer.value_step, CODES),
    ):
        own = f"{name}.{part}"
        parts.append(builder.quantised_linear(own, builder.codes_of(own, linear, stream), linear, step, sent))
    query, key, value = parts
    builder.note_levels(key, keys, factor)
    stored = WeightFormat.INT4 if keys.levels is None else WeightFormat.INT8
    products = Synapses(query, SynapseOp.QK, None, stored, scale=max(0, keys.exponent), rows=key, heads=heads)
    channels = heads * builder.tokens
    softmax = Ptsoftmax(
        np.zeros(channels, np.int64),
        max(0, -keys.exponent),
        builder.tokens,
        builder.options.rule,
        probability_counts(layer.probability_step),
    )
    reach = -SIGNED[0] * keys.greatest * (len(layer.query.bias) // heads) << products.scale
    synapses = (products, *masking(builder, f"{name}.scores", heads, reach, softmax.shift))
    reading = Codes(Scaled(0, None, *UNSIGNED), layer.probability_step)
    return builder.add(Layer(f"{name}.scores", Shape(channels, builder.tokens), synapses, softmax), reading), value


def probability_counts(step: float) -> IntArray:
    """Codes of the probabilities ``2**-e``, e 0..31, in steps of ``step``: exact for any, half rounded to even."""
    powers = 2.0 ** -np.arange(1 << PTSOFTMAX_TABLE_BITS)
    return np.clip(np.rint(powers / step), *UNSIGNED).astype(np.int64)


def _project(
    builder: Builder, name: str, layer: EncoderLayer, heads: int, probabilities: str, value: str, stream: Stream
) -> Stream:
    """Context, output layer, residual, norm."""
    linear, hidden = layer.output, len(layer.output.move)
    own = f"{name}.attention"
    weights = builder.binary(own, linear)
    constant = linear.bias.astype(np.float64)
    factor = linear.step * weights.scale
    addition = plan_addition(own, factor, SIGNED, hidden, constant, stream, builder.options.accumulator_bits)
    unit = layer.probability_step * layer.value_step
    worst = builder.tokens * UNSIGNED[1] * -SIGNED[0]
    made = quantiser(
        f"{name}.context",
        linear.step / unit,
        linear.move.astype(np.float64) / unit,
        worst,
        addition.sent,
        builder.options.accumulator_bits,
    )
    mixed = Synapses(probabilities, SynapseOp.PV, None, WeightFormat.INT4, scale=made.scale, rows=value, heads=heads)
    context = builder.add(
        Layer(f"{name}.context", Shape(hidden, builder.tokens), (mixed,), made.neuron), Codes(addition.sent, linear.step)
    )
    builder.note_levels(context, addition.sent, factor)
    return add_norm(builder, own, CodeSource(context), weights, addition, constant, stream, layer.attention_norm)


def _feed_forward(builder: Builder, name: str, layer: EncoderLayer, stream: Stream) -> Stream:
    """Expansion, ReLU, contraction, residual, norm.

    A channel's code is sent from its quiet level q0, the code of 0 behind the ReLU: what q0 and the zero point contribute is a constant of the next layer.
    """
    expand, contract = layer.expand, layer.contract
    inner = len(expand.bias)
    own = f"{name}.norm"
    weights = builder.binary(own, contract)
    factor = contract.step * weights.scale
    quiet = quiet_codes(contract.move, contract.zero, contract.step)
    constant = weights.scale * (weights.signs @ (contract.step * quiet + contract.zero)) + contract.bias
    addition = plan_addition(own, factor, UNSIGNED, inner, constant, stream, builder.options.accumulator_bits)
    hidden = f"{name}.hidden"
    source = builder.codes_of(hidden, expand, stream)
    first = builder.binary(hidden, expand)
    unit = expand.step * first.scale
    offset = (expand.bias.astype(np.float64) + contract.move - contract.zero - contract.step * quiet) / unit
    made = quantiser(
        hidden, contract.step / unit, offset, -SIGNED[0] * len(expand.move), addition.sent, builder.options.accumulator_bits
    )
    reading = Codes(addition.sent, contract.step, contract.zero, quiet)
    builder.add(Layer(hidden, Shape(inner, builder.tokens), (conv(source, first, scale=made.scale),), made.neuron), reading)
    builder.note_levels(hidden, addition.sent, factor)
    if quiet.any():
        builder.notes.append(
            f"{hidden}: {int((quiet > 0).sum())} of {inner} channels are sent from a quiet level above 0 and saturate as far above 15"
        )
    return add_norm(builder, own, CodeSource(hidden), weights, addition, constant, stream, layer.norm)


def quiet_codes(move: NDArray[np.float32], zero: float, step: float) -> IntArray:
    """Codes of 0 in the unsigned quantiser, (channels,)."""
    return np.clip(np.floor((move.astype(np.float64) - zero) / step + 0.5), *UNSIGNED).astype(np.int64)
