"""Regions: where in memory the I/O tile stores what one round's cores send and plays it in a later one."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, IO_CONFIG_TILE, Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import INJECT_EVENT, PLAY, STORE, InjectOp

from ..compiler.lowering.encode import most_packets, pack_array
from ..compiler.lowering.events import CoreEvents
from ..compiler.program import Program


@dataclass(frozen=True, eq=False)
class Region:
    """What one core sends in a run, as injection words, and where that lies in memory: from word ``address`` on, room for ``size`` words."""

    address: int
    size: int
    words: NDArray[np.uint32]


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
    """Regions that are still needed, by layer, in order of its cores. Each has room for whatever its core can send; ``memory`` words have been enough."""

    regions: dict[str, list[Region]] = field(default_factory=dict)
    memory: int = 0

    def store(self, program: Program, events: Sequence[CoreEvents]) -> tuple[Region, ...]:
        """Regions of the program's stored cores, in order of their tags."""
        stored = program.stored_cores()
        handed: dict[int, Region] = {}
        for own in events:
            if own.core not in stored:
                continue
            core, layer = own.core, program.network.layer(own.core.layer)
            packets = most_packets(layer.value_limits) if layer.kind.wide else 1
            size = own.vectors * (core.channels * core.rows * core.columns * packets + 1)
            region = Region(self._free_place(size), size, region_words(own))
            self.memory = max(self.memory, region.address + size)
            self.regions.setdefault(core.layer, []).append(region)
            handed[program.stream_of(core.tile).tag] = region
        return tuple(handed[tag] for tag in sorted(handed))

    def _free_place(self, size: int) -> int:
        """The first word of the first gap of ``size`` words."""
        place = 0
        for region in sorted((r for own in self.regions.values() for r in own), key=lambda r: r.address):
            if region.address - place >= size:
                break
            place = region.address + region.size
        return place

    def release(self, needed: Container[str]) -> None:
        """Forget the regions of layers that are not ``needed`` any more."""
        self.regions = {name: own for name, own in self.regions.items() if name in needed}

    def played(self, names: Iterable[str]) -> tuple[tuple[Region, ...], dict[str, list[int]]]:
        """Regions of the layers ``names``, and their numbers in the play table by layer."""
        chosen: list[Region] = []
        numbers: dict[str, list[int]] = {}
        for name in names:
            numbers[name] = list(range(len(chosen), len(chosen) + len(self.regions[name])))
            chosen += self.regions[name]
        return tuple(chosen), numbers


def table_entries(chip: ChipConfig, stored: Sequence[Region], played: Sequence[Region]) -> NDArray[np.uint32]:
    """Configuration entries (entries, 2) of the I/O tile's tables; store entries that are not in use are turned off."""
    idle = [STORE.pack()] * (chip.regions - len(stored))
    rows = [
        (Space.STORE, tag, word) for tag, word in enumerate([*(STORE.pack(address=r.address, enable=1) for r in stored), *idle])
    ]
    rows += [(Space.PLAY, number, PLAY.pack(address=r.address)) for number, r in enumerate(played)]
    return np.array([(CONFIG_ADDRESS.pack(tile=IO_CONFIG_TILE, space=s, offset=o), word) for s, o, word in rows], np.uint32)
