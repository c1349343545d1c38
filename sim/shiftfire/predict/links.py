"""Links: how a stream that its reader holds up slows the others behind it.

Where a reader is slow, the queues on the way to it are full. A packet of another stream in one of them moves when one of the slow stream's does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import PORTS, Port

from ..compiler.mapping.routing import multicast_routes
from ..compiler.program import Stream

Link = tuple[int, int]  # a tile, and its output port to a neighbour
_KNOWN = 8  # slow vectors that a link remembers


@dataclass(frozen=True)
class Slow:
    """A vector that took ``pace`` cycles per packet from ``start`` to ``end``."""

    start: float
    end: float
    pace: float


def packet_cycles(chip: ChipConfig) -> float:
    """Cycles per packet of a stream: a queue of one place is ready again only when that is empty."""
    return 2.0 if 1 in (chip.egress_queue_depth, chip.link_queue_depth, chip.ingress_queue_depth) else 1.0


def links_of(source: int, destinations: Iterable[int], chip: ChipConfig) -> frozenset[Link]:
    """The links of a multicast tree; deliveries to cores are none."""
    return frozenset(_ports(multicast_routes(source, destinations, chip)))


def _ports(masks: Mapping[int, int]) -> Iterator[Link]:
    return ((tile, port) for tile, mask in masks.items() for port in range(PORTS) if port != Port.LOCAL and mask >> port & 1)


class Links:
    """The links of a chip, and what has been slow on them lately."""

    def __init__(self, chip: ChipConfig, streams: Iterable[Stream]) -> None:
        self.chip = chip
        self._trees = {stream.tag: links_of(stream.tile, stream.destinations, chip) for stream in streams}
        self._slow: dict[Link, deque[Slow]] = {}
        self._paths: dict[tuple[int, int], frozenset[Link]] = {}

    def note(self, sender: int, reader: int, slow: Slow) -> None:
        """A vector of ``sender`` waited for ``reader``."""
        if (sender, reader) not in self._paths:
            self._paths[sender, reader] = links_of(sender, (reader,), self.chip)
        for link in self._paths[sender, reader]:
            self._slow.setdefault(link, deque(maxlen=_KNOWN)).append(slow)

    def cycles(self, tag: int, start: float, packets: float, cycles: float) -> float:
        """Cycles that ``packets`` of a stream take from ``start`` on, which would take ``cycles`` on links of its own."""
        if not packets:
            return cycles
        return max(
            (behind(self._slow[link], start, packets, cycles) for link in self._trees[tag] if link in self._slow), default=cycles
        )


def behind(slow: Iterable[Slow], start: float, packets: float, cycles: float) -> float:
    """Cycles that ``packets`` take from ``start`` on, one behind the other with what is slow; ``cycles`` if nothing is."""
    own, now, left = cycles / packets, start, packets
    for other in sorted(slow, key=lambda s: s.start):
        if other.end <= now or other.pace <= own:
            continue
        free = max(0.0, other.start - now)
        if left * own <= free:
            break
        left -= free / own
        now += free
        moved = min(left, (other.end - now) / other.pace)
        left -= moved
        now += moved * other.pace
    return now + left * own - start
