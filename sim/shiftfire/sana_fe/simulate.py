"""Runs a compiled network on SANA-FE's Loihi, sample by sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..compiler.program import Program
from ..network.graph import Network
from ..network.values import IntArray
from .convert import build, check_inputs, edges_by_layer
from .package import sana_fe
from .pairs import Pair
from .placement import Placement, place
from .stages import stages_of

PICOJOULES_PER_JOULE = 1e12


@dataclass(frozen=True, eq=False)
class SanaFeRun:
    """A sample on SANA-FE: ``spikes`` (timesteps, channels, height, width) by input and layer, ``pairs`` as `pairs.spike_pairs`.

    ``hops`` and synaptic ``operations`` are those of the pairs' messages, each to one core. ``energy``: picojoules by part, "total" among them, of all its timesteps:
    a layer's first vector comes one later than its source's, so that there are more of them than the sample has.
    """

    spikes: dict[str, IntArray]
    pairs: Counter[Pair]
    hops: int
    operations: int
    energy: dict[str, float]


def simulate_sana_fe(program: Program, inputs: Mapping[str, IntArray]) -> list[SanaFeRun]:
    """``program``, its neurons on the same cores, on SANA-FE's Loihi; a run per sample.

    ``inputs`` (samples, timesteps, channels, height, width) by input, 0 or 1. Raises SanaFeError for what SANA-FE would not compute exactly, and without it.
    """
    sanafe = sana_fe()
    check_inputs(program.network)
    stages = stages_of(program.network)
    edges = edges_by_layer(program.network)
    architecture = sanafe.load_loihi()
    chip = sanafe.SpikingChip(architecture)
    placement = place(program.chip, chip.describe())
    runs: list[SanaFeRun] = []
    for sample in range(len(next(iter(inputs.values())))):
        made = build(sanafe, architecture, program, placement, edges)
        for name, values in inputs.items():
            trains = values[sample].reshape(len(values[sample]), -1).T.astype(bool)
            for neuron, train in zip(made.groups[name].neurons, trains.tolist(), strict=True):
                neuron.set_attributes(model_attributes={"spikes": train})
        chip.load(made)
        steps = program.network.input.timesteps + max(stages.values())
        told = chip.sim(steps, timing_model="simple", processing_threads=1, spike_trace=True, message_trace=True)
        runs.append(_read(program.network, stages, placement, told))
    return runs


def _read(network: Network, stages: dict[str, int], placement: Placement, told: Mapping[str, Any]) -> SanaFeRun:
    """What SANA-FE tells, in our timesteps. What a layer fires after its last one belongs to no sample, and is left out of spikes and pairs."""
    shapes = {source.name: source.shape.as_tuple() for source in (*network.inputs, *network.layers)}
    timesteps = network.input.timesteps
    flat = {name: np.zeros((timesteps, int(np.prod(shape))), np.int64) for name, shape in shapes.items()}
    for now, fired in enumerate(told["spike_trace"]):
        for address in fired:
            step = now - stages[address.group_name]
            if step < timesteps:
                flat[address.group_name][step, address.neuron_offset] = 1
    pairs: Counter[Pair] = Counter()
    hops = operations = 0
    tiles = placement.tiles
    for now, messages in enumerate(told["message_trace"]):
        for message in messages:
            source = message["src_neuron_group_id"]
            if message["placeholder"] or now - stages[source] >= timesteps:  # a placeholder is time spent, no message
                continue
            tile = tiles[message["dest_tile_id"], message["dest_core_offset"]]
            pairs[source, message["src_neuron_offset"], now - stages[source], tile] += 1
            hops += message["hops"]
            operations += message["spikes"]
    spikes = {name: values.reshape(timesteps, *shapes[name]) for name, values in flat.items()}
    energy = {part: joules * PICOJOULES_PER_JOULE for part, joules in told["energy"].items()}
    return SanaFeRun(spikes, pairs, hops, operations, energy)
