"""The I/O tile's memory port: a request per cycle, which injection and collection share, and what injection waits for between vectors and pieces."""

from __future__ import annotations

from collections import deque

from shiftfire_spec.chip import ChipConfig

from .links import Slow, behind

_KNOWN = 64  # of the vectors that were collected last
_BUSIEST = 0.98  # share of the cycles that a collection takes at most
_WORDS = 128  # after which the pace is steady
_HEADER = 3  # words until the first packet of a vector: BEGIN, its mask, an event
_TURN = 3  # from a drained queue to the next word that is taken: drained, requested, at hand


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
        self._chip = chip
        self._stalls = chip.memory_stall_cycles / chip.memory_stall_period_cycles
        wait = self._stalls * (chip.memory_stall_cycles + 1) / 2  # the mean until a request is taken
        in_flight = chip.memory_latency_cycles * (1 - self._stalls) if chip.inject_queue_depth > 1 else 0.0  # of the words behind
        self.start = chip.memory_latency_cycles + wait + 1
        self._resume = _TURN + chip.memory_latency_cycles + wait + in_flight
        self._play = self._later(1, 1) + self._resume
        self._header = self._later(2, self._later(1, 1) + 2)
        self._writes: deque[Slow] = deque(maxlen=_KNOWN)
        self._injected = (0.0, 0.0)
        self._owed = 0.0

    def _later(self, word: int, least: float) -> float:
        """Cycles from the first word behind a drained queue to the one that is ``word`` words further on, and ``least`` cycles."""
        rounds, place = divmod(word, self._chip.inject_queue_depth)
        read = rounds * (self._chip.memory_latency_cycles + 2) + place
        return max(least, read + self._stalls)

    def write(self, start: float, end: float, writes: float) -> None:
        """Note what the collection asks for between two cycles: it leaves the injection the rest.

        What it took of an injection that was worked out before is owed by the next one.
        """
        share = min(_BUSIEST, writes / max(1.0, end - start))
        begun, done = self._injected
        self._owed += share * max(0.0, min(end, done) - max(start, begun))
        self._writes.append(Slow(start, end, self.pace + share / (1 - share)))

    @property
    def pause(self) -> float:
        """Cycles from the END of a piece to the first packet of the next one."""
        return self._resume + self._play

    def lead(self, played: bool) -> float:
        """Cycles from the opening of a vector to its first packet, more than of one that is not played."""
        return self._play if played else 0.0

    def gap(self, sent: float, before: bool, played: bool) -> float:
        """Cycles from the END of the vector before (``before``: whether it was played) to the first packet of the next one, if it is open."""
        if before:
            return self._resume + self._header + self.lead(played)
        return max(_HEADER + 1.0, (_HEADER - self._at_hand(sent)) * self.pace) + self.lead(played)

    def _at_hand(self, cycle: float) -> float:
        """Words that have been read and wait."""
        return max(0.0, min(self._chip.inject_queue_depth, (cycle - self._injected[1]) / self.pace))

    def injection_cycles(self, cycle: float, packets: float, pieces: int = 0) -> float:
        """Cycles from the first of so many packets, at ``cycle``, to the END; of what is played, to the END of the last piece."""
        paused = max(0, pieces - 1) * self.pause
        early = 0.0 if pieces else max(0.0, min(packets, self._at_hand(cycle) - _HEADER)) * (self.pace - 1)
        own = packets * self.pace - early
        cycles = self._owed + paused + (behind(self._writes, cycle, packets, own) if packets else 0.0)
        self._injected, self._owed = (cycle, cycle + cycles), 0.0
        return cycles
