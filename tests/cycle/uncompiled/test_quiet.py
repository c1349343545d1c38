"""When the fabric counts as quiet: as long as anything is left to do, it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from shiftfire.cycle.quiet import is_quiet, note_quiet
from shiftfire.cycle.state import DRAIN, EXEC, OPEN, RECEIVE, State, initial_state
from shiftfire.cycle.wakes import NEVER
from shiftfire_spec.core_program import INSTRUCTION, Opcode
from support.blank_configuration import blank

CYCLE = 40


def quiet_fabric(**changes: Any) -> tuple[Any, State]:
    """A core that has opened a vector, beside one that has halted, at the start of CYCLE."""
    program = np.zeros((2, 4, len(list(INSTRUCTION))), np.int64)
    program[0, :, [f.name for f in INSTRUCTION].index("opcode")] = Opcode.ACC
    c = blank(width=2, program=program, **changes)
    s = initial_state(c)
    s.integrates["counted"] = CYCLE - 1
    s.integrates[0].state = RECEIVE
    s.wakes.clock[0] = CYCLE - 1
    return c, s


def test_nothing_is_left() -> None:
    assert is_quiet(*quiet_fabric(), CYCLE)


def _in(part: str, number: int = 0, **values: int) -> Callable[[State], None]:
    def change(s: State) -> None:
        for name, value in values.items():
            getattr(s, part)[name][number] = value

    return change


def _queued(number: int) -> Callable[[State], None]:
    def change(s: State) -> None:
        s.queues.count[number] = 1

    return change


LEFT: dict[str, Callable[[State], None]] = {
    "a packet in stage A": _in("integrates", a_valid=1),
    "beats in stage B": _in("integrates", b_left=1),
    "an instruction": _in("integrates", state=EXEC),
    "a CREDIT to send": _in("integrates", state=OPEN),
    "the rest of a vector": _in("integrates", state=DRAIN),
    "a FIRE under way": _in("fires", idle_at=NEVER),
    "a FIRE that ends in this cycle": _in("fires", idle_at=CYCLE + 1),
    "events in the encoder": _in("fires", 1, held_count=2),
    "an END in the encoder": _in("fires", 1, held_end=1),
    "events to send": _in("fires", queue_count=1),
    "a router's packet": _queued(7),
    "a packet for a core": _queued(11),
    "a packet to collect": _queued(12),
    "a word to be taken": _in("io", requested=1),
    "a stored stream": _in("io", playing=1),
    "a change of the source": _in("io", draining=1),
}


@pytest.mark.parametrize("left", LEFT)
def test_something_is_left(left: str) -> None:
    c, s = quiet_fabric()
    LEFT[left](s)
    assert not is_quiet(c, s, CYCLE)


def test_words_to_be_asked_for_are_left() -> None:
    c, s = quiet_fabric(inject_words=np.zeros(3, np.int64))
    assert not is_quiet(c, s, CYCLE)
    s.io[0].requested = s.io[0].popped = 3
    assert is_quiet(c, s, CYCLE)


def test_beats_that_were_issued_asleep_are_not_left() -> None:
    c, s = quiet_fabric()
    s.integrates[0].b_left, s.integrates[0].counted = 5, CYCLE - 6
    assert is_quiet(c, s, CYCLE)
    s.integrates[0].counted += 1
    assert not is_quiet(c, s, CYCLE)


@pytest.mark.parametrize(("drains", "ended", "noted"), [(1, 1, CYCLE), (1, 0, NEVER), (0, 1, NEVER)])
def test_it_is_noted_after_the_last_end(drains: int, ended: int, noted: int) -> None:
    c, s = quiet_fabric(drains=drains)
    s.io[0].ended = ended
    note_quiet(c, s, CYCLE - 1)
    assert s.io[0].quiet_at == noted
    note_quiet(c, s, CYCLE)  # once
    assert s.io[0].quiet_at == (noted if drains and ended else NEVER)
