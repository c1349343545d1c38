"""The run kernel: all units, cycle by cycle, jumping over cycles in which nothing can change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources

from numba import njit

from .compiled import NO_COUNTING
from .configuration import Configuration
from .fire import end_stall, fire, fire_catch_up
from .integrate import integrate, integrate_catch_up
from .io_tile import io_tile
from .queue import end_cycle
from .quiet import note_quiet
from .router import router
from .state import TRACE_ROWS, State
from .wakes import FIRE_UNIT, INTEGRATE_UNIT, IO_UNIT, NEVER, ROUTER_UNIT, next_cycle, take_due

FINISHED, PAUSED, STALLED, TRACE_FULL, FRUITLESS = range(5)


@njit(inline="always")
def _run(c: Configuration, s: State, until: int) -> tuple[int, int]:
    """Run until the collection is finished (and the fabric quiet, if the run drains) or cycle ``until`` is reached.

    Returns (FINISHED, last cycle), (PAUSED, next cycle): call again; (TRACE_FULL, next cycle): empty the trace and call again; or
    (STALLED, last cycle): nothing can ever change; (FRUITLESS, next cycle): units work, but no packet has moved for longer than it can take, waits of the injection left out.
    Order within a cycle: fire (sees no unit's changes), integrate (fire's idle time is in the future), I/O, routers (deliver credits), queues.
    """
    due, count = s.wakes.due, s.wakes.due_count
    while True:
        cycle = next_cycle(s.wakes)
        if cycle == NEVER:
            return STALLED, s.wakes.clock[0]
        if cycle - max(s.queues.moved[0], s.io[0].until) > c.patience or cycle <= s.wakes.clock[0]:
            return FRUITLESS, cycle
        if cycle >= until:
            return PAUSED, cycle
        if s.trace.count[0] >= TRACE_ROWS:
            return TRACE_FULL, cycle
        take_due(s.wakes, cycle)
        for i in range(count[FIRE_UNIT]):
            fire(c, s, cycle, due[FIRE_UNIT, i])
        for i in range(count[INTEGRATE_UNIT]):
            integrate(c, s, cycle, due[INTEGRATE_UNIT, i])
        if count[IO_UNIT]:
            io_tile(c, s, cycle)
        for i in range(count[ROUTER_UNIT]):
            router(c, s, cycle, due[ROUTER_UNIT, i])
        end_cycle(s.queues, cycle)
        note_quiet(c, s, cycle)
        if s.io[0].finished:
            for tile in range(c.tiles):
                fire_catch_up(c, s, tile, cycle)
                integrate_catch_up(c, s, tile, cycle)
                end_stall(s, tile, cycle)
            return FINISHED, cycle


def _source_digest() -> int:
    """63 bits that change with any source of this package or of the contract, whose numbers are compiled in."""
    sources = sorted(
        (package, f.name, f.read_bytes())
        for package in ("shiftfire.cycle", "shiftfire_spec")
        for f in resources.files(package).iterdir()
        if f.name.endswith(".py")
    )
    return int.from_bytes(hashlib.sha256(repr(sources).encode()).digest()[:8], "big") >> 1


@cache
def compiled_run(digest: int | None = None) -> Callable[[Configuration, State, int], tuple[int, int]]:
    """The run kernel (:func:`_run`) as compiled code, from numba's cache when the same sources were compiled before.

    numba keys its cache by the cached function alone, not by what it calls; the digest, a closure variable and so part of the
    key, makes up for that. Reference counting is off (``_nrt``): the kernel allocates nothing, its arrays outlive it, and counting
    references to them atomically took fifteen times as long as the work itself.
    """
    key = _source_digest() if digest is None else digest

    @njit(cache=True, **NO_COUNTING)
    def run(c: Configuration, s: State, until: int) -> tuple[int, int]:
        _ = key
        return _run(c, s, until)

    return run
