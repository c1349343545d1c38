"""I/O tile during a run: injection and collection DMA (RTL: ``io_tile/io_tile.py``, ``io_tile/inject.py``, ``io_tile/collect.py``)."""

from __future__ import annotations

from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, INJECT_PLAY, InjectOp
from shiftfire_spec.packet import PORTS, Kind, Port

from .compiled import inlined
from .configuration import Configuration
from .queue import head, pop, push, ready
from .state import (
    AXON_SHIFT,
    INJECT_ADDRESS,
    INJECT_IDLE,
    INJECT_MASK,
    INJECT_OPEN,
    INJECT_SEND,
    INJECT_TIME_IDLE,
    INJECT_TIME_SEND,
    KIND_MASK,
    PAYLOAD_SHIFT,
    TAG_MASK,
    TAG_SHIFT,
    State,
    record,
)
from .wakes import IO_UNIT, NEVER, ROUTER_UNIT, wake

_WEST = int(Port.WEST)
_SPIKE, _END = int(Kind.SPIKE), int(Kind.END)
_OP_EVENT, _OP_END, _OP_BEGIN, _OP_PLAY = (int(op) for op in (InjectOp.EVENT, InjectOp.END, InjectOp.BEGIN, InjectOp.PLAY))
_OP_MASK = (1 << INJECT_EVENT.field("op").bits) - 1
_WORD_AXON, _WORD_AXON_MASK = INJECT_EVENT.offset("axon"), (1 << INJECT_EVENT.field("axon").bits) - 1
_WORD_PAYLOAD, _WORD_PAYLOAD_MASK = INJECT_EVENT.offset("payload"), (1 << INJECT_EVENT.field("payload").bits) - 1
_WORD_MORE = INJECT_PLAY.offset("more")
_WAIT_BIT = 1 << INJECT_PLAY.offset("wait")
_WORD_TAG, _WORD_TAG_MASK = INJECT_BEGIN.offset("tag"), (1 << INJECT_BEGIN.field("tag").bits) - 1
_SEND = int(EventKind.SEND)


@inlined
def _collect(c: Configuration, s: State, cycle: int, ready_memory: bool) -> bool:
    """Collection DMA. Returns whether it asks for the memory port."""
    io, queue = s.io[0], c.tiles * (PORTS + 1)
    if s.queues.count[queue] == 0:
        return False
    flit = head(s.queues, queue)
    stored = c.stores[(flit >> TAG_SHIFT) & TAG_MASK] == 1
    asks = stored or io.collected < c.collect_limit
    if asks and not ready_memory:
        return True
    if stored or io.second:
        if flit & KIND_MASK == _END:
            io.ended += 1
        pop(s.queues, queue)
        wake(s.wakes, ROUTER_UNIT, 0, cycle + 1)
    if not stored:
        io.collected += io.second
        io.second ^= 1
    return asks


@inlined
def _send(c: Configuration, s: State, cycle: int, word: int) -> bool:
    """State SEND with a word at the head. Returns whether the word is popped."""
    io = s.io[0]
    op = word & _OP_MASK
    if op == _OP_PLAY and not io.playing:
        if c.timed and word & _WAIT_BIT:
            io.state = INJECT_TIME_SEND
            return True
        io.more = (word >> _WORD_MORE) & 1
        io.state = INJECT_ADDRESS
        return True
    if op != _OP_EVENT and op != _OP_END:
        return True
    if not ready(s.queues, _WEST):
        return False
    axon = (word >> _WORD_AXON) & _WORD_AXON_MASK
    payload = (word >> _WORD_PAYLOAD) & _WORD_PAYLOAD_MASK
    kind = _END if op == _OP_END else _SPIKE
    flit = kind | (io.tag << TAG_SHIFT) | (axon << AXON_SHIFT) | (payload << PAYLOAD_SHIFT)
    push(s.queues, _WEST, flit, c.routes[0, io.tag])
    wake(s.wakes, ROUTER_UNIT, 0, cycle + 1)
    record(s.trace, cycle, IO_TILE, _SEND, flit)
    if op == _OP_END:
        if not (io.playing and io.more):
            io.state = INJECT_IDLE
        io.draining = io.playing
    return True


@inlined
def _head(c: Configuration, s: State) -> int:
    """The next word of the source that is read, program or what is stored."""
    io = s.io[0]
    return c.stored_words[io.popped] if io.playing else c.inject_words[io.popped]


@inlined
def _inject(c: Configuration, s: State, cycle: int) -> bool:
    """Injection state machine. Returns whether a word is popped."""
    io = s.io[0]
    state = io.state
    if state == INJECT_OPEN:
        if io.opened & io.mask == io.mask:
            io.opened &= ~io.mask
            io.state = INJECT_SEND
        return False
    if io.popped == io.requested or s.arrival[io.popped % len(s.arrival)] >= cycle:
        return False
    word = _head(c, s)
    if state in (INJECT_TIME_IDLE, INJECT_TIME_SEND):
        io.until = word
        if cycle < word:
            return False
        io.state = INJECT_IDLE if state == INJECT_TIME_IDLE else INJECT_SEND
        return True
    if state == INJECT_SEND:
        return _send(c, s, cycle, word)
    if state == INJECT_ADDRESS:
        io.address = word
        io.resume = io.popped + 1
        io.draining = 1
        io.state = INJECT_SEND
    elif state == INJECT_MASK:
        io.mask = word
        io.state = INJECT_OPEN
    elif word & _OP_MASK == _OP_BEGIN:
        io.tag = (word >> _WORD_TAG) & _WORD_TAG_MASK
        io.state = INJECT_MASK
    elif c.timed and word & _OP_MASK == _OP_PLAY and word & _WAIT_BIT:
        io.state = INJECT_TIME_IDLE
    return True


@inlined
def _fetches(c: Configuration, s: State) -> bool:
    """Whether the injection asks for a word: program words up to the last, stored ones without end."""
    io = s.io[0]
    more = io.playing == 1 or io.requested < len(c.inject_words)
    return more and io.draining == 0 and io.requested - io.popped < c.inject_queue_depth


@inlined
def _drain(s: State, cycle: int) -> None:
    """Between two sources: go on from the next one when no word is on its way."""
    io = s.io[0]
    if cycle <= io.last_arrival:
        return
    io.draining = 0
    io.playing ^= 1
    io.requested = io.popped = io.address if io.playing else io.resume


@inlined
def open_cycles(c: Configuration, cycle: int) -> int:
    """Cycles before ``cycle`` in which the memory takes requests."""
    return cycle // c.memory_period * c.memory_open + min(cycle % c.memory_period, c.memory_open)


def open_cycle(c: Configuration, number: int) -> int:
    """The cycle that is number ``number`` (from 0) of those in which the memory takes requests."""
    return number // c.memory_open * c.memory_period + number % c.memory_open


_open_cycle = inlined(open_cycle)


@inlined
def note_prefetch(c: Configuration, s: State, cycle: int) -> None:
    """Note when the configuration beside the run has made its last request, if it has before ``cycle``: it takes what the others leave."""
    io = s.io[0]
    if io.prefetched_at < 0 and c.prefetch_words and open_cycles(c, cycle) - io.used >= c.prefetch_words:
        io.prefetched_at = _open_cycle(c, c.prefetch_words - 1 + io.used)


@inlined
def _next_evaluation(c: Configuration, s: State, cycle: int, popped: bool) -> int:
    """When the I/O tile must be looked at again if nobody wakes it."""
    io = s.io[0]
    if s.queues.count[c.tiles * (PORTS + 1)] > 0:
        return cycle + 1
    if io.draining:
        return max(cycle, io.last_arrival) + 1
    if _fetches(c, s):
        return cycle + 1
    if io.state == INJECT_OPEN:
        return cycle + 1 if io.opened & io.mask == io.mask else NEVER
    if io.popped == io.requested:
        return NEVER
    if io.state in (INJECT_TIME_IDLE, INJECT_TIME_SEND) and not popped and io.until > cycle:
        return io.until
    at_hand = s.arrival[io.popped % len(s.arrival)] + 1
    if at_hand <= cycle and not popped and io.state == INJECT_SEND and not ready(s.queues, _WEST):
        op = _head(c, s) & _OP_MASK
        return NEVER if op in (_OP_EVENT, _OP_END) else cycle + 1  # the other words need no room in the mesh
    return max(cycle + 1, at_hand)


@inlined
def io_tile(c: Configuration, s: State, cycle: int) -> None:
    """One cycle of the I/O tile."""
    io = s.io[0]
    note_prefetch(c, s, cycle)
    ready_memory = cycle % c.memory_period < c.memory_open
    writes = _collect(c, s, cycle, ready_memory)
    requests = ready_memory and not writes and _fetches(c, s)
    drains = io.draining
    popped = not drains and _inject(c, s, cycle)
    if requests:
        io.last_arrival = cycle + c.memory_latency
        s.arrival[io.requested % len(s.arrival)] = io.last_arrival
        io.requested += 1
    if popped:
        io.popped += 1
    if drains:
        _drain(s, cycle)
    io.used += int(ready_memory and (writes or requests))
    io.finished = io.ended >= c.collect_ends and (c.drains == 0 or cycle > io.quiet_at)
    if not io.finished and io.quiet_at != NEVER:
        wake(s.wakes, IO_UNIT, 0, io.quiet_at + 1)
    wake(s.wakes, IO_UNIT, 0, _next_evaluation(c, s, cycle, popped))
