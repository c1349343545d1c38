"""The cuts of rounds: which layers of a network that does not fit at once share the chip, and what each part sees of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from shiftfire_spec.chip import ChipConfig

from ...network.graph import Input, Layer, Network, Readout
from ...network.recurrence import components
from ..program import CompileError, CoreSlice
from .slicing import slice_layer
from .stall import check_stall
from .streams import connect


def round_network(network: Network, start: int, stop: int, parts: Mapping[str, int]) -> Network:
    """Layers ``start`` to ``stop`` of a network as one of their own; ``parts``: of each layer stored before, the cores that sent it."""
    layers = network.layers[start:stop]
    own = {layer.name for layer in layers}
    needed = {name for layer in layers for s in layer.synapses for name in s.sources} - own
    inputs = [_as_input(s, parts.get(s.name, 1)) for s in (*network.inputs, *network.layers[:start]) if s.name in needed]
    later = {name for layer in network.layers[stop:] for s in layer.synapses for name in s.sources}
    return replace(
        network,
        input=inputs[0],
        feeds=tuple(inputs[1:]),
        layers=layers,
        readout=network.readout if network.output in own else Readout.NONE,
        stored=tuple(layer.name for layer in layers if layer.name in later),
    )


def _as_input(source: Layer | Input, parts: int) -> Input:
    """What a round sees of a layer that was stored before."""
    if isinstance(source, Input):
        return source
    low, high = source.value_limits
    return Input(source.name, source.shape, source.timesteps, source.payload_kind, low, high, parts)


def round_cuts(network: Network, chip: ChipConfig, most_layers: int) -> list[tuple[int, int]]:
    """(first layer, layer after the last) of each round: fewest rounds, then fewest values handed over.

    Layers that feed back into each other are never parted, nor a layer and a later one of which it takes earlier steps. Raises CompileError when a layer, or such a loop, does not fit a chip of its own.
    """
    layers = network.layers
    parting = _parting_cuts(network)

    @cache
    def slices(index: int) -> tuple[CoreSlice, ...]:
        return slice_layer(network, layers[index], chip)

    best: list[tuple[int, int, int] | None] = [(0, 0, 0)] + [None] * len(layers)  # rounds, values, start of the last round
    reason: CompileError | None = None  # why the first part that does not run does not
    alone: CompileError | None = None  # likewise of a single layer
    for stop in range(1, len(layers) + 1):
        cores = 0
        for start in reversed(range(max(0, stop - most_layers), stop)):
            cores += len(slices(start))
            if cores > chip.tiles and start < stop - 1:
                break
            ahead = best[start]
            if ahead is None or start in parting or stop in parting:
                continue
            part = round_network(network, start, stop, {layers[i].name: len(slices(i)) for i in range(start)})
            cost = (ahead[0] + 1, ahead[1] + _stored_values(part), start)
            known = best[stop]
            if known is not None and cost[:2] >= known[:2]:
                continue
            try:
                _try_round(part, [s for i in range(start, stop) for s in slices(i)], chip)
            except CompileError as error:
                reason = reason or error
                alone = alone or (error if start == stop - 1 else None)
                continue
            best[stop] = cost
    if best[-1] is None:
        raise alone or reason or _parted_loop(network, [len(slices(i)) for i in range(len(layers))], chip, most_layers)
    cuts: list[tuple[int, int]] = []
    stop = len(layers)
    while stop:
        entry = best[stop]
        assert entry is not None
        cuts.append((entry[2], stop))
        stop = entry[2]
    return cuts[::-1]


def _bound(network: Network) -> list[tuple[str, list[int]]]:
    """Numbers of layers that one round holds together with all between them, and why: loops of feedback, and readers of a later layer's earlier steps."""
    place = {layer.name: number for number, layer in enumerate(network.layers)}
    loops = [
        (f"layers {', '.join(layer.name for layer in layers)} feed back into each other", [place[layer.name] for layer in layers])
        for layers in components(network)
    ]
    late = [
        (f"layer {layer.name} takes the later layer {name} with a delay", [number, place[name]])
        for number, layer in enumerate(network.layers)
        for s in layer.synapses
        for name in s.sources
        if place.get(name, -1) > number
    ]
    return loops + late


def _parting_cuts(network: Network) -> set[int]:
    """Numbers of the layers before which a cut would part what one round holds."""
    return {cut for _, numbers in _bound(network) for cut in range(min(numbers) + 1, max(numbers) + 1)}


def _parted_loop(network: Network, cores: Sequence[int], chip: ChipConfig, most_layers: int) -> CompileError:
    """The error when no round holds a loop (`_bound`), or what lies between its layers; ``cores``: that each layer takes."""
    for why, numbers in _bound(network):
        first, last = min(numbers), max(numbers)
        span, need = last + 1 - first, sum(cores[first : last + 1])
        loop = f"{why}, so one round holds them and what lies between"
        if span > most_layers:
            return CompileError(f"{loop}: {span} layers, rounds have at most {most_layers}; allow {span}")
        if need > chip.tiles:
            return CompileError(
                f"{loop}: {need} cores, chip {chip.name} has {chip.tiles}; make them smaller, or take a larger chip"
            )
    raise AssertionError("no cut, and no reason")


def _stored_values(part: Network) -> int:
    return sum(part.layer(name).shape.size * part.layer(name).timesteps for name in part.stored)


def _try_round(part: Network, slices: Sequence[CoreSlice], chip: ChipConfig) -> None:
    """Raise CompileError when the part does not fit, on any tiles."""
    if len(slices) > chip.tiles:
        raise CompileError(
            f"layer {part.layers[-1].name} alone needs {len(slices)} cores, chip {chip.name} has {chip.tiles}; make it smaller, or take a larger chip"
        )
    cores = [replace(s, tile=tile) for tile, s in enumerate(slices)]
    check_stall(part, cores, connect(part, cores, chip))
