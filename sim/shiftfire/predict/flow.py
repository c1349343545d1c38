"""Flow: how long the packets of one sender's vector take through readers that are slow at different times.

Packets go in order of rows. A reader that sees few rows works on those and lets the others pass; all readers of a stream are at most the queues' room apart.
So the rows' slowest readers follow each other, where a sum over all rows would have them work at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE


@dataclass(frozen=True)
class Flow:
    """Cycles after the first packet, of readers that were idle then: when the END goes, the tile of the reader that takes longest, and when each reader has done its work, by tile."""

    sent: float
    slowest: int
    done: Mapping[int, float]


def flow(
    packets: Sequence[float],
    loads: Sequence[Sequence[float]],
    hops: Sequence[int],
    tiles: Sequence[int],
    chip: ChipConfig,
    pauses: Mapping[int, float] | None = None,
) -> Flow:
    """The flow of a vector of ``packets`` by row through readers of ``loads`` by row each, on ``tiles``, so many hops away.

    The sender pauses before some of the rows: ``pauses``, cycles by row.
    """
    readers = [_Reader(chip.link_queue_depth * (h + 1) + chip.ingress_queue_depth) for h in hops]
    total, sent = 0.0, 0.0
    for row, count in enumerate(packets):
        sent += pauses.get(row, 0.0) if pauses else 0.0
        if not count:
            continue
        start, sent, total = sent, sent + count, total + count
        for reader, cycles in zip(readers, loads, strict=True):
            reader.take(total, start, count, cycles[row])
            sent = max(sent, reader.passed(total - reader.room))
    done = [reader.done[-1] for reader in readers]
    return Flow(sent, tiles[done.index(max(done))] if done else IO_TILE, dict(zip(tiles, done, strict=True)))


class _Reader:
    """A reader: rows are worked on from ``begun`` to ``done``, with ``counts`` packets up to their ends, and ``room`` for packets on the way to it."""

    def __init__(self, room: float) -> None:
        self.room, self.counts, self.begun, self.done = room, [0.0], [0.0], [0.0]
        self._next = 1

    def take(self, total: float, start: float, count: float, load: float) -> None:
        """A row of ``count`` packets more, ``total`` with those before, whose first one comes at ``start``."""
        self.counts.append(total)
        self.begun.append(max(self.done[-1], start))
        self.done.append(max(self.begun[-1] + load, start + count))

    def passed(self, number: float) -> float:
        """When packet ``number`` has been worked on; ``number`` grows from call to call."""
        if number <= 0:
            return 0.0
        while self.counts[self._next] < number:
            self._next += 1
        before, own = self.counts[self._next - 1], self._next
        share = (number - before) / (self.counts[own] - before)
        return self.begun[own] + share * (self.done[own] - self.begun[own])
