"""What the step units of PTSOFTMAX and BSPN see while rows go by several times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...golden.execute import GoldenTrace
from ...golden.rows import channel_rows
from ...golden.sums import driving_sums
from ...network.graph import Layer
from ...network.neurons.bspn import Bspn
from ...network.neurons.ptsoftmax import Ptsoftmax
from ...network.values import IntArray, NetworkError


@dataclass(frozen=True, eq=False)
class RowTrace:
    """entries: (rows, entries), sums with bias, in the order in which the engine takes rows."""

    neuron: Ptsoftmax | Bspn
    entries: IntArray


def row_trace(layer: Layer, trace: GoldenTrace) -> RowTrace:
    """Rows of a PTSOFTMAX layer, or groups of a BSPN layer whose groups fill its channels. Raises NetworkError for other layers."""
    neuron = layer.neuron
    if not isinstance(neuron, Ptsoftmax | Bspn):
        raise NetworkError(f"layer {layer.name}: neither PTSOFTMAX nor BSPN; trace another layer")
    sums = channel_rows(driving_sums(layer, trace.activations)) + neuron.bias.astype(np.int64)
    length = neuron.entries if isinstance(neuron, Ptsoftmax) else neuron.group
    if sums.shape[1] % length:
        raise NetworkError(f"layer {layer.name}: groups of {length} do not fill its channels; trace another layer")
    return RowTrace(neuron, sums.reshape(-1, length))


def in_passes(rows: IntArray, lanes: int, bits: int, passes: int) -> IntArray:
    """(cycles, streams) of rows (rows, entries): a stream is a row, after the one before it; each goes by ``passes`` times, ``lanes`` entries of ``bits`` bits to a word, Python's integers."""
    words = np.zeros((len(rows), rows.shape[1] // lanes), object)
    for lane in range(lanes):
        words += (rows[:, lane::lanes] & ((1 << bits) - 1)).astype(object) << (lane * bits)
    of_row = np.tile(words, passes)
    return np.concatenate([of_row[:-1], of_row[1:]], axis=1).T
