"""The padding mask: what takes padded tokens out of every row of the softmax.

The input has a column for it, from which the layer `PADDING` makes, for every query i, an event ``-2**EVENT_LOG2`` in channel j where token j is padding. The
scores add it, times a power of two, so that no difference of scores reaches it: so a padded key's probability is 0, and nothing of it is in the row's sum, as in the published model,
where -10000 is added.
"""

from __future__ import annotations

import numpy as np
from shiftfire_spec.shift_units import PTSOFTMAX_FRACTION_BITS
from shiftfire_spec.weights import WeightFormat

from ...network.graph import Layer
from ...network.neurons.count import Count
from ...network.synapses import SynapseOp, Synapses
from ...network.values import Shape
from .builder import Builder
from .errors import CheckpointError
from .fixed_point import MOST_SHIFT

PADDING = "padding"
EVENT_LOG2 = 6  # as great as a signed payload can be with one bit set, which is added in one beat


def lower_padding(builder: Builder, source: str, hidden: int) -> None:
    """Adds the layer `PADDING` (tokens, tokens, 1), values 0 and ``-2**EVENT_LOG2``, if the network takes a mask."""
    if not builder.options.mask:
        return
    tokens, columns = builder.tokens, builder.options.columns
    weights = np.zeros((tokens, hidden, 1, columns), np.int64)
    weights[np.arange(tokens), np.arange(tokens), 0, -1] = 1
    synapses = Synapses(source, SynapseOp.CONV2D, weights, WeightFormat.BIT, scale=EVENT_LOG2, kernel=(1, columns))
    ones = np.ones(tokens, np.int64)
    builder.layers.append(Layer(PADDING, Shape(tokens, tokens), (synapses,), Count(ones, 0 * ones, -(1 << EVENT_LOG2), 0)))


def masking(builder: Builder, owner: str, heads: int, reach: int, shift: int) -> tuple[Synapses, ...]:
    """What the scores ``owner`` add for the mask, if the network takes one. ``reach``: the greatest magnitude of a sum; a score is a sum times ``2**-shift``.

    Raises CheckpointError when that does not fit the accumulators.
    """
    if not builder.options.mask:
        return ()
    least = 2 * reach + (
        (PTSOFTMAX_FRACTION_BITS + 2) << shift
    )  # the greatest score may be a padded key's, the next one as low as can be
    bits = max(least.bit_length(), EVENT_LOG2)
    most = min(MOST_SHIFT + EVENT_LOG2, builder.options.accumulator_bits - 2)
    if bits > most:
        raise CheckpointError(
            f"{owner}: a mask below every score is 2**{bits}, sums can take 2**{most}; give more with --accumulator-bits, or import without mask"
        )
    each = np.tile(np.eye(builder.tokens, dtype=np.int64), (heads, 1))[:, :, None, None]
    return (Synapses(PADDING, SynapseOp.CONV2D, each, WeightFormat.BIT, scale=bits - EVENT_LOG2),)
