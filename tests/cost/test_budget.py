"""Budgets: read, compared, and kept by what is measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from shiftfire.cost.board_document import read_document
from shiftfire.cost.budget import BudgetError, compare, read_budgets
from shiftfire_hw.boards.board import BOARD
from shiftfire_hw.boards.families import RESOURCES

ROOT = Path(__file__).parents[2]
BUDGETS = ROOT / "fpga" / "budgets.toml"
REPORT = {
    "board": "b",
    "chip": "c",
    "mapped": {"luts": 10, "dsps": 0},
    "placed": {"luts": 12, "dsps": 0},
    "clocks": {"x": 50.0, "y": 60.0},
}
TABLE = {"b": {"chip": "c", "synthesised": {"luts": 10, "dsps": 0}, "placed": {"luts": 11, "mhz": 50}}}


def test_most_and_least():
    lines = {(line.step, line.resource): line for line in compare(REPORT, TABLE)}
    kept = {key: line.kept for key, line in lines.items()}
    assert kept == {
        ("synthesised", "luts"): True,
        ("synthesised", "dsps"): True,
        ("placed", "luts"): False,
        ("placed", "dsps"): True,
        ("placed", "mhz"): True,
    }
    assert lines["placed", "dsps"].budget is None and lines["placed", "mhz"].figure == 50
    slow = compare({**REPORT, "clocks": {"x": 49.9}}, TABLE)
    assert not next(line for line in slow if line.resource == "mhz").kept
    assert all(line.budget is None for line in compare({**REPORT, "chip": "other"}, TABLE))
    assert all(line.step == "synthesised" for line in compare({**REPORT, "placed": None, "clocks": {}}, TABLE))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "are not TOML"),
        ("ulx3s = 1", "board ulx3s needs `chip`"),
        ("[ulx3s]\nchip = 'c'\nplace = {}", "nothing else"),
        ("[ulx3s]\nchip = 'c'\nplaced = { luts = 'few' }", "ulx3s.placed.luts = 'few' is no number"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    path = tmp_path / "budgets.toml"
    path.write_text(text)
    with pytest.raises(BudgetError, match=message) as error:
        read_budgets(path)
    assert str(path) in str(error.value)


def test_the_budgets_of_the_repository():
    """Known boards with their own chips, known resources; no DSP blocks; the clock at least the chip's."""
    from shiftfire_spec.chip import load_chip

    for name, table in read_budgets(BUDGETS).items():
        assert table["chip"] == BOARD[name].chip
        assert table["synthesised"]["dsps"] == 0
        assert set(table["synthesised"]) == set(RESOURCES)
        if "placed" in table:
            assert set(table["placed"]) == {*RESOURCES, "mhz"}
            assert table["placed"]["mhz"] >= load_chip(table["chip"]).clock_mhz


def test_measured_figures_keep_them():
    budgets = read_budgets(BUDGETS)
    for report in read_document(ROOT / "docs" / "reference" / "boards.json").values():
        exceeded = [line for line in compare(report, budgets) if not line.kept]
        assert not exceeded
