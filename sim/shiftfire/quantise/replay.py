"""One integer layer driven by what the float model's sources sent: its own loss, without that of the layers before it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..golden.execute import fire
from ..golden.synapses import contribution
from ..network.graph import Layer
from ..network.values import IntArray


def replay(layer: Layer, sent: Mapping[str, IntArray]) -> IntArray:
    """What ``layer`` sends for values ``sent`` by its sources, by name, (samples, timesteps, channels, height, width); same axes."""
    samples, steps = next(iter(sent.values())).shape[:2]
    sums = np.zeros((samples, steps, *layer.shape.as_tuple()), np.int64)
    for synapses in layer.synapses:
        values = sent[synapses.source]
        rows = None if synapses.rows is None else sent[synapses.rows]
        flat = None if rows is None else rows.reshape(-1, *rows.shape[2:])
        made = contribution(synapses, values.reshape(-1, *values.shape[2:]), flat).reshape(sums.shape)
        late = synapses.delay
        sums[:, late:] += made[:, : steps - late]
    return fire(layer.kind, sums)
