"""Stimuli of the step units whose rows go by several times: PTSOFTMAX and BSPN."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from shiftfire_hw.core.bspn import bspn_parameters
from shiftfire_hw.core.ptsoftmax import PtSoftmaxPass
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.shift_units import BSPN_VALUE_BITS

from ...network.neurons.bspn import Bspn
from ...network.neurons.ptsoftmax import Ptsoftmax
from ...network.values import IntArray, NetworkError
from .row_trace import in_passes, row_trace
from .runs import Runs
from .stimuli import Stimuli, in_cycles

ROWS = 129  # each but the first is counted


def _spread(rows: IntArray) -> IntArray:
    """`ROWS` rows, spread evenly."""
    return rows[np.linspace(0, len(rows) - 1, ROWS).astype(np.int64)]


def softmax_stimuli(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `PtSoftmax`: rows of which each goes by for the maximum, the sum and the results. An operation is an entry."""
    network, trace = runs.of(model)
    of = row_trace(network.layer(layer), trace)
    if not isinstance(of.neuron, Ptsoftmax):
        raise NetworkError(f"layer {layer}: no PTSOFTMAX; trace another layer")
    steps = of.neuron.entries // chip.fire_lanes
    passes = np.repeat([phase.value for phase in PtSoftmaxPass], steps)
    values: dict[str, IntArray | int] = {
        "a": in_passes(_spread(of.entries), chip.fire_lanes, chip.accumulator_bits, len(PtSoftmaxPass)),
        "phase": np.tile(passes, 2)[:, None],
        "first": np.tile(np.arange(steps) == 0, 2 * len(PtSoftmaxPass)).astype(np.int64)[:, None],
        "shift": of.neuron.shift,
        "rule": int(of.neuron.rule),
        "advance": 1,
        "valid": (1 << chip.fire_lanes) - 1,
        "rst": 0,
    }
    return in_cycles(values, settling=len(passes), each=Fraction(of.neuron.entries, len(passes)))


def bspn_stimuli(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Bspn`, whose shifts have log2 of the group in them: groups of which each goes by for the sum and the results. An operation is a channel."""
    network, trace = runs.of(model)
    of = row_trace(network.layer(layer), trace)
    neuron = of.neuron
    if not isinstance(neuron, Bspn) or neuron.group != network.layer(layer).shape.channels:
        raise NetworkError(f"layer {layer}: no BSPN with a group for all channels; trace another layer")
    steps = neuron.group // chip.fire_lanes
    shape = bspn_parameters(BSPN_VALUE_BITS)
    words = np.zeros(neuron.group, object)
    for name, of_channels in (("shift", neuron.shift + neuron.group_log2), ("negative", neuron.negative), ("beta", neuron.beta)):
        field = shape[name]
        words += (of_channels.astype(np.int64) & ((1 << field.width) - 1)).astype(object) << field.offset
    values: dict[str, IntArray | int] = {
        "a": in_passes(_spread(of.entries), chip.fire_lanes, chip.accumulator_bits, 2),
        "parameters": in_passes(np.stack([words, words]), chip.fire_lanes, shape.size, 2),
        "emit": np.tile(np.repeat([0, 1], steps), 2)[:, None],
        "first": np.tile(np.arange(steps) == 0, 4).astype(np.int64)[:, None],
        "scale": int(neuron.scale),
        "guard": neuron.guard,
        "advance": 1,
        "valid": (1 << chip.fire_lanes) - 1,
        "rst": 0,
    }
    return in_cycles(values, settling=2 * steps, each=Fraction(neuron.group, 2 * steps))
