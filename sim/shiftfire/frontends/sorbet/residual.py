"""Residual addition and BSPN: the real scales of both addends and of the norm as shifts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.shift_units import BSPN_PARAMETER, BSPN_VALUE_BITS

from ...network.graph import Layer
from ...network.neurons.bspn import Bspn
from ...network.values import IntArray, Shape
from .binary import Binary
from .builder import Builder, CodeSource, Options, Stream, conv
from .checkpoint import Norm
from .errors import CheckpointError
from .fixed_point import MOST_SHIFT, Scaled, scale_codes
from .readings import Powers

EPSILON = 1e-5
ROOM_ABOVE = 5  # binary digits of a power above a channel's weight: a channel may be 45 times its group's mean
MOST_GUARD = 7
POWERS_LOG2 = 15  # the greatest exponent of a payload

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Addition:
    """Units of a residual addition: the codes that the linear layer's source sends, and the left shifts of both addends to the sum's unit ``2**exponent``."""

    sent: Scaled
    exponent: int
    linear_scale: int
    residual_scale: int


def plan_addition(
    owner: str, factor: float, limits: tuple[int, int], inputs: int, constant: Reals, stream: Stream, accumulator_bits: int
) -> Addition:
    """Units for ``factor`` times the signed sum of ``inputs`` codes of ``limits``, the real ``constant`` (channels,), and the stream.

    The codes take as many bits as payloads have, unless the sums would not fit the accumulators: then fewer, a bit at a time. Raises CheckpointError when that fails.
    """
    least = stream.exponent - MOST_SHIFT
    for unit in range(least, least + 4 * MOST_SHIFT):
        sent = scale_codes(factor, *limits, least_exponent=unit)
        exponent = min(sent.exponent, stream.exponent)
        linear_scale, residual_scale = sent.exponent - exponent, stream.exponent - exponent
        reach = (inputs * sent.greatest << min(linear_scale, 64)) + (stream.greatest << residual_scale)
        if reach + float(np.abs(constant).max()) * 2.0**-exponent < 1 << (accumulator_bits - 1) and linear_scale <= MOST_SHIFT:
            return Addition(sent, exponent, linear_scale, residual_scale)
    raise CheckpointError(
        f"{owner}: a residual of up to {stream.greatest} x 2**{stream.exponent} and a linear layer in steps of {factor:.3g} do not fit"
        f" {accumulator_bits} bits; give more with --accumulator-bits, or look for a step that is out of proportion"
    )


def add_norm(
    builder: Builder,
    name: str,
    source: CodeSource,
    weights: Binary,
    addition: Addition,
    constant: Reals,
    stream: Stream,
    norm: Norm,
) -> Stream:
    """The layer ``name``: linear layer plus stream, normalised; gives the stream that it sends."""
    bias = np.rint(constant * 2.0**-addition.exponent).astype(np.int64)
    neuron, fraction = bspn_neuron(name, norm, bias, builder.options)
    synapses = (
        conv(source, weights, scale=addition.linear_scale),
        stream.synapses(addition.residual_scale),
    )
    builder.add(Layer(name, Shape(len(bias), builder.tokens), synapses, neuron), Powers(-fraction))
    return Stream(name, -fraction, 1 << max(0, neuron.greatest_exponent), powers=True)


def bspn_neuron(owner: str, norm: Norm, bias: IntArray, options: Options) -> tuple[Bspn, int]:
    """The neuron, and F: its payload ``2**e`` stands for ``2**(e - F)``.

    A channel's weight is ``gamma / sqrt(statistics + 1e-5)``, rounded to a power of two in the log domain. F leaves `ROOM_ABOVE` digits above the greatest weight, or
    offset; below the least power y has as many guard bits as the unit's width allows.
    """
    weight = norm.gamma.astype(np.float64) / np.sqrt(norm.statistics.astype(np.float64) + EPSILON)
    shift = _log2_rounded(weight)
    group_log2 = options.group.bit_length() - 1
    offset_log2 = math.ceil(math.log2(max(float(np.abs(norm.beta).max()), 2.0**-20)))
    greatest = max(int(shift.max()), -20)
    room = BSPN_VALUE_BITS - 2 - group_log2 - greatest  # for the fraction of y
    fraction = min(POWERS_LOG2 - ROOM_ABOVE - max(greatest, offset_log2 - ROOM_ABOVE), room)
    offset_room = min(BSPN_VALUE_BITS - 2, options.accumulator_bits - BSPN_PARAMETER.field("shift").bits - 3) - offset_log2
    guard = min(MOST_GUARD, room - fraction, offset_room - fraction)
    if guard < 0:
        raise CheckpointError(
            f"{owner}: offsets up to {float(np.abs(norm.beta).max()):.3g} do not fit beside weights up to 2**{greatest};"
            " give more --accumulator-bits, or look for a channel that is out of proportion"
        )
    neuron = Bspn(
        bias=bias,
        shift=np.maximum(shift + fraction + guard, BSPN_PARAMETER.field("shift").minimum),
        negative=(weight < 0).astype(np.int64),
        beta=np.rint(norm.beta.astype(np.float64) * 2.0 ** (fraction + guard)).astype(np.int64),
        group=options.group,
        guard=guard,
    )
    return neuron, fraction


def _log2_rounded(weight: Reals) -> IntArray:
    """``round(log2|w|)``; a weight of 0 becomes so small that it shifts everything out."""
    magnitude = np.abs(weight)
    return np.where(magnitude == 0, -(1 << 10), np.rint(np.log2(np.where(magnitude == 0, 1, magnitude)))).astype(np.int64)
