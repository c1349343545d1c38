"""Products of spikes, element by element: one spikes where both do, which is a sum and a threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..float_graph.nodes import Threshold
from .common import common
from .reading import Reading
from .values import Value, settled

BOTH = 1.5  # between one spike and two


def both(reading: Reading, first: Value, second: Value) -> Value:
    """The element by element product of two values that are spikes. Raises TorchError for others."""
    for value in (first, second):
        if not reading.growing.binary(settled(reading.growing, value).terms):
            raise reading.error(
                f"it multiplies {', '.join(value.terms)} element by element, which is not spikes of one layer; the fabric masks spikes with spikes:"
                " put a neuron before it"
            )
    one, two = common(reading, first, second)
    if one.terms == two.terms:
        return one
    shape = reading.growing.shape(one.terms)
    node = Threshold(np.broadcast_to(BOTH, shape))
    return replace(one, terms=reading.growing.add(reading.path, "mul", node, (*one.terms, *two.terms), shape))
