"""Bounds: cycles that no mapping of a network to a chip can go below, whatever is cut where.

Each is what one thing has to do at least: the I/O tile's words, the engines of all tiles together, the core with the least share of a layer that
can be cut off. Waiting is left out, so a mapping seldom reaches the greatest of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from shiftfire_spec.chip import ChipConfig

from ..compiler.lowering.core_program import Intake, ordered_intakes
from ..compiler.lowering.segments import position_walk
from ..compiler.mapping.cuts import channel_block_sizes, head_block, narrow_block_sizes
from ..compiler.mapping.slicing import block_slices
from ..compiler.prepare import mapped_activations
from ..compiler.program import CoreSlice
from ..compiler.schedule import Schedule
from ..network.graph import Layer, Network
from ..network.values import IntArray
from .activity import FloatArray, SourceActivity, known_activity
from .loads import element_beats

_VECTOR_WORDS = 3  # of the injection program, beside a word per packet: BEGIN, its mask, END
_COLLECT_WRITES = 2  # of a packet
_ROWS = 16  # of a layer, that are looked at


class BoundName(StrEnum):
    """What is bound."""

    INJECTION = "injection"
    MEMORY = "memory port"
    ENGINES = "engines"
    SHARE = "smallest share"

    @property
    def sentence(self) -> str:
        """For people."""
        return {
            self.INJECTION: "words of the inputs, one after the other through the I/O tile",
            self.MEMORY: "requests at the I/O tile's memory port, of injection and collection",
            self.ENGINES: "integrate and fire engines, the work dealt out evenly over all tiles",
            self.SHARE: "the smallest part of a layer that a core can have",
        }[self]


@dataclass(frozen=True)
class Bound:
    """``cycles`` of the run at least; ``layer`` is whose engines or part it is, None of the I/O tile and of all layers together."""

    name: BoundName
    layer: str | None
    cycles: float

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return {**asdict(self), "name": str(self.name)}


@dataclass(frozen=True)
class _Work:
    """Cycles of the two engines, which work at once."""

    integrate: float
    fire: float

    @property
    def busier(self) -> float:
        return max(self.integrate, self.fire)


def bounds(schedule: Schedule, activations: Mapping[str, IntArray]) -> tuple[Bound, ...]:
    """Bounds of a run, the greatest first. ``activations`` as of `predict`.

    They hold for every mapping of the network at once if the schedule is such a one, else for any, rounds or not, as the sum of all rounds.
    """
    network, chip = schedule.mapped, schedule.chip
    activity = known_activity(network, mapped_activations(schedule.cut, activations))
    work = {layer.name: _layer_work(network, layer, chip, activity) for layer in network.layers}
    engines = _least_busiest(work, chip.tiles) if schedule.resident else _all_together(work, chip.tiles)
    shares = (Bound(BoundName.SHARE, layer.name, _share(network, layer, chip, activity)) for layer in network.layers)
    found = (*_io_tile(network, chip, activity), engines, max(shares, key=lambda bound: bound.cycles))
    return tuple(sorted(found, key=lambda bound: -bound.cycles))


def _io_tile(network: Network, chip: ChipConfig, activity: Mapping[str, SourceActivity]) -> Iterator[Bound]:
    """Words in, and words in and out."""
    words = sum(_words(activity[source.name], _VECTOR_WORDS) for source in network.inputs)
    written = _COLLECT_WRITES * sum(_words(activity[name], 1) for name in network.outputs)
    yield Bound(BoundName.INJECTION, None, last_word(chip, words))
    yield Bound(BoundName.MEMORY, None, _open_cycle(chip, words + written - 1) + 1)


def _words(source: SourceActivity, per_vector: int) -> int:
    return int(source.packets.sum()) + per_vector * len(source.packets)


def last_word(chip: ChipConfig, words: int) -> int:
    """Cycle in which the last of so many words can leave the injection queue: so many are on their way at most, each for the memory's time and a cycle at either end."""
    rounds, trip = (words - 1) // chip.inject_queue_depth, chip.memory_latency_cycles + 1
    return max(rounds * (trip + 1) + trip, words - 1 + trip)


def _open_cycle(chip: ChipConfig, number: int) -> int:
    """Cycle of the request ``number`` (from 0) if there is one whenever the memory takes one."""
    opened = chip.memory_stall_period_cycles - chip.memory_stall_cycles
    return number // opened * chip.memory_stall_period_cycles + number % opened


def _layer_work(network: Network, layer: Layer, chip: ChipConfig, activity: Mapping[str, SourceActivity]) -> _Work:
    """Of all cores of a layer together, whatever their blocks."""
    own = sum(_taken(network, layer, intake, chip, activity[intake.source]) for intake in ordered_intakes(network, layer))
    whole = block_slices(layer, head_block(layer).channels, layer.shape.height)
    steps = sum(_fire_steps(layer, part, chip) for part in whole)
    sent = _words(activity[layer.name], 0)
    return _Work(own, max(steps * len(activity[layer.name].packets), sent))


def _fire_steps(layer: Layer, part: CoreSlice, chip: ChipConfig) -> float:
    """Cycles of the fire steps of a vector."""
    return float(part.rows * part.columns * position_walk(layer, part, chip).total * layer.kind.step_cycles)


def _taken(network: Network, layer: Layer, intake: Intake, chip: ChipConfig, source: SourceActivity) -> float:
    """Cycles that all cores together take for an intake: a cycle per packet in one of them, and every beat."""
    if intake.rows:
        return float(source.packets.sum())
    synapses = intake.synapses
    blocks = head_block(layer).channels if synapses.dynamic else layer.shape.channels // synapses.groups
    parts = block_slices(layer, blocks, layer.shape.height)
    beats = np.sum([element_beats(network, intake, part, chip, source.source.shape) for part in parts], axis=0)
    return _cycles(intake, beats, source, 1.0)


def _cycles(intake: Intake, beats: FloatArray, source: SourceActivity, least: float) -> float:
    """Of an intake: ``beats`` per pulse of each element, ``least`` cycles per packet. The last vectors of a sample that are taken late are dropped."""
    cycles = np.maximum(least * source.packets, beats * source.pulses(intake)).sum((1, 2, 3))
    dropped = max(intake.synapses.delay, int(intake.late))
    if dropped:
        by_sample = cycles.reshape(-1, source.source.timesteps)
        few = least * source.packets.sum((1, 2, 3)).reshape(by_sample.shape)
        by_sample[:, -dropped:] = np.minimum(by_sample, few)[:, -dropped:]
    return float(cycles.sum())


def _share(network: Network, layer: Layer, chip: ChipConfig, activity: Mapping[str, SourceActivity]) -> float:
    """Cycles of a core with a row of the first channels of a layer, the fewest that it can be cut into: some core has them, if only they."""
    sizes = (*channel_block_sizes(layer, chip.lanes), *narrow_block_sizes(layer, chip.lanes, chip.fire_lanes))
    rows = block_slices(layer, min(sizes), 1)
    first = [part for part in rows if part.channel_base == 0]
    chosen = first[:: -(-len(first) // _ROWS)]
    return max(_slice_work(network, layer, part, chip, activity).busier for part in chosen)


def _slice_work(network: Network, layer: Layer, part: CoreSlice, chip: ChipConfig, activity: Mapping[str, SourceActivity]) -> _Work:
    """Of one core, without packets that it only drops."""
    taken = 0.0
    for intake in ordered_intakes(network, layer):
        if not intake.rows:
            source = activity[intake.source]
            taken += _cycles(intake, element_beats(network, intake, part, chip, source.source.shape), source, 0.0)
    return _Work(taken, _fire_steps(layer, part, chip) * len(activity[layer.name].packets))


def _all_together(work: Mapping[str, _Work], tiles: int) -> Bound:
    """Of tiles that may work for any layer, one after the other."""
    busier = max(sum(own.integrate for own in work.values()), sum(own.fire for own in work.values()))
    return Bound(BoundName.ENGINES, None, busier / tiles)


def _least_busiest(work: Mapping[str, _Work], tiles: int) -> Bound:
    """Of tiles that work for one layer each: the busiest of them, with the tiles dealt out so that it has the least to do."""
    given = dict.fromkeys(work, 1)
    for _ in range(tiles - len(work)):
        given[_busiest(work, given)] += 1
    name = _busiest(work, given)
    return Bound(BoundName.ENGINES, name, work[name].busier / given[name])


def _busiest(work: Mapping[str, _Work], tiles: Mapping[str, int]) -> str:
    return max(work, key=lambda name: work[name].busier / tiles[name])
