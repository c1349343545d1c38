"""Hearing: which cores of a source a core takes vectors from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shiftfire_spec.events import IO_TILE

from ...network.graph import Network
from ..lowering.core_program import Intake, ordered_intakes
from ..lowering.geometry import intake_geometry, sees
from ..program import CoreSlice


@dataclass(frozen=True)
class Reader:
    """A stream group of a core that opens vectors, and the ``tiles`` that send it their parts of them."""

    tile: int
    group: int
    source: str
    tiles: tuple[int, ...]


def _chains(intakes: Sequence[Intake]) -> Iterator[tuple[int, tuple[Intake, ...]]]:
    """The groups that open vectors, each with those of its chain."""
    starts = [group for group, intake in enumerate(intakes) if not intake.follows]
    for start, stop in zip(starts, [*starts[1:], len(intakes)], strict=True):
        yield start, tuple(intakes[start:stop])


def heard(network: Network, cores: Sequence[CoreSlice], lanes: int) -> tuple[Reader, ...]:
    """All groups that open vectors, by core and group.

    A core's part of a vector goes to the groups that see any element of it. A group that sees nothing hears the first core: it needs an END to go on. A core
    that nobody sees is heard by its layer's first reader, so that its vectors are waited for as well. The I/O tile sends everything to all.
    """
    parts: dict[str, list[CoreSlice]] = {}
    for core in cores:
        parts.setdefault(core.layer, []).append(core)
    readers: list[Reader] = []
    for core in cores:
        for group, chain in _chains(ordered_intakes(network, network.layer(core.layer))):
            name = chain[0].source
            geometries = [intake_geometry(network, intake, core, lanes) for intake in chain]
            seen = [part.tile for part in parts.get(name, ()) if any(sees(geometry, part) for geometry in geometries)]
            fallback = parts[name][0].tile if name in parts else IO_TILE
            readers.append(Reader(core.tile, group, name, tuple(seen or [fallback])))
    for name, own in parts.items():
        first = next((i for i, reader in enumerate(readers) if reader.source == name), None)
        if first is not None:
            known = {tile for reader in readers if reader.source == name for tile in reader.tiles}
            missing = tuple(part.tile for part in own if part.tile not in known)
            readers[first] = replace(readers[first], tiles=(*readers[first].tiles, *missing))
    return tuple(readers)
