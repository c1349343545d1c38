"""Stimuli of lanes: traced beats, and uniform ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.weights import FORMATS, WeightFormat

from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, NetworkError
from .lane_trace import LaneTrace, lane_trace
from .runs import Runs
from .stimuli import PAIRS, SEED, Stimuli, any_bits, in_sequence


def stored_weights(synapses: Synapses, rows: IntArray) -> Synapses:
    """PV of one vector as the core does it, once it has stored ``rows`` (channels, height, width): a convolution of 1 x 1 with a block for each head. Raises NetworkError for other operations."""
    if synapses.op is not SynapseOp.PV:
        raise NetworkError(f"synapses from {synapses.source}: {synapses.op} is not traced; trace another layer")
    weights = rows.reshape(len(rows), -1, 1, 1)
    return replace(synapses, op=SynapseOp.CONV2D, weights=weights, rows=None, groups=synapses.heads, heads=1)


def traced_beats(runs: Runs, chip: ChipConfig, model: str, layer: str) -> tuple[WeightFormat, list[LaneTrace]]:
    """Weight format, and the beats of one vector of every sample: of sample s, vector number s modulo their number."""
    network, trace = runs.of(model)
    (synapses,) = network.layer(layer).synapses
    vectors, kind = trace.activations[synapses.source], network.source(synapses.source).payload_kind
    beats = []
    for sample in range(len(vectors)):
        place = sample, sample % vectors.shape[1]
        held = synapses if synapses.rows is None else stored_weights(synapses, trace.activations[synapses.rows][place])
        beats.append(lane_trace(held, kind, vectors[place], network.layer(layer).shape, chip.lanes))
    return synapses.weight_format, beats


def _joined(beats: list[LaneTrace], name: str) -> IntArray:
    return np.concatenate([getattr(trace, name) for trace in beats])


def lane_stimuli(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Lane`: every lane's beats in order."""
    weight_format, beats = traced_beats(runs, chip, model, layer)
    shared = {name: _joined(beats, name) for name in ("magnitude", "negative", "shift")}
    return in_sequence(weight=_joined(beats, "weight"), i=_joined(beats, "i"), weight_format=int(weight_format), enable=1, **shared)


def lane_additions(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Addition`: what the lanes add to what, in the same order."""
    _, beats = traced_beats(runs, chip, model, layer)
    return in_sequence(a=_joined(beats, "i"), b=_joined(beats, "term"))


def random_lane(weight_format: WeightFormat, accumulator_bits: int, shifts: int) -> Stimuli:
    """Of `Lane`: uniform weights and sums of binary events, shifted by 0 to ``shifts - 1``."""
    rng, info = np.random.default_rng(SEED), FORMATS[weight_format]
    return in_sequence(
        weight=rng.integers(info.minimum, info.maximum + 1, (2, PAIRS)) if info.bits > 1 else any_bits(rng, 1),
        i=any_bits(rng, accumulator_bits),
        shift=rng.integers(0, shifts, (2, PAIRS)),
        weight_format=int(weight_format),
        magnitude=1,
        negative=0,
        enable=1,
    )
