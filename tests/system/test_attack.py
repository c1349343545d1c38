"""The attack: its chips reach every end, its networks compile, a defect is told with the command that repeats it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import shiftfire as sf
from attack import run
from attack.pair import attack_chips
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.mapping.placement import place
from shiftfire.compiler.mapping.slicing import block_slices
from shiftfire.compiler.optimised import Cores
from shiftfire.compiler.schedule import compile_schedule, resident_schedule
from shiftfire.network.graph import Network
from shiftfire.network.random_dense import random_dense_network
from shiftfire_spec.chip import ChipConfig, load_chip
from support.cut_kinds import KINDS, cut_kinds
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
    rows = [row for index in range(run.LEAST_CHIPS) for row in run.run_chip(3, run.LEAST_CHIPS, index, range(1))]
    equal = [row for row in rows if row["outcome"] == "equal"]
    assert len(equal) >= 3 * len(rows) // 4
    assert all(row["outcome"] == "refused" and row["reason"] for row in rows if row not in equal)
    assert all(run.document(3, run.LEAST_CHIPS, rows, 1.0)["cuts"].values()), "a kind of cut does not occur"


def test_a_defect_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(seed: int, chip: ChipConfig, index: int, number: int) -> dict[str, Any]:
        if number == 1:
            raise AssertionError("they differ")
        return {"outcome": "equal", "cuts": ["by rounds"], "rtl": False, "rounds": 1, "events": 5, "cycles": 7}

    monkeypatch.setattr(run, "run_pair", fails)
    rows = run.run_chip(9, run.LEAST_CHIPS, 4, range(3))
    assert [row["outcome"] for row in rows] == ["equal", "failed", "equal"]
    assert rows[1]["repeat"] == "make attack SEED=9 CHIPS=40 CHIP=4 PAIR=1" and "they differ" in rows[1]["reason"]
    found = run.document(9, run.LEAST_CHIPS, rows, 1.0)
    assert (found["pairs"], found["equal"], found["failed"], found["events"]) == (3, 2, 1, 10)
    assert found["cuts"] == {kind: 2 * (kind == "by rounds") for kind in KINDS}
    assert found["ends_missing"], "one chip of forty has not every end"


def quarters(network: Network, chip: ChipConfig, slices: Cores) -> Cores:
    """A `Mapper`: the first layer in blocks of four channels."""
    first = network.layers[0]
    others = tuple(part for part in slices if part.layer != first.name)
    return place(network, (*block_slices(first, 4, first.shape.height), *others), chip)


def test_kinds_of_cuts() -> None:
    """Of networks that are cut in one way each."""
    edge, network = load_chip("edge"), sf.load("digits-cnn")
    assert cut_kinds(resident_schedule(compile_network(network, edge))) == []
    assert cut_kinds(resident_schedule(compile_network(network, edge, mapper=quarters))) == ["below a lane group"]
    assert cut_kinds(compile_schedule(network, edge, most_layers=1)) == ["by rounds"]
    few = replace(edge, name="few", weight_rows=64)
    assert cut_kinds(compile_schedule(random_dense_network((1000, 2), 1, 0.1, 0), few)) == ["by inputs"]
    small = replace(edge, name="small", width=1, height=1)
    assert cut_kinds(compile_schedule(random_dense_network((64, 3000), 1, 0.1, 0), small)) == ["by rounds", "in pieces"]
