"""What a core's fire engine is configured with: registers, parameters, leaks, the table of the shift units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import Space, leak_offset, parameter_offset
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import FIRE_CHANNELS, FIRE_CONTROL, FIRE_SHAPE

from ...network.graph import Layer
from ...network.values import IntArray
from ..program import CoreSlice
from .segments import segment_groups
from .words import Words, run_of_words


def fire_registers(layer: Layer, part: CoreSlice, lanes: int) -> dict[Layout, dict[str, int]]:
    """Values of the fire engine's registers by layout."""
    neuron = layer.kind
    values = neuron.registers(segment_groups(layer, part, lanes))
    return {
        **values,
        FIRE_CONTROL: {
            "op": neuron.op,
            "payload_kind": layer.payload_kind,
            "neuron_parameters": int(neuron.neuron_parameters),
            "neuron_leaks": int(neuron.neuron_leaks),
            **values.get(FIRE_CONTROL, {}),
        },
        FIRE_SHAPE: {"width": part.columns, "height": part.rows, "channel_groups": -(-part.channels // lanes)},
        FIRE_CHANNELS: {"channels": part.channels},
    }


def table_words(layer: Layer) -> Words:
    """The table of the shift units; empty when the neuron has none."""
    entries = layer.kind.table
    words = np.zeros(0, np.int64) if entries is None else np.asarray(entries, dtype=np.int64)
    return run_of_words(Space.TABLE, 0, words.astype(np.uint32))


def parameter_words(layer: Layer, part: CoreSlice, lanes: int) -> Words:
    """Bias and threshold of every lane, at every position where they are of each neuron; unused lanes 0."""
    pairs = (layer.kind.bias_words, layer.kind.threshold_words)
    return run_of_words(Space.PARAMETER, parameter_offset(0, 0, lanes, False), _of_lanes(layer, part, lanes, pairs))


def leak_words(layer: Layer, part: CoreSlice, lanes: int) -> Words:
    """Leaks of membrane and current of every lane, as many as there are parameters; none when both are the layer's, 0 for a current that there is not."""
    words = layer.kind.leak_words
    pairs = (*words, *(np.zeros((), np.int64),) * (2 - len(words)))
    data = _of_lanes(layer, part, lanes, pairs) if layer.kind.neuron_leaks else np.zeros(0, np.uint32)
    return run_of_words(Space.LEAK, leak_offset(0, 0, lanes, False), data)


def _of_lanes(layer: Layer, part: CoreSlice, lanes: int, pairs: tuple[IntArray, ...]) -> NDArray[np.uint32]:
    """Pairs of words for every lane of the slice's parameter groups, of values per neuron, per channel, or one for all; unused lanes 0."""
    positions = (part.rows, part.columns) if layer.kind.neuron_parameters else (1, 1)
    padded = np.zeros((*positions, -(-part.channels // lanes) * lanes, len(pairs)), np.int64)
    channels, rows = slice(part.channel_base, part.channel_base + part.channels), slice(part.row_base, part.row_base + part.rows)
    for k, words in enumerate(pairs):
        own = words[channels, rows].transpose(1, 2, 0) if words.ndim > 1 else words[channels] if words.ndim else words
        padded[:, :, : part.channels, k] = own
    return padded.reshape(-1).astype(np.uint32)
