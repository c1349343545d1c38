"""Rounds: a network that does not fit a chip at once, cut into parts that do, one after the other.

What a part's cores send to later parts is stored in memory by the I/O tile and played into the mesh again, a *region* per core. Weights of one round
lie at the bottom of the weight memories, those of the next at the top, so that they can be loaded while the round before runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.chip import ChipConfig

from ..network.check import check_network
from ..network.graph import Input, Layer, Network, Readout
from .compile import compile_checked
from .lowering.weights import core_weight_rows
from .mapping.slicing import slice_layer
from .mapping.stall import check_stall
from .mapping.streams import connect
from .program import CompileError, CoreSlice, Program


@dataclass(frozen=True, eq=False)
class Round:
    """A part of a network that is resident at once.

    ``early`` (entries,): entries of the program's image that may be written while the round before runs.
    """

    program: Program
    early: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Schedule:
    """A compiled network: its rounds in order, one when it fits the chip at once; ``spread`` and ``most_layers`` as it was compiled with."""

    network: Network
    chip: ChipConfig
    rounds: tuple[Round, ...]
    spread: bool
    most_layers: int | None = None

    @property
    def resident(self) -> bool:
        """Whether everything is on the chip at once."""
        return len(self.rounds) == 1


def resident_schedule(program: Program) -> Schedule:
    """The schedule of a network that fits at once."""
    return Schedule(program.network, program.chip, (Round(program, np.zeros(len(program.image), bool)),), program.spread)


def compile_schedule(network: Network, chip: ChipConfig, *, spread: bool = True, most_layers: int | None = None) -> Schedule:
    """The schedule of ``network`` on ``chip``: at once when it fits, else (or with ``most_layers``) in the fewest rounds that hand over the least.

    Raises NetworkError when the network is not valid, CompileError when it runs neither at once nor in rounds.
    """
    check_network(network)
    if most_layers is not None:
        return _rounds_of(network, chip, spread, most_layers)
    try:
        return resident_schedule(compile_checked(network, chip, spread=spread))
    except CompileError as error:
        if len(network.layers) == 1:
            raise
        whole = error
    try:
        return _rounds_of(network, chip, spread, None)
    except CompileError as error:
        same = str(error) == str(whole)
        raise whole if same else CompileError(f"{whole}; nor does it run in rounds: {error}") from None


def compile_rounds(network: Network, chip: ChipConfig, *, spread: bool = True, most_layers: int | None = None) -> Schedule:
    """The schedule of ``network`` in rounds of at most ``most_layers`` layers each.

    Raises NetworkError when the network is not valid, CompileError when no cut makes every part fit.
    """
    return _rounds_of(check_network(network), chip, spread, most_layers)


def _rounds_of(network: Network, chip: ChipConfig, spread: bool, most_layers: int | None) -> Schedule:
    """`compile_rounds` of a network that has been checked."""
    cuts = _cuts(network, chip, most_layers or len(network.layers))
    for tries in (spread, False):
        try:
            return Schedule(network, chip, tuple(_compile(network, cuts, chip, tries)), spread, most_layers)
        except CompileError:  # spread over more cores than can be handed over
            if not tries:
                raise
    raise AssertionError


def _compile(network: Network, cuts: Sequence[tuple[int, int]], chip: ChipConfig, spread: bool) -> Iterator[Round]:
    parts: dict[str, int] = {}
    before: Program | None = None
    for number, (start, stop) in enumerate(cuts):
        part = round_network(network, start, stop, parts)
        _check_regions(network, part, chip)
        program = compile_checked(part, chip, spread=spread, weights_from_top=number % 2 == 1)
        for core in program.stored_cores():
            parts[core.layer] = parts.get(core.layer, 0) + 1
        yield Round(program, _early(program, before))
        before = program


def round_network(network: Network, start: int, stop: int, parts: Mapping[str, int]) -> Network:
    """Layers ``start`` to ``stop`` of a network as one of their own; ``parts``: of each layer stored before, the cores that sent it."""
    layers = network.layers[start:stop]
    own = {layer.name for layer in layers}
    needed = {name for layer in layers for s in layer.synapses for name in s.sources} - own
    inputs = [_as_input(s, parts.get(s.name, 1)) for s in (network.input, *network.layers[:start]) if s.name in needed]
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


def _early(program: Program, before: Program | None) -> NDArray[np.bool_]:
    """Entries of the image that may be written while ``before`` runs.

    Those are weights of cores that load no dynamic weights meanwhile (one write port serves both) and have room for both rounds' rows.
    """
    if before is None:
        return np.zeros(len(program.image), bool)
    free = np.ones(program.chip.tiles, bool)
    need = np.zeros(program.chip.tiles, np.int64)
    for compiled in (before, program):
        for core in compiled.cores:
            need[core.tile] += core_weight_rows(compiled.network, core, program.chip.lanes)
    for core in before.cores:
        free[core.tile] = not any(s.dynamic for s in before.network.layer(core.layer).synapses)
    free &= need <= program.chip.weight_rows
    address = program.image[:, 0].astype(np.int64)
    return (CONFIG_ADDRESS.read("space", address) == Space.WEIGHT) & free[CONFIG_ADDRESS.read("tile", address)]


def _cuts(network: Network, chip: ChipConfig, most_layers: int) -> list[tuple[int, int]]:
    """(first layer, layer after the last) of each round: fewest rounds, then fewest values handed over.

    Raises CompileError when a layer does not fit a chip of its own.
    """
    layers = network.layers

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
            if ahead is None:
                continue
            part = round_network(network, start, stop, {layers[i].name: len(slices(i)) for i in range(start)})
            cost = (ahead[0] + 1, ahead[1] + _stored_values(part), start)
            known = best[stop]
            if known is not None and cost[:2] >= known[:2]:
                continue
            try:
                _try_round(network, part, [s for i in range(start, stop) for s in slices(i)], chip)
            except CompileError as error:
                reason = reason or error
                alone = alone or (error if start == stop - 1 else None)
                continue
            best[stop] = cost
    if best[-1] is None:
        assert reason is not None
        raise alone or reason
    cuts: list[tuple[int, int]] = []
    stop = len(layers)
    while stop:
        entry = best[stop]
        assert entry is not None
        cuts.append((entry[2], stop))
        stop = entry[2]
    return cuts[::-1]


def _stored_values(part: Network) -> int:
    return sum(part.layer(name).shape.size * part.layer(name).timesteps for name in part.stored)


def _try_round(network: Network, part: Network, slices: Sequence[CoreSlice], chip: ChipConfig) -> None:
    """Raise CompileError when the part does not fit, on any tiles."""
    if len(slices) > chip.tiles:
        raise CompileError(
            f"layer {part.layers[-1].name} alone needs {len(slices)} cores, chip {chip.name} has {chip.tiles}; make it smaller, or take a larger chip"
        )
    cores = [replace(s, tile=tile) for tile, s in enumerate(slices)]
    _check_regions(network, part, chip)
    check_stall(part, cores, connect(part, cores, chip))


def _check_regions(network: Network, part: Network, chip: ChipConfig) -> None:
    """Raise CompileError when the part plays more stored streams than the chip has regions."""
    regions = sum(source.parts for source in part.inputs if source is not network.input)
    if regions > chip.regions:
        raise CompileError(
            f"layers {part.layers[0].name} to {part.layers[-1].name}: {regions} stored streams to play (regions), the limit is {chip.regions};"
            " take a chip with more regions"
        )
