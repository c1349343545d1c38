"""Whether anything in the fabric can still move (RTL: ``idle`` of ``tile.py``, ``quiet`` of ``core/core.py`` and ``io_tile/io_tile.py``)."""

from __future__ import annotations

from shiftfire_spec.core_program import INSTRUCTION, Opcode

from .compiled import inlined
from .configuration import Configuration
from .state import EXEC, RECEIVE, State
from .wakes import IO_UNIT, NEVER, wake

_OPCODE = [f.name for f in INSTRUCTION].index("opcode")
_HALT = int(Opcode.HALT)


@inlined
def _core_is_quiet(c: Configuration, s: State, cycle: int, tile: int) -> bool:
    """Whether the core does nothing before a packet comes, as things are at the start of ``cycle``."""
    n, f = s.integrates[tile], s.fires[tile]
    slept = cycle - 1 - n.counted  # cycles in which stage B went on without being looked at
    if n.state == RECEIVE:
        waits = n.a_valid == 0 and n.b_left <= slept
    else:
        waits = n.state == EXEC and c.program[tile, n.pc, _OPCODE] == _HALT
    return bool(waits and f.idle_at <= cycle and f.held_count + f.held_end + f.queue_count == 0)


@inlined
def is_quiet(c: Configuration, s: State, cycle: int) -> bool:
    """Whether nothing in the fabric moves any more, as things are at the start of ``cycle``: no unit changes before a packet comes, and none is there."""
    io = s.io[0]
    if io.playing or io.draining or io.requested != len(c.inject_words) or io.popped != io.requested:
        return False
    for queue in range(len(s.queues.count)):
        if s.queues.count[queue]:
            return False
    for tile in range(c.tiles):  # noqa: SIM110 - no generators in compiled code
        if not _core_is_quiet(c, s, cycle, tile):
            return False
    return True


@inlined
def note_quiet(c: Configuration, s: State, cycle: int) -> None:
    """At the end of ``cycle``: note the first cycle with a quiet fabric once all ENDs are done; the run ends with the next, as that is when the registers show it."""
    io = s.io[0]
    if c.drains and io.quiet_at == NEVER and io.ended >= c.collect_ends and is_quiet(c, s, cycle + 1):
        io.quiet_at = cycle + 1
        wake(s.wakes, IO_UNIT, 0, cycle + 2)
