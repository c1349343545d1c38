"""The boards: their tables, clocks and tops."""

from __future__ import annotations

import dataclasses
import importlib.util

import pytest
from shiftfire_hw.boards import pll
from shiftfire_hw.boards.board import BOARD, BOARDS, find_board
from shiftfire_hw.boards.families import FAMILIES, RESOURCES
from shiftfire_hw.boards.tools import BoardError, run_tool, versions
from shiftfire_hw.boards.top import BoardTop, uart_divisor
from shiftfire_spec.chip import load_chip
from shiftfire_spec.errors import ContractError

needs_boards = pytest.mark.skipif(importlib.util.find_spec("amaranth_boards") is None, reason="pip install 'shiftfire[boards]'")
NANO = load_chip("nano")


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_board_is_whole(board):
    family = FAMILIES[board.family]
    assert set(family.mapped) == set(family.placed) == set(family.capacity) == set(RESOURCES)
    assert "{}" in board.program
    BoardTop(board=board, chip=load_chip(board.chip))


@needs_boards
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_pins_are_there(board):
    """The platform takes the top, and every pin that it uses is in the constraints."""
    plan = board.make_platform().prepare(BoardTop(board=board, chip=load_chip(board.chip)), "top")
    constraints = plan.files[FAMILIES[board.family].constraints]
    text = constraints.decode() if isinstance(constraints, bytes) else constraints
    for port in ("uart_0__rx__io", "uart_0__tx__io", f"{board.crystal}_0__io", "led_0__io"):
        assert port in text


def test_tang_nano_20k_pins():
    platform = find_board("tangnano20k").make_platform()
    platform.parse_part()
    assert platform.default_clk_frequency == 27e6
    assert [r.ios[0].names for r in platform.resources.values() if r.name == "led"] == [[str(pin)] for pin in range(15, 21)]


@pytest.mark.parametrize(
    ("limits", "input_mhz", "output_mhz"),
    [(pll.ECP5, 25, 50), (pll.ECP5, 25, 25), (pll.ECP5, 25, 40), (pll.GOWIN, 27, 12), (pll.GOWIN, 27, 48)],
)
def test_dividers_keep_the_limits(limits, input_mhz, output_mhz):
    found = pll.find_dividers(limits, input_mhz=input_mhz, output_mhz=output_mhz)
    assert input_mhz * found.feedback / found.reference == pytest.approx(output_mhz)
    assert limits.oscillator[0] <= output_mhz * found.post <= limits.oscillator[1]
    assert limits.compared[0] <= input_mhz / found.reference <= limits.compared[1]


def test_a_clock_that_cannot_be_made():
    with pytest.raises(ContractError, match=r"no PLL setting makes 33\.33 MHz of 25 MHz: give the chip another clock_mhz"):
        pll.find_dividers(pll.ECP5, input_mhz=25, output_mhz=33.33)


@needs_boards
def test_a_board_without_pll_has_one_clock():
    board, chip = find_board("icebreaker"), dataclasses.replace(NANO, clock_mhz=24.0)
    with pytest.raises(ContractError, match="icebreaker runs at 12 MHz, and the chip at 24: give the chip clock_mhz = 12"):
        board.make_platform().prepare(BoardTop(board=board, chip=chip), "top")


def test_what_no_board_can_do():
    with pytest.raises(ContractError, match="no board 'ulx4'; there are ulx3s, icebreaker, tangnano20k"):
        find_board("ulx4")
    stalls = dataclasses.replace(NANO, memory_stall_period_cycles=10, memory_stall_cycles=2)
    with pytest.raises(ContractError, match="the memory of a board never stalls"):
        BoardTop(board=BOARD["icebreaker"], chip=stalls)
    with pytest.raises(ContractError, match=r"0\.5 MHz give no 115200 baud"):
        uart_divisor(dataclasses.replace(NANO, clock_mhz=0.5), 115200)
    assert uart_divisor(NANO, 115200) == 104


def test_missing_packages_are_named():
    board = dataclasses.replace(BOARD["icebreaker"], platform="no_boards_here:Platform")
    with pytest.raises(ContractError, match=r"no_boards_here is not installed: pip install 'shiftfire\[boards\]'"):
        board.make_platform()
    with pytest.raises(BoardError, match=r"not installed: yowasp-nothing; run: pip install 'shiftfire\[boards\]'"):
        versions(["yowasp-nothing"])


def test_a_tool_that_fails_is_named(tmp_path):
    with pytest.raises(BoardError, match=r"no-such-tool is not there: pip install"):
        run_tool(["no-such-tool"], folder=tmp_path, log=tmp_path / "log")
    script = "print('ERROR: no room.'); raise SystemExit(1)"
    with pytest.raises(BoardError, match=r"python failed: no room \("):
        run_tool(["python", "-c", script], folder=tmp_path, log=tmp_path / "log")
