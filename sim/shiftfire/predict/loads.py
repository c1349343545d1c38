"""Loads: the cycles that each vector of each sender takes in the integrate engine of each reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.stream import LaneMode

from ..compiler.lowering.core_program import Intake, ordered_intakes
from ..compiler.lowering.geometry import intake_geometry
from ..compiler.program import Connections, CoreSlice
from ..network.graph import Network
from ..network.values import Shape
from .activity import FloatArray, SourceActivity
from .block import Block
from .emission import Emission, emissions

LoadKey = tuple[int, int, int]  # reader's tile, stream group that opens, sender's tile


EVERYTHING = Block(slice(None), slice(None))


def element_beats(network: Network, intake: Intake, part: CoreSlice, chip: ChipConfig, source: Shape) -> FloatArray:
    """Beats of a pulse of each element of the source in ``part``: taps times channel groups; broadcasts to (channels, height, width)."""
    geometry = intake_geometry(network, intake, part, chip.lanes)
    taps = np.ones((1, 1)) if geometry.y is None or geometry.x is None else np.outer(geometry.y.taps, geometry.x.taps)
    groups = geometry.channel_groups if geometry.lane_mode is LaneMode.ALL else 1
    seen = np.zeros(source.channels)
    seen[geometry.channel_base : geometry.channel_base + geometry.channel_count] = groups
    return seen[:, None, None] * taps


def element_cycles(network: Network, intake: Intake, part: CoreSlice, chip: ChipConfig, activity: SourceActivity) -> FloatArray:
    """Cycles of the integrate engine for each element of the source, (vectors, channels, height, width).

    A packet takes a cycle per beat, and one when it has none; two at least in a chain. What LOAD stores takes one.
    """
    least = 2.0 if intake.chain or intake.follows else 1.0
    if intake.rows:
        return activity.packets
    beats = element_beats(network, intake, part, chip, activity.source.shape)
    return np.maximum(least * activity.packets, beats * activity.pulses(intake))


class LoadTable:
    """Loads of the cores of one network, whatever their tiles: what was worked out for a slice is kept."""

    def __init__(self, network: Network, chip: ChipConfig, activity: Mapping[str, SourceActivity]) -> None:
        self.network, self.chip, self.activity = network, chip, activity
        self._elements: dict[tuple[str, int, CoreSlice], FloatArray] = {}
        self._sums: dict[tuple[str, int, CoreSlice, CoreSlice | None], list[list[float]]] = {}
        self._packets: dict[tuple[str, CoreSlice | None], list[list[float]]] = {}
        self._emissions: dict[CoreSlice, list[Emission]] = {}

    def _cycles(self, group: int, intake: Intake, part: CoreSlice) -> FloatArray:
        key = (part.layer, group, part)
        if key not in self._elements:
            self._elements[key] = element_cycles(self.network, intake, part, self.chip, self.activity[intake.source])
        return self._elements[key]

    def _by_row(self, name: str, sender: CoreSlice | None, elements: FloatArray) -> list[list[float]]:
        """Sums of ``elements`` by vector and row of what ``sender`` sends of the source, in order: of what is played, piece by piece."""
        blocks = [Block.of(sender)] if sender is not None else self.pieces(name)
        rows = [elements[:, block.channels, block.rows].sum((1, 3)) for block in blocks]
        return np.concatenate(rows, axis=1).tolist()

    def pieces(self, name: str) -> list[Block]:
        """What the I/O tile plays of an input, one after the other; everything at once of what it has with the samples."""
        pieces = next(source.pieces for source in self.network.inputs if source.name == name)
        return [Block.of_piece(piece) for piece in pieces] or [EVERYTHING]

    def sums(self, group: int, intake: Intake, part: CoreSlice, sender: CoreSlice | None) -> list[list[float]]:
        """Cycles of each row of each vector of ``sender`` (None: an input) for one stream group of ``part``; one vector where all are alike."""
        key = (part.layer, group, part, sender)
        if key not in self._sums:
            self._sums[key] = self._by_row(intake.source, sender, self._cycles(group, intake, part))
        return self._sums[key]

    def packets(self, name: str, sender: CoreSlice | None) -> list[list[float]]:
        """Packets of each row of each vector of ``sender``, or of the input ``name``."""
        key = (name, None if sender is None else sender.unplaced)
        if key not in self._packets:
            self._packets[key] = self._by_row(name, sender, self.activity[name].packets)
        return self._packets[key]

    def emissions(self, part: CoreSlice) -> list[Emission]:
        """Each vector of a core, or one that stands for all."""
        key = part.unplaced
        if key not in self._emissions:
            self._emissions[key] = emissions(self.network.layer(part.layer), key, self.chip, self.activity[part.layer])
        return self._emissions[key]


def integrate_loads(table: LoadTable, cores: Sequence[CoreSlice], connections: Connections) -> dict[LoadKey, list[list[float]]]:
    """Cycles by reader, group and sender: of each row of each vector in order, or of one vector that stands for all. A chain's are one number."""
    network = table.network
    by_tile = {core.tile: core.unplaced for core in cores}
    intakes = {layer.name: ordered_intakes(network, layer) for layer in network.layers}
    loads: dict[LoadKey, list[list[float]]] = {}
    for credit in connections.credits:
        part = by_tile[credit.tile]
        own = intakes[part.layer]
        groups = [credit.group]
        while own[groups[-1]].chain:
            groups.append(groups[-1] + 1)
        for tile in credit.sources:
            each = [table.sums(group, own[group], part, by_tile.get(tile)) for group in groups]
            loads[credit.tile, credit.group, tile] = each[0] if len(each) == 1 else np.sum(each, axis=0).tolist()
    return loads
