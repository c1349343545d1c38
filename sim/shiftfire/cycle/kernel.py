"""The run kernel: all units, cycle by cycle, jumping over cycles in which nothing can change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import resources

import numpy as np
from numba import njit

from .configuration import Array, Configuration
from .fire import fire, fire_catch_up
from .integrate import integrate, integrate_catch_up
from .io_tile import io_tile
from .queue import end_cycle
from .router import router
from .state import NEVER, State

FINISHED, PAUSED, STALLED = range(3)


@njit(inline="always")
def _next_cycle(s: State) -> int:
    cycle = s.wakes.io[0]
    for tile in range(len(s.wakes.router)):
        cycle = min(cycle, s.wakes.router[tile], s.wakes.integrate[tile], s.wakes.fire[tile])
    return cycle


@njit(inline="always")
def _take_due(wakes: Array, cycle: int, due: Array) -> int:
    """Move the units due in ``cycle`` from ``wakes`` to ``due``; returns how many."""
    count = 0
    for index in range(len(wakes)):
        if wakes[index] == cycle:
            wakes[index] = NEVER
            due[count] = index
            count += 1
    return count


@njit(inline="always")
def _run(c: Configuration, s: State, until: int) -> tuple[int, int]:
    """Run until the collection is finished or cycle ``until`` is reached.

    Returns (FINISHED, last cycle), (PAUSED, next cycle): call again; or (STALLED, last cycle): nothing can ever change.
    Order within a cycle: fire (sees no unit's changes), integrate (fire's idle time is in the future), I/O, routers (deliver credits), queues.
    """
    last = -1
    w = s.wakes
    fires, integrates, routers, io = (
        np.empty(c.tiles, np.int64),
        np.empty(c.tiles, np.int64),
        np.empty(c.tiles, np.int64),
        np.empty(1, np.int64),
    )
    while True:
        cycle = _next_cycle(s)
        if cycle == NEVER:
            return STALLED, last
        if cycle >= until:
            return PAUSED, cycle
        last = cycle
        fire_count = _take_due(w.fire, cycle, fires)
        integrate_count = _take_due(w.integrate, cycle, integrates)
        router_count = _take_due(w.router, cycle, routers)
        io_count = _take_due(w.io, cycle, io)
        for i in range(fire_count):
            fire(c, s, cycle, fires[i])
        for i in range(integrate_count):
            integrate(c, s, cycle, integrates[i])
        if io_count:
            io_tile(c, s, cycle)
        for i in range(router_count):
            router(c, s, cycle, routers[i])
        end_cycle(s.queues)
        if s.io[0].finished:
            for tile in range(c.tiles):
                fire_catch_up(c, s, tile, cycle)
                integrate_catch_up(c, s, tile, cycle)
            return FINISHED, cycle


def _source_digest() -> int:
    """63 bits that change with any source of this package."""
    sources = sorted((f.name, f.read_bytes()) for f in resources.files("shiftfire.cycle").iterdir() if f.name.endswith(".py"))
    return int.from_bytes(hashlib.sha256(repr(sources).encode()).digest()[:8], "big") >> 1


def compiled_run(digest: int | None = None) -> Callable[[Configuration, State, int], tuple[int, int]]:
    """The run kernel (:func:`_run`) as compiled code, from numba's cache when the same sources were compiled before.

    numba keys its cache by the cached function alone, not by what it calls; the digest, a closure variable and so part of the
    key, makes up for that.
    """
    key = _source_digest() if digest is None else digest

    @njit(cache=True)
    def run(c: Configuration, s: State, until: int) -> tuple[int, int]:
        _ = key
        return _run(c, s, until)

    return run
