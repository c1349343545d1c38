"""The I/O tile: cycles of injection, playing, collection."""

import numpy as np
import pytest
from shiftfire.cycle.configuration import Configuration
from shiftfire.cycle.io_tile import io_tile, open_cycle, open_cycles
from shiftfire.cycle.queue import end_cycle, pop, push
from shiftfire.cycle.state import TAG_SHIFT, State, initial_state
from shiftfire.cycle.wakes import IO_UNIT, NEVER, next_cycle, take_due
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, INJECT_PLAY, InjectOp
from shiftfire_spec.packet import PORTS, Kind, Port
from support.blank_configuration import blank, zeros

WEST, COLLECTION = int(Port.WEST), PORTS + 1
BEGIN, EVENT, END = (
    INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=3),
    INJECT_EVENT.pack(op=InjectOp.EVENT, axon=4),
    INJECT_EVENT.pack(op=InjectOp.END),
)


def run(c: Configuration, cycles: int, opens: int = 0) -> tuple[State, list[int]]:
    """State after ``cycles``, and the cycles in which packets went. Slot 1 opens at the end of cycle ``opens``; the mesh takes everything at once."""
    s = initial_state(c)
    for cycle in range(cycles):
        io_tile(c, s, cycle)
        if s.queues.count[WEST]:
            pop(s.queues, WEST)
        end_cycle(s.queues, cycle)
        if cycle == opens:
            s.io[0].opened |= 2
    return s, s.trace.rows[: s.trace.count[0], 0].tolist()


@pytest.mark.parametrize("latency", [1, 2, 5])
def test_injection(latency: int) -> None:
    """A word is at hand the cycle after it arrives; BEGIN, its mask, and the opening of slots take one cycle each, then a packet per cycle."""
    c = blank(memory_latency=latency, inject_queue_depth=8, inject_words=np.array([BEGIN, 2, EVENT, EVENT, END]))
    assert run(c, 30)[1] == [latency + 4, latency + 5, latency + 6]
    assert run(c, 60, opens=30)[1] == [32, 33, 34]


def test_other_words_in_an_open_vector_are_lost() -> None:
    """They take a cycle each."""
    c = blank(inject_queue_depth=8, inject_words=np.array([BEGIN, 0, EVENT, BEGIN, END]))
    assert run(c, 30)[1] == [6, 8]


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("latency", [1, 2, 5])
def test_play(latency: int, depth: int) -> None:
    """The first packet follows the address by L + 3 cycles when nothing was in flight, by 2 L + 3 at most; what follows it comes after the END.

    The first vector is of three pieces.
    """
    words = np.array(
        [
            BEGIN,
            0,
            *play(1, more=1),
            *play(6, more=1),
            *play(1),
            BEGIN,
            0,
            EVENT,
            END,
            BEGIN,
            0,
            *play(4),
            EVENT,  # the vector is closed
        ]
    )
    c = blank(
        memory_latency=latency,
        inject_queue_depth=depth,
        inject_words=words,
        stored_words=np.array([END, EVENT, EVENT, END, EVENT, END, END]),
    )
    s = initial_state(c)
    played = []
    for cycle in range(300):
        before = s.io[0].draining
        io_tile(c, s, cycle)
        if s.io[0].draining and not before and not s.io[0].playing:
            played.append(cycle)
        if s.queues.count[WEST]:
            pop(s.queues, WEST)
        end_cycle(s.queues, cycle)
    rows = s.trace.rows[: s.trace.count[0]]
    ends = "001" + "1" + "001" + "01" + "01"
    assert (rows[:, 3] & 3).tolist() == [Kind.END if end == "1" else Kind.SPIKE for end in ends]
    for address, first in zip(played, rows[[0, 3, 4, 9], 0], strict=True):
        assert latency + 3 <= first - address <= 2 * latency + 3
    if depth == 1:
        assert rows[0, 0] - played[0] == latency + 3


def play(address: int, more: int = 0) -> list[int]:
    return [INJECT_PLAY.pack(op=InjectOp.PLAY, more=more), address]


def woken_cycles(c: Configuration) -> list[int]:
    """Cycles in which the tile is looked at, until nothing wakes it, when the mesh takes everything at once and slots are open."""
    s, cycles = initial_state(c), []
    while (cycle := next_cycle(s.wakes)) != NEVER:
        take_due(s.wakes, cycle)
        if s.wakes.due_count[IO_UNIT]:
            cycles.append(cycle)
            io_tile(c, s, cycle)
        if s.queues.count[WEST]:
            pop(s.queues, WEST)
        end_cycle(s.queues, cycle)
    return cycles


def wait(until: int) -> list[int]:
    return [INJECT_PLAY.pack(op=InjectOp.PLAY, wait=1), until]


def test_waits() -> None:
    """The cycle after the one waited for is the next word's; a time that is over costs two cycles. Nobody looks at the tile until then."""
    words = np.array([*wait(300), BEGIN, 0, EVENT, *wait(600), EVENT, *wait(3), END])
    c = blank(inject_queue_depth=16, inject_words=words)
    s, sent = run(c, 700)
    assert sent == [304, 601, 604]
    assert s.io[0].until == 3
    woken = woken_cycles(c)
    assert {300, 600} < set(woken) and len(woken) < 40
    stored = np.zeros(602, np.int64)
    stored[600:] = EVENT, END
    s, sent = run(c._replace(timed=0, stored_words=stored), 700)
    assert len(sent) == 3 and s.io[0].address == 600  # it plays from there in the open vector


def test_collection_takes_two_writes_and_has_the_memory_first() -> None:
    """Two packets collected and one stored in five open cycles, in a memory that takes a request in two cycles of three."""
    stores = zeros(8)
    stores[2] = 1
    c = blank(
        memory_period=3,
        memory_open=2,
        stores=stores,
        collect_ends=3,
        ingress_queue_depth=4,
        inject_words=np.array([BEGIN, 0, END]),
        prefetch_words=4,
    )
    s = initial_state(c)
    for tag in (1, 2, 1):
        push(s.queues, COLLECTION, int(Kind.END) | tag << TAG_SHIFT, 0)
        end_cycle(s.queues, -1)
    finished = []
    for cycle in range(20):
        io_tile(c, s, cycle)
        end_cycle(s.queues, cycle)
        finished.append(bool(s.io[0].finished))
    assert finished.index(True) == 6  # open cycles: 0, 1, 3, 4, 6
    assert (s.io[0].collected, s.io[0].ended) == (2, 3)
    assert s.io[0].used == 5 + 3
    assert s.io[0].prefetched_at == 16  # the twelfth open cycle


def test_full_room_asks_for_no_memory() -> None:
    """Packets past the limit are taken in two cycles each, whatever the memory does."""
    c = blank(memory_period=100, memory_open=1, collect_limit=0, collect_ends=2)
    s = initial_state(c)
    for _ in range(2):
        push(s.queues, COLLECTION, int(Kind.END), 0)
        end_cycle(s.queues, -1)
    for cycle in range(4):
        io_tile(c, s, cycle)
        end_cycle(s.queues, cycle)
    assert s.io[0].finished and s.io[0].collected == 2


@pytest.mark.parametrize(("period", "open_"), [(1, 1), (3, 1), (7, 4)])
def test_open_cycles(period: int, open_: int) -> None:
    c = blank(memory_period=period, memory_open=open_)
    takes = [cycle for cycle in range(60) if cycle % period < open_]
    assert [open_cycle(c, n) for n in range(len(takes))] == takes
    assert [open_cycles(c, cycle) for cycle in range(60)] == [sum(t < cycle for t in takes) for cycle in range(60)]
