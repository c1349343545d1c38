"""Walks of several passes, against the walk written out."""

from collections.abc import Iterator

import numpy as np
import pytest
from shiftfire.cycle import fire
from shiftfire.cycle.records import records
from shiftfire.cycle.settings import FireSettings
from shiftfire.cycle.walk import walks_of
from support.blank_configuration import blank

POSITIONS = 3


def walk(passes: int, segment: int, groups: int, per_group: int, last: int) -> Iterator[tuple[bool, bool]]:
    """For every step of a FIRE: whether its pass is the segment's last, and whether it is the first of a group. The position's last group has ``last`` steps."""
    for _ in range(POSITIONS):
        for start in range(0, groups, segment):
            for turn in range(passes):
                for group in range(start, min(start + segment, groups)):
                    for sub in range(per_group if group < groups - 1 else last):
                        yield turn == passes - 1, sub == 0


@pytest.mark.parametrize(("per_group", "last"), [(1, 1), (2, 1), (2, 2), (4, 1), (4, 3), (4, 4)])
@pytest.mark.parametrize("passes", [1, 2, 3])
def test_steps_of_the_last_pass(passes: int, per_group: int, last: int) -> None:
    """On tile 1, behind a tile with a walk of its own."""
    for groups in range(1, 8):
        for given in range(1, groups + 3):
            segment = given if passes > 1 else groups  # of one pass, a position is one segment
            first, walks = walks_of(np.array([2, passes]), np.array([3, segment]), np.array([5, groups]))
            settings = records(
                FireSettings,
                2,
                passes=np.array([2, passes]),
                channel_groups=np.array([5, groups]),
                pass_steps=np.array([5 * per_group, (groups - 1) * per_group + last]),
                tail_groups=np.array([2, groups - (groups - 1) // segment * segment]),
                first_walk=first,
            )
            c = blank(2, 1, fire=settings, walks=walks, steps_per_group=per_group)
            steps = list(walk(passes, segment, groups, per_group, last))
            emits = [emitting for emitting, _ in steps]
            for step in range(len(steps)):
                where = f"segments of {segment} of {groups} groups, step {step}"
                assert fire._emitting_steps(c, 1, step) == sum(emits[:step]), where
                assert fire._silent_steps(c, 1, step) == emits[step:].index(True), where
                assert fire._first_subs(c, 1, step) == sum(begins for _, begins in steps[:step]), where
                assert fire._emitting_groups(c, 1, step) == sum(emitting and begins for emitting, begins in steps[:step]), where
            assert fire._emitting_steps(c, 1, len(steps)) == POSITIONS * ((groups - 1) * per_group + last)
            assert fire._emitting_groups(c, 1, len(steps)) == POSITIONS * groups
