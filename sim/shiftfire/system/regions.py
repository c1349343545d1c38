"""Regions: where in memory the I/O tile stores what one round's cores send, from where a later one plays it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, IO_CONFIG_TILE, Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import INJECT_EVENT, INJECT_PLAY, ROOM, STORE, InjectOp

from ..compiler.lowering.encode import most_packets, pack_array
from ..compiler.lowering.events import CoreEvents
from ..compiler.lowering.inject import Injection
from ..compiler.program import Program
from ..network.values import IntArray


@dataclass(frozen=True, eq=False)
class Region:
    """What one core sends in a run, as injection words, and where that lies in memory: vector n from word ``address + n * room`` on.

    ``part`` names it: the layer, which of the layer's cores, and of which batch of samples. ``words`` of all vectors, one behind the other: those of vector n are
    ``words[start[n] : start[n + 1]]``.
    """

    part: tuple[str, int, int]
    address: int
    room: int
    words: NDArray[np.uint32]
    start: IntArray

    @property
    def vectors(self) -> int:
        return len(self.start) - 1

    @property
    def size(self) -> int:
        """Words that it has room for."""
        return self.vectors * self.room

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.size

    @property
    def places(self) -> IntArray:
        """(vectors,) address of each vector."""
        return self.address + self.room * np.arange(self.vectors, dtype=np.int64)


def region_words(events: CoreEvents) -> NDArray[np.uint32]:
    """Injection words of everything that a core sends, in order: an EVENT per packet, an END per vector."""
    starts = events.event_start[:: events.steps]
    vector = np.repeat(np.arange(events.vectors), np.diff(starts))
    words = np.full(len(events.axon) + events.vectors, INJECT_EVENT.pack(op=InjectOp.END), np.uint32)
    words[np.arange(len(events.axon)) + vector] = pack_array(
        INJECT_EVENT, op=InjectOp.EVENT, axon=events.axon, payload=events.payload
    )
    return words


@dataclass
class RegionMap:
    """Regions that are still needed, by layer, in order of its cores. Each vector has room for whatever its core can send; ``memory`` words have been enough.

    Those of the samples of ``batch``.
    """

    regions: dict[str, list[Region]] = field(default_factory=dict)
    memory: int = 0
    batch: int = 0

    def store(self, program: Program, events: Sequence[CoreEvents]) -> tuple[Region, ...]:
        """Regions of the program's stored cores, in order of their tags."""
        stored = program.stored_cores()
        handed: dict[int, Region] = {}
        for own in events:
            if own.core not in stored:
                continue
            core, layer = own.core, program.network.layer(own.core.layer)
            known = self.regions.setdefault(core.layer, [])
            packets = most_packets(layer.value_limits) if layer.kind.wide else 1
            room = core.channels * core.rows * core.columns * packets + 1
            start = own.event_start[:: own.steps] + np.arange(own.vectors + 1)
            region = Region(
                (core.layer, len(known), self.batch), self._free_place(own.vectors * room), room, region_words(own), start
            )
            self.memory = max(self.memory, region.end)
            known.append(region)
            handed[program.stream_of(core.tile).tag] = region
        return tuple(handed[tag] for tag in sorted(handed))

    def _free_place(self, size: int) -> int:
        """The first word of the first gap of ``size`` words."""
        place = 0
        for region in sorted((r for own in self.regions.values() for r in own), key=lambda r: r.address):
            if region.address - place >= size:
                break
            place = region.end
        return place

    def release(self, needed: Container[str]) -> None:
        """Forget the regions of layers that are not ``needed`` any more."""
        self.regions = {name: own for name, own in self.regions.items() if name in needed}


def packed(regions: Sequence[Region]) -> tuple[Region, ...]:
    """The regions one behind the other, from word 0 on."""
    ends = np.cumsum([0, *(region.size for region in regions)]).tolist()
    return tuple(replace(region, address=address) for region, address in zip(regions, ends, strict=False))


def moved_plays(injection: Injection, before: Sequence[Region], after: Sequence[Region]) -> Injection:
    """The injection program of a round that plays the regions ``before``, when they lie where ``after`` says."""
    words = injection.words.copy()
    plays = [
        np.arange(first + 3, last, 2)  # behind BEGIN, its mask and PLAY
        for first, last in pairwise(injection.vector_start.tolist())
        if INJECT_PLAY.read("op", words[first + 2]) == InjectOp.PLAY
    ]
    if plays:
        order = np.argsort([region.address for region in before])
        start, end = (np.array([region.address for region in regions], np.int64)[order] for regions in (before, after))
        place = np.concatenate(plays)
        address = words[place].astype(np.int64)
        words[place] = address + (end - start)[np.searchsorted(start, address, side="right") - 1]
    return replace(injection, words=words)


def vector_places(regions: Sequence[Region]) -> IntArray:
    """(vectors, regions) addresses of each vector's parts, for the regions of one layer."""
    return np.stack([region.places for region in regions], axis=1)


def memory_words(regions: Sequence[Region]) -> NDArray[np.uint32]:
    """Memory from address 0 to the last of the regions, as it is when they have been stored; 0 where there is none of them."""
    memory = np.zeros(max((region.end for region in regions), default=0), np.uint32)
    for region in regions:
        length = np.diff(region.start)
        memory[np.repeat(region.places - region.start[:-1], length) + np.arange(len(region.words))] = region.words
    return memory


def table_entries(chip: ChipConfig, stored: Sequence[Region]) -> NDArray[np.uint32]:
    """Configuration entries (entries, 2) of the I/O tile's store table; entries that are not in use are turned off."""
    idle = [STORE.pack()] * (chip.regions - len(stored))
    rows = [
        (Space.STORE, tag, word) for tag, word in enumerate([*(STORE.pack(address=r.address, enable=1) for r in stored), *idle])
    ]
    rows += [(Space.ROOM, tag, ROOM.pack(words=r.room)) for tag, r in enumerate(stored)]
    return np.array([(CONFIG_ADDRESS.pack(tile=IO_CONFIG_TILE, space=s, offset=o), word) for s, o, word in rows], np.uint32)
