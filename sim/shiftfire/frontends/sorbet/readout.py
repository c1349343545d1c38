"""Pooler and classifier: the first token, a linear layer with ReLU in eight bits, and the greatest logit, or the only one as a number."""

from __future__ import annotations

import math

import numpy as np
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind
from shiftfire_spec.weights import FORMATS, WeightFormat

from ...network.graph import Layer
from ...network.neurons.argmax import Argmax
from ...network.neurons.li import Li
from ...network.synapses import SynapseOp, Synapses
from ...network.values import Shape
from .builder import SIGNED, Builder, Stream, conv
from .checkpoint import Classifier, Linear
from .errors import CheckpointError
from .fixed_point import Scaled, quantiser
from .readings import Linear as LinearReading

POOLED = Scaled(0, None, 0, PAYLOAD_LIMITS[PayloadKind.COUNT][1])
MOST_BIAS = (-(1 << 40), 1 << 40)  # what no accumulator holds is refused by the network's check
DEVIATIONS = 4  # that the pooled values' range leaves to a sum of codes of the greatest magnitude and random signs


def lower_pooler(builder: Builder, pooler: Linear, stream: Stream) -> LinearReading:
    """Adds ``pooled``: ``relu`` of the linear layer in 256 steps from 0; gives how they are read.

    The range is four deviations of a sum of ``inputs`` codes of the greatest magnitude and random signs, and the greatest bias; it is not calibrated on data.
    """
    source = builder.first_token_codes("pooled", pooler, stream)
    weights = builder.binary("pooled", pooler)
    unit = pooler.step * weights.scale
    bias = pooler.bias.astype(np.float64) / unit
    inputs = len(pooler.move)
    span = DEVIATIONS * -SIGNED[0] * math.sqrt(inputs) + max(0.0, float(bias.max()))
    step = span / POOLED.hi
    made = quantiser("pooled", step, bias, -SIGNED[0] * inputs, POOLED, builder.options.accumulator_bits)
    stride = builder.tokens if source.name == stream.name else 1  # a quantiser of its own has the first token only
    synapses = conv(source, weights, scale=made.scale, stride=stride)
    reading = LinearReading(step * unit, POOLED.lo, POOLED.hi)
    builder.add(Layer("pooled", Shape(len(bias)), (synapses,), made.neuron), reading)
    return reading


def lower_classifier(builder: Builder, classifier: Classifier, pooled: LinearReading) -> None:
    """Adds ``output``: the argmax of the logits, whose common scale does not matter; weights in 8 bits of the greatest one."""
    weight = classifier.weight.astype(np.float64)
    most = FORMATS[WeightFormat.INT8].maximum
    scale = max(float(np.abs(weight).max()), 1e-30) / most
    bias = np.clip(np.rint(classifier.bias / (scale * pooled.step)), *MOST_BIAS).astype(np.int64)
    synapses = Synapses("pooled", SynapseOp.DENSE, np.rint(weight / scale).astype(np.int64), WeightFormat.INT8)
    builder.layers.append(Layer("output", Shape(len(weight)), (synapses,), Argmax(bias)))


def lower_regression(builder: Builder, classifier: Classifier, pooled: LinearReading) -> float:
    """Adds ``output``: the one logit, sent whole; gives what an integer of it is worth.

    Weights are in 8 bits of the greatest one, or fewer, so that the value stays within ``membrane_bits``: the greatest that pooled values can make, or, where that is
    more, `DEVIATIONS` of a sum of pooled values of half the range and random signs, beyond which it saturates.
    """
    weight = classifier.weight.astype(np.float64)
    greatest = max(float(np.abs(weight).max()), 1e-30)
    shares = weight / greatest
    bias_share = abs(float(classifier.bias[0])) / (greatest * pooled.step)
    largest = min(float(np.abs(shares).sum()) * pooled.hi, DEVIATIONS * math.sqrt(float(np.square(shares).sum())) * pooled.hi / 2)
    limit = (1 << (builder.options.membrane_bits - 1)) - 1
    most = min(FORMATS[WeightFormat.INT8].maximum, math.floor(limit / (largest + bias_share)))
    if most < 1:
        raise CheckpointError(
            f"output: a value with a bias of {float(classifier.bias[0]):.3g} does not fit {builder.options.membrane_bits} bits;"
            " give more with --membrane-bits, or look for a bias that is out of proportion"
        )
    scale = greatest / most
    bias = np.rint(classifier.bias / (scale * pooled.step)).astype(np.int64)
    synapses = Synapses("pooled", SynapseOp.DENSE, np.rint(weight / scale).astype(np.int64), WeightFormat.INT8)
    step = scale * pooled.step
    builder.add(
        Layer("output", Shape(1), (synapses,), Li(bias, v_min=-limit - 1, v_max=limit)), LinearReading(step, -limit - 1, limit)
    )
    return step
