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


def walk(passes: int, segment: int, groups: int, per_group: int) -> Iterator[bool]:
    """For every step of a FIRE: whether its pass is the segment's last."""
    for _ in range(POSITIONS):
        for start in range(0, groups, segment):
            for turn in range(passes):
                for _ in range(min(segment, groups - start) * per_group):
                    yield turn == passes - 1


@pytest.mark.parametrize("per_group", [1, 2, 4])
@pytest.mark.parametrize("passes", [1, 2, 3])
def test_steps_of_the_last_pass(passes: int, per_group: int) -> None:
    """On tile 1, behind a tile with a walk of its own."""
    for groups in range(1, 8):
        for segment in range(1, groups + 3):
            first, walks = walks_of(np.array([2, passes]), np.array([3, segment]), np.array([5, groups]))
            settings = records(
                FireSettings, 2, passes=np.array([2, passes]), channel_groups=np.array([5, groups]), first_walk=first
            )
            c = blank(2, 1, fire=settings, walks=walks, steps_per_group=per_group)
            emits = list(walk(passes, segment, groups, per_group))
            for step in range(len(emits)):
                where = f"segments of {segment} of {groups} groups, step {step}"
                assert fire._emitting_steps(c, 1, step) == sum(emits[:step]), where
                assert fire._silent_steps(c, 1, step) == emits[step:].index(True), where
            assert fire._emitting_steps(c, 1, len(emits)) == POSITIONS * groups * per_group
