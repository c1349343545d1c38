"""``shiftfire verilog``."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from shiftfire_hw.standalone import UNITS


def test_the_chip_is_one_top_over_one_tile_module(command: Callable, tmp_path: Path) -> None:
    ran = command("verilog", "--chip", "nano", "-o", tmp_path / "chip.v")
    text = (tmp_path / "chip.v").read_text()
    assert ran.code == 0
    assert len(re.findall(r"^module shiftfire_tile\(", text, re.MULTILINE)) == 1
    assert len(re.findall(r"^module shiftfire_chip\(", text, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("top", "ports"),
    [
        ("wishbone", ("registers__stb", "memory__stall")),
        pytest.param("wishbone-classic", ("registers__stb", "memory__ack"), marks=pytest.mark.slow),
        ("axi4-lite", ("registers__awvalid", "memory__stall")),
    ],
)
def test_the_chip_with_the_ports_of_a_bus(command: Callable, tmp_path: Path, top: str, ports: tuple[str, ...]) -> None:
    ran = command("verilog", "--chip", "nano", "--top", top, "-o", tmp_path / "chip.v")
    module = (tmp_path / "chip.v").read_text().partition("module shiftfire_chip(")[2].partition(";")[0]
    assert ran.code == 0
    assert all(port in module for port in ports)


def test_a_unit_has_no_top(command: Callable) -> None:
    ran = command("verilog", "--top", "wishbone", "--unit", "bspn")
    assert ran.code == 2 and "--unit bspn and --top wishbone exclude each other" in ran.err


def test_an_unknown_top(command: Callable) -> None:
    ran = command("verilog", "--top", "ahb")
    assert ran.code == 2
    assert "no top 'ahb'; there are chip, wishbone" in ran.err


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
