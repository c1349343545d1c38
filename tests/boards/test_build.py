"""The flow from a board to its bitstream, with an I/O tile for a chip, so that it takes a minute; and the presets against their budgets."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path

import pytest
from shiftfire.cli import main as cli
from shiftfire.cost.board_measure import PROGRAM
from shiftfire.cost.budget import compare, read_budgets
from shiftfire_hw.boards.board import BOARD, BOARDS
from shiftfire_hw.boards.build import REPORT, STAGES, BuildReport, _check_that_it_fits, build
from shiftfire_hw.boards.families import FAMILIES
from shiftfire_hw.boards.tools import BoardError, versions
from shiftfire_spec.chip import load_chip
from soc_designs import io_tile_verilog

BUDGETS = read_budgets(Path(__file__).parents[2] / "fpga" / "budgets.toml")


def installed() -> bool:
    try:
        for family in FAMILIES.values():
            versions(family.packages)
    except BoardError:
        return False
    return all(importlib.util.find_spec(name) is not None for name in ("amaranth_boards", "pythondata_cpu_vexriscv"))


needs_tools = pytest.mark.skipif(not installed(), reason="pip install 'shiftfire[boards]'")


@pytest.mark.slow
@needs_tools
@pytest.mark.parametrize("board", [BOARD["icebreaker"], BOARD["ulx3s"]], ids=lambda board: board.name)
def test_all_around_the_chip_becomes_a_bitstream(board, tmp_path):
    """The clock is reached with the I/O tile alone, and no DSP block is used, by the processor neither."""
    chip, stages = load_chip(board.chip), []
    program = PROGRAM if board.processor else ()
    report = build(board, chip, tmp_path, firmware=program, fabric=io_tile_verilog(chip), stage=stages.append)
    assert stages == list(STAGES) == list(report.seconds)
    assert report.placed is not None and report.placed["dsps"] == report.mapped["dsps"] == 0
    assert report.mhz >= chip.clock_mhz
    assert (report.fabric is not None) == bool(FAMILIES[board.family].keep)
    assert report.bitstream is not None and (tmp_path / report.bitstream).stat().st_size > 1000
    assert json.loads((tmp_path / REPORT).read_text()) == report.as_dict()


@pytest.mark.slow
@needs_tools
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_preset_keeps_its_budgets(board, tmp_path):
    """Placed and routed when there is a budget for that, else synthesised."""
    table = BUDGETS.get(board.name)
    if table is None:
        pytest.skip(f"fpga/budgets.toml has nothing for {board.name}")
    program = PROGRAM if board.processor else ()
    report = build(board, load_chip(board.chip), tmp_path, firmware=program, place="placed" in table)
    assert not [line for line in compare(report.as_dict(), BUDGETS) if not line.kept]


def report_of(**changes) -> BuildReport:
    mapped = {"luts": 100, "flip_flops": 100, "block_rams": 1, "dsps": 0}
    report = BuildReport(
        board="icebreaker",
        device="iCE40UP5K",
        chip="nano",
        chip_digest=0,
        clock_mhz=12.0,
        seed=1,
        tools={},
        capacity=dict(FAMILIES["ice40"].capacity),
        mapped=mapped,
        fabric=None,
    )
    return dataclasses.replace(report, **changes)


def test_a_chip_that_does_not_fit_is_told_in_figures():
    _check_that_it_fits(report_of())
    big = {"luts": 9172, "flip_flops": 4600, "block_rams": 36, "dsps": 0}
    with pytest.raises(
        BoardError, match=r"chip nano does not fit board icebreaker \(iCE40UP5K\): it takes 9172 luts of 5280, 36 block-rams of 30"
    ):
        _check_that_it_fits(report_of(mapped=big))


def run_cli(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["shiftfire", "build", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ulx4"], "no board 'ulx4'; there are ulx3s, icebreaker, tangnano20k"),
        (["ulx3s"], "give it a program with --firmware firmware/build/firmware.elf"),
        (["icebreaker", "--firmware", "x.elf"], "has no processor: leave --firmware x.elf out"),
        (["ulx3s", "--firmware", "no.elf"], "no.elf: no such file"),
        (["icebreaker", "--chip", "no.toml"], "no chip 'no.toml'"),
        (["icebreaker", "--set", "core.lane=4"], "--set 'core.lane=4': no parameter 'core.lane'; did you mean core.lanes?"),
        (["icebreaker", "--budgets", "no-budgets.toml"], "no-budgets.toml: no such file"),
    ],
)
def test_mistakes_are_told_in_a_line(monkeypatch, capsys, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = run_cli(monkeypatch, capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1) and message in err
    assert not (tmp_path / "build").exists()


def test_the_command_shows_budgets(monkeypatch, capsys, tmp_path):
    """Exit code 1 when one is exceeded; nothing on standard error, which is no terminal."""
    placed = {"luts": 200, "flip_flops": 100, "block_rams": 1, "dsps": 0}
    report = report_of(placed=placed, clocks={"clk": 11.5}, bitstream="icebreaker.bin")
    monkeypatch.setattr("shiftfire_hw.boards.build.build", lambda *_, stage, **__: stage("rtl") or report)
    budgets = tmp_path / "budgets.toml"
    for floor, expected in ((11, 0), (12, 1)):
        budgets.write_text(f"[icebreaker]\nchip = 'nano'\nplaced = {{ luts = 200, mhz = {floor} }}\n")
        code, out, err = run_cli(monkeypatch, capsys, "icebreaker", "--budgets", str(budgets))
        assert (code, err) == (expected, "")
        assert ("exceeded" in out) == bool(expected)
        assert "iceprog build/icebreaker/icebreaker.bin" in out
    monkeypatch.setattr("shiftfire_hw.boards.build.build", lambda *_, **__: (_ for _ in ()).throw(BoardError("it does not fit")))
    assert run_cli(monkeypatch, capsys, "icebreaker")[::2] == (2, "shiftfire: it does not fit\n")
