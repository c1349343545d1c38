"""The attack: its chips reach every end, its networks compile, a defect is told with the command that repeats it."""

from __future__ import annotations

from typing import Any

import pytest
from attack import run
from attack.pair import attack_chips, run_pair
from shiftfire_spec.chip import ChipConfig
from support.random_chips import parameter_ends, suits_rtl


@pytest.mark.parametrize("seed", range(3))
def test_chips_have_both_ends_of_every_range(seed: int) -> None:
    chips = attack_chips(seed, run.LEAST_CHIPS)
    assert len(chips) == run.LEAST_CHIPS and sum(map(suits_rtl, chips)) >= run.LEAST_CHIPS // 2
    assert [end for end in parameter_ends() if all(getattr(chip, end[0]) != end[1] for chip in chips)] == []
    assert attack_chips(seed, run.LEAST_CHIPS) == chips
    with pytest.raises(ValueError, match="take more"):
        attack_chips(seed, 1)


def test_most_pairs_compile_and_the_others_are_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without running them: the rest of a pair is `verify`."""
    monkeypatch.setattr("attack.pair._compared", lambda schedule, inputs: {"rounds": len(schedule.rounds)})
    rows = [run_pair(3, chip, index, 0) for index, chip in enumerate(attack_chips(3, run.LEAST_CHIPS))]
    equal = [row for row in rows if row["outcome"] == "equal"]
    assert len(equal) >= 3 * len(rows) // 4
    assert all(row["outcome"] == "refused" and row["reason"] for row in rows if row not in equal)


def test_a_defect_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(seed: int, chip: ChipConfig, index: int, number: int) -> dict[str, Any]:
        if number == 1:
            raise AssertionError("they differ")
        return {"outcome": "equal", "rtl": False, "rounds": 1, "events": 5, "cycles": 7}

    monkeypatch.setattr(run, "run_pair", fails)
    rows = run.run_chip(9, run.LEAST_CHIPS, 4, range(3))
    assert [row["outcome"] for row in rows] == ["equal", "failed", "equal"]
    assert rows[1]["repeat"] == "make attack SEED=9 CHIPS=40 CHIP=4 PAIR=1" and "they differ" in rows[1]["reason"]
    found = run.document(9, run.LEAST_CHIPS, rows, 1.0)
    assert (found["pairs"], found["equal"], found["failed"], found["events"]) == (3, 2, 1, 10)
    assert found["ends_missing"], "one chip of forty has not every end"
