"""Traffic: what each vector of a mapped network is made of, and what it costs its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from shiftfire_spec.events import IO_TILE

from ..network.graph import Input
from .emission import Emission, at_hand
from .flow import Flow, flow
from .loads import LoadKey, LoadTable, integrate_loads
from .mapped import Mapped
from .memory import MemoryPort
from .wiring import GroupKey, Wiring


class Traffic:
    """The vectors of all senders, by number; where no samples are known, every vector of a source is like the others."""

    def __init__(self, mapped: Mapped, wiring: Wiring, table: LoadTable) -> None:
        self._chip, self._wiring = mapped.chip, wiring
        self._loads: Mapping[LoadKey, Sequence[Sequence[float]]] = integrate_loads(table, mapped.cores, mapped.connections)
        self._sums = {key: [sum(rows) for rows in vectors] for key, vectors in self._loads.items()}
        self._rows = {(source.name, IO_TILE): table.packets(source.name, None) for source in mapped.network.inputs}
        self._rows |= {(part.layer, part.tile): table.packets(part.layer, part) for part in mapped.cores}
        self._emissions: dict[tuple[str, int], Sequence[Emission]] = {
            (source.name, IO_TILE): [at_hand(sum(rows)) for rows in self._rows[source.name, IO_TILE]]
            for source in mapped.network.inputs
        }
        self._emissions |= {(part.layer, part.tile): table.emissions(part) for part in mapped.cores}
        self._flows: dict[tuple[str, int, int], Flow] = {}
        self.port = MemoryPort(mapped.chip)
        self._pauses = {source.name: self._pieces(source) for source in mapped.network.inputs}

    def _pieces(self, source: Input) -> dict[int, float]:
        """The pauses between the pieces of what is played, by the row behind each."""
        rows = accumulate(source.shape.height if piece.rows is None else piece.rows for piece in source.pieces[:-1])
        return dict.fromkeys(rows, self.port.pause)

    def emission(self, name: str, tile: int, number: int) -> Emission:
        """Of vector ``number`` of a sender."""
        vectors = self._emissions[name, tile]
        return vectors[number % len(vectors)]

    def load(self, key: GroupKey, tile: int, number: int) -> float:
        """Cycles that a group's core integrates vector ``number`` of the sender on ``tile``."""
        vectors = self._sums[(*key, tile)]
        return vectors[number % len(vectors)]

    def flow(self, name: str, tile: int, number: int) -> Flow:
        """Of vector ``number`` of a sender through all its readers."""
        vectors = self._rows[name, tile]
        number %= len(vectors)
        known = (name, tile, number)
        if known not in self._flows:
            readers = [key for key in self._wiring.readers[name] if tile in self._wiring.hears[key]]
            loads = [self._loads[(*key, tile)][number] for key in readers]
            far = [self._wiring.hears[key][tile] for key in readers]
            self._flows[known] = flow(vectors[number], loads, far, [key[0] for key in readers], self._chip, self._pauses.get(name))
        return self._flows[known]
