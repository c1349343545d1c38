"""I/O tile during a run: injection and collection DMA (RTL: ``io/io_tile.py``, ``io/inject.py``, ``io/collect.py``)."""

from __future__ import annotations

from numba import njit
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, InjectOp
from shiftfire_spec.packet import PORTS, Kind, Port

from .configuration import Configuration
from .queue import head, pop, push, ready
from .state import (
    AXON_SHIFT,
    INJECT_IDLE,
    INJECT_MASK,
    INJECT_OPEN,
    INJECT_SEND,
    KIND_MASK,
    NEVER,
    PAYLOAD_SHIFT,
    TAG_SHIFT,
    State,
    record,
    wake,
)

_WEST = int(Port.WEST)
_SPIKE, _END = int(Kind.SPIKE), int(Kind.END)
_OP_EVENT, _OP_END, _OP_BEGIN = int(InjectOp.EVENT), int(InjectOp.END), int(InjectOp.BEGIN)
_OP_MASK = (1 << INJECT_EVENT.field("op").bits) - 1
_WORD_AXON, _WORD_AXON_MASK = INJECT_EVENT.offset("axon"), (1 << INJECT_EVENT.field("axon").bits) - 1
_WORD_PAYLOAD, _WORD_PAYLOAD_MASK = INJECT_EVENT.offset("payload"), (1 << INJECT_EVENT.field("payload").bits) - 1
_WORD_TAG, _WORD_TAG_MASK = INJECT_BEGIN.offset("tag"), (1 << INJECT_BEGIN.field("tag").bits) - 1
_SEND = int(EventKind.SEND)


@njit(cache=True)
def _collect(c: Configuration, s: State, cycle: int) -> bool:
    """Collection DMA. Returns whether it takes the memory port."""
    io, queue = s.io, c.tiles * (PORTS + 1)
    if s.queues.count[queue] == 0:
        return False
    stores = io.collected[0] < c.collect_limit
    if io.second[0]:
        if head(s.queues, queue) & KIND_MASK == _END:
            io.ended[0] += 1
        pop(s.queues, queue)
        wake(s.wakes.router, 0, cycle + 1)
        io.collected[0] += 1
    io.second[0] ^= 1
    return stores


@njit(cache=True)
def _send(c: Configuration, s: State, cycle: int, word: int) -> bool:
    """State SEND with a word at the head. Returns whether the word is popped."""
    io = s.io
    op = word & _OP_MASK
    if op != _OP_EVENT and op != _OP_END:
        return True
    if not ready(s.queues, _WEST):
        return False
    axon = (word >> _WORD_AXON) & _WORD_AXON_MASK
    payload = (word >> _WORD_PAYLOAD) & _WORD_PAYLOAD_MASK
    kind = _END if op == _OP_END else _SPIKE
    flit = kind | (io.tag[0] << TAG_SHIFT) | (axon << AXON_SHIFT) | (payload << PAYLOAD_SHIFT)
    push(s.queues, _WEST, flit, c.routes[0, io.tag[0]])
    wake(s.wakes.router, 0, cycle + 1)
    record(s.trace, cycle, IO_TILE, _SEND, flit)
    if op == _OP_END:
        io.state[0] = INJECT_IDLE
    return True


@njit(cache=True)
def _inject(c: Configuration, s: State, cycle: int) -> bool:
    """Injection state machine. Returns whether a word is popped."""
    io = s.io
    state = io.state[0]
    if state == INJECT_OPEN:
        if io.opened[0] & io.mask[0] == io.mask[0]:
            io.opened[0] &= ~io.mask[0]
            io.state[0] = INJECT_SEND
        return False
    if io.popped[0] == io.requested[0] or io.arrival[io.popped[0] % len(io.arrival)] >= cycle:
        return False
    word = c.inject_words[io.popped[0]]
    if state == INJECT_SEND:
        return _send(c, s, cycle, word)
    if state == INJECT_MASK:
        io.mask[0] = word
        io.state[0] = INJECT_OPEN
    elif word & _OP_MASK == _OP_BEGIN:
        io.tag[0] = (word >> _WORD_TAG) & _WORD_TAG_MASK
        io.state[0] = INJECT_MASK
    return True


@njit(cache=True)
def _next_evaluation(c: Configuration, s: State, cycle: int, popped: bool) -> int:
    """When the I/O tile must be looked at again if nobody wakes it."""
    io = s.io
    if s.queues.count[c.tiles * (PORTS + 1)] > 0:
        return cycle + 1
    if io.requested[0] < len(c.inject_words) and io.requested[0] - io.popped[0] < c.inject_queue_depth:
        return cycle + 1
    if io.state[0] == INJECT_OPEN:
        return cycle + 1 if io.opened[0] & io.mask[0] == io.mask[0] else NEVER
    if io.popped[0] == io.requested[0]:
        return NEVER
    at_hand = io.arrival[io.popped[0] % len(io.arrival)] + 1
    if at_hand <= cycle and not popped and io.state[0] == INJECT_SEND:
        return NEVER if not ready(s.queues, _WEST) else cycle + 1
    return max(cycle + 1, at_hand)


@njit(cache=True)
def io_tile(c: Configuration, s: State, cycle: int) -> None:
    """One cycle of the I/O tile."""
    io = s.io
    writes = _collect(c, s, cycle)
    requests = io.requested[0] < len(c.inject_words) and io.requested[0] - io.popped[0] < c.inject_queue_depth and not writes
    popped = _inject(c, s, cycle)
    if requests:
        io.arrival[io.requested[0] % len(io.arrival)] = cycle + c.memory_latency
        io.requested[0] += 1
    if popped:
        io.popped[0] += 1
    io.finished[0] = io.ended[0] >= c.collect_ends
    wake(s.wakes.io, 0, _next_evaluation(c, s, cycle, popped))
