"""Queues between units: pushes and pops take effect at the end of the cycle (RTL: ``noc/queue.py``)."""

from __future__ import annotations

from .compiled import inlined
from .state import Queues


@inlined
def wrap(place: int, depth: int) -> int:
    """``place`` modulo ``depth``, for places below twice the depth (a division costs more than the rest of a push)."""
    return place - depth if place >= depth else place


@inlined
def ready(queues: Queues, queue: int) -> bool:
    """The queue takes an item in this cycle."""
    return queues.count[queue] < queues.depth[queue]


@inlined
def head(queues: Queues, queue: int) -> int:
    """Oldest item; the queue is not empty."""
    return queues.flit[queue, queues.head[queue]]


@inlined
def push(queues: Queues, queue: int, flit: int, mask: int) -> None:
    """Put an item in; it is visible from the next cycle on. At most once per queue and cycle, and only when ``ready``."""
    slot = wrap(queues.head[queue] + queues.count[queue], queues.depth[queue])
    queues.flit[queue, slot] = flit
    queues.mask[queue, slot] = mask
    queues.pushed[queues.staged[0]] = queue
    queues.staged[0] += 1


@inlined
def pop(queues: Queues, queue: int) -> None:
    """Take the head away at the end of the cycle. At most once per queue and cycle."""
    queues.popped[queues.staged[1]] = queue
    queues.staged[1] += 1


@inlined
def end_cycle(queues: Queues, cycle: int) -> None:
    """Let this cycle's pushes and pops take effect."""
    if queues.staged[0] + queues.staged[1]:
        queues.moved[0] = cycle
    for i in range(queues.staged[0]):
        queues.count[queues.pushed[i]] += 1
    for i in range(queues.staged[1]):
        queue = int(queues.popped[i])
        queues.count[queue] -= 1
        queues.head[queue] = wrap(queues.head[queue] + 1, queues.depth[queue])
    queues.staged[0] = 0
    queues.staged[1] = 0
