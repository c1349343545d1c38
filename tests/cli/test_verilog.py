"""``shiftfire verilog``."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from shiftfire_hw.units import UNITS


def test_the_chip_is_one_top_over_one_tile_module(command: Callable, tmp_path: Path) -> None:
    ran = command("verilog", "--chip", "nano", "-o", tmp_path / "chip.v")
    text = (tmp_path / "chip.v").read_text()
    assert ran.code == 0
    assert len(re.findall(r"^module shiftfire_tile\(", text, re.MULTILINE)) == 1
    assert len(re.findall(r"^module shiftfire_chip\(", text, re.MULTILINE)) == 1


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_unit_alone(command: Callable, tmp_path: Path, unit: str) -> None:
    ran = command("verilog", "--unit", unit, "-o", tmp_path / "unit.v")
    assert ran.code == 0
    assert f"module shiftfire_{unit}(" in (tmp_path / "unit.v").read_text()


def test_an_unknown_unit_leaves_the_file_alone(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "unit.v").write_text("mine")
    ran = command("verilog", "--unit", "softmax", "-o", tmp_path / "unit.v")
    assert ran.code == 2
    assert "no unit 'softmax'; there are" in ran.err
    assert (tmp_path / "unit.v").read_text() == "mine"
