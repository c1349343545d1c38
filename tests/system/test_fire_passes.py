"""The kernel's closed forms for passes over segments, against the walk written out."""

from collections.abc import Iterator

import numpy as np
import pytest
from shiftfire.cycle import fire
from shiftfire.cycle.configuration import FIRE_SETTINGS, Configuration

POSITIONS = 3


def walk(passes: int, segment: int, groups: int, per_group: int) -> Iterator[bool]:
    """For every step of a FIRE: whether its pass is the segment's last."""
    for _ in range(POSITIONS):
        for start in range(0, groups, segment):
            for turn in range(passes):
                for _ in range(min(segment, groups - start) * per_group):
                    yield turn == passes - 1


def settings(passes: int, segment: int, groups: int, per_group: int) -> Configuration:
    """A configuration of one tile; the closed forms read nothing else of it."""
    core = np.zeros(1, FIRE_SETTINGS)
    core["passes"], core["segment_groups"], core["channel_groups"] = passes, segment, groups
    array, number = np.zeros((1, 1), np.int64), 1
    fields = {name: number for name in Configuration._fields if Configuration.__annotations__[name] == "int"}
    fields |= {name: array for name in Configuration._fields if name not in fields}  # type: ignore[dict-item]
    return Configuration(**(fields | {"fire": core, "steps_per_group": per_group}))  # type: ignore[arg-type]


@pytest.mark.parametrize("per_group", [1, 2, 4])
@pytest.mark.parametrize("passes", [1, 2, 3])
def test_steps_of_the_last_pass(passes: int, per_group: int) -> None:
    for groups in range(1, 8):
        for segment in range(1, groups + 3):
            c = settings(passes, segment, groups, per_group)
            emits = list(walk(passes, segment, groups, per_group))
            for step in range(len(emits)):
                where = f"segments of {segment} of {groups} groups, step {step}"
                assert fire._emitting_steps(c, 0, step) == sum(emits[:step]), where
                assert fire._silent_steps(c, 0, step) == emits[step:].index(True), where
                if step % per_group == 0:
                    assert fire._emitting_groups(c, 0, step // per_group) * per_group == sum(emits[:step]), where
            assert fire._emitting_steps(c, 0, len(emits)) == POSITIONS * groups * per_group
