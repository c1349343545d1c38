"""A compiled network as SANA-FE's: groups of neurons, edges, and the core that each neuron is on."""

from __future__ import annotations

from typing import Any

import numpy as np
from shiftfire_spec.events import IO_TILE
from shiftfire_spec.packet import PayloadKind

from ..compiler.program import Program
from ..network.graph import Input, Layer, Network
from ..network.values import IntArray
from .edges import Edges, edges_of, greatest_sum
from .errors import SanaFeError
from .neurons import STEP, somas_of
from .placement import Placement

SOMA, DENDRITE, INPUT_SOMA = "loihi_lif", "loihi_dendrites", "loihi_inputs[{}]"
MOST_INPUTS = 1024  # units that send given spikes, of a core


def check_inputs(network: Network) -> None:
    """Raise SanaFeError unless what is injected are spikes, few enough for a core of SANA-FE's, and every layer fires in each of their timesteps."""
    elements = sum(source.shape.size for source in network.inputs)
    if elements > MOST_INPUTS:
        raise SanaFeError(
            f"network {network.name}: {elements} input elements; a core of SANA-FE's Loihi sends {MOST_INPUTS}, take fewer"
        )
    steps = {source.timesteps for source in (*network.inputs, *network.layers)}
    if len(steps) > 1:
        raise SanaFeError(
            f"network {network.name}: timesteps {sorted(steps)}; SANA-FE fires every layer in every step, make them the same"
        )
    for source in network.inputs:
        if source.payload_kind is not PayloadKind.UNIT or source.value_limits != (0, 1):
            raise SanaFeError(f"input {source.name}: values {source.lo} to {source.hi}; SANA-FE sends spikes, make them 0 or 1")


def edges_by_layer(network: Network) -> dict[str, list[Edges]]:
    """All edges, by the layer that they lead to. Raises SanaFeError."""
    return {layer.name: [edges_of(layer, s, network.source(s.source)) for s in layer.synapses] for layer in network.layers}


def tiles_of(program: Program) -> dict[str, IntArray]:
    """Tile of every neuron, by layer, in order of channel, row, column; of inputs the I/O tile."""
    network = program.network
    tiles = {source.name: np.full(source.shape.as_tuple(), IO_TILE) for source in (*network.inputs, *network.layers)}
    for core in program.cores:
        rows = slice(core.row_base, core.row_base + core.rows)
        tiles[core.layer][core.channel_base : core.channel_base + core.channels, rows] = core.tile
    return {name: array.reshape(-1) for name, array in tiles.items()}


def build(sanafe: Any, architecture: Any, program: Program, placement: Placement, edges: dict[str, list[Edges]]) -> Any:
    """SANA-FE's network of ``program`` with ``edges``, inputs without spikes yet, every spike logged. Raises SanaFeError."""
    made = sanafe.Network()
    groups: dict[str, Any] = {}
    for source in program.network.inputs:
        groups[source.name] = _input_group(made, source, sum(len(group.neurons) for group in groups.values()))
    for layer in program.network.layers:
        groups[layer.name] = _layer_group(made, layer, greatest_sum(edges[layer.name], layer.shape.size))
    for layer in program.network.layers:
        for each in edges[layer.name]:
            attributes = {"weight": (each.weights * STEP).tolist(), "synapse_hw_name": [each.unit] * len(each.weights)}
            groups[each.source].connect_neurons_sparse(groups[layer.name], attributes, list(map(tuple, each.pairs.tolist())))
    cores = {tile: architecture.tiles[their].cores[core] for tile, (their, core) in placement.addresses.items()}
    for name, tiles in tiles_of(program).items():
        for neuron, tile in zip(groups[name].neurons, tiles.tolist(), strict=True):
            neuron.map_to_core(cores[tile])
    return made


def _input_group(made: Any, source: Input, before: int) -> Any:
    """A unit of its own for every element, ``before`` of which are taken."""
    group = made.create_neuron_group(source.name, source.shape.size, soma_hw_name=INPUT_SOMA.format(before), log_spikes=True)
    for number, neuron in enumerate(group.neurons, before):
        neuron.set_attributes(soma_hw_name=INPUT_SOMA.format(number))
    return group


def _layer_group(made: Any, layer: Layer, greatest: int) -> Any:
    somas = somas_of(layer, greatest)
    group = made.create_neuron_group(
        layer.name,
        layer.shape.size,
        model_attributes=somas.attributes,
        soma_hw_name=SOMA,
        default_dendrite_hw_name=DENDRITE,
        log_spikes=True,
    )
    for neuron, threshold in zip(group.neurons, somas.thresholds, strict=True):
        neuron.set_attributes(model_attributes={"threshold": threshold})
    return group
