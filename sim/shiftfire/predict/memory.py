"""The I/O tile's memory port: a request per cycle, which injection and collection share."""

from __future__ import annotations

from collections import deque

from shiftfire_spec.chip import ChipConfig

from .links import Slow, behind

_KNOWN = 64  # of the vectors that were collected last
_BUSIEST = 0.98  # share of the cycles that a collection takes at most
_WORDS = 128  # after which the pace is steady


def injection_pace(chip: ChipConfig) -> float:
    """Cycles per word when the mesh takes one every cycle: so many requests may be on their way, and in some cycles the memory takes none."""
    arrivals: deque[int] = deque()
    popped, requested, cycle = 0, 0, 0
    first = 0
    opened = chip.memory_stall_period_cycles - chip.memory_stall_cycles
    while popped < 2 * _WORDS:
        room = requested - popped < chip.inject_queue_depth
        if arrivals and arrivals[0] < cycle:
            arrivals.popleft()
            popped += 1
            if popped == _WORDS:
                first = cycle
        if room and cycle % chip.memory_stall_period_cycles < opened:
            arrivals.append(cycle + chip.memory_latency_cycles)
            requested += 1
        cycle += 1
    return (cycle - 1 - first) / _WORDS


class MemoryPort:
    """The port of a chip. Collection goes first; what it takes is known of the vectors collected last."""

    def __init__(self, chip: ChipConfig) -> None:
        self.closed = chip.memory_stall_period_cycles / (chip.memory_stall_period_cycles - chip.memory_stall_cycles)
        self.pace = injection_pace(chip)
        self._writes: deque[Slow] = deque(maxlen=_KNOWN)
        self._injected = (0.0, 0.0)
        self._owed = 0.0

    def write(self, start: float, end: float, writes: float) -> None:
        """Note what the collection asks for between two cycles: it leaves the injection the rest.

        What it took of an injection that was worked out before is owed by the next one.
        """
        share = min(_BUSIEST, writes / max(1.0, end - start))
        begun, done = self._injected
        self._owed += share * max(0.0, min(end, done) - max(start, begun))
        self._writes.append(Slow(start, end, self.pace + share / (1 - share)))

    def injection_cycles(self, cycle: float, packets: float) -> float:
        """Cycles that the injection of so many packets takes from ``cycle`` on."""
        cycles = self._owed + (behind(self._writes, cycle, packets, packets * self.pace) if packets else 0.0)
        self._injected, self._owed = (cycle, cycle + cycles), 0.0
        return cycles
