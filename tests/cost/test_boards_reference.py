"""The document of measured builds: complete, and rendered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shiftfire.cost import board_measure as measure
from shiftfire.cost import board_render as render
from shiftfire.cost.board_document import BoardsError, read_document
from shiftfire.cost.board_render import render_boards_reference
from shiftfire_hw.boards.board import BOARD

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
DOCUMENT = REFERENCE / "boards.json"


def test_the_committed_page_is_fresh():
    assert (REFERENCE / "boards.md").read_text(encoding="utf-8") == render_boards_reference(read_document(DOCUMENT)), (
        "run `make docs`"
    )


def test_no_multipliers():
    document = read_document(DOCUMENT)
    assert document
    for name, report in document.items():
        assert report["chip"] == BOARD[name].chip
        assert report["mapped"]["dsps"] == 0
        assert (report["placed"] is None) == (report["unfit"] is not None)
        if report["placed"] is not None:
            assert report["placed"]["dsps"] == 0


def test_mistakes_are_told_in_a_line(tmp_path, capsys):
    path = tmp_path / "boards.json"
    path.write_text("{")
    with pytest.raises(BoardsError, match="not readable as JSON"):
        read_document(path)
    path.write_text('{"ulx3s": {}}')
    with pytest.raises(BoardsError, match="no document of builds; delete it and run `make boards`"):
        read_document(path)
    report = next(iter(read_document(DOCUMENT).values()))
    del report["unfit"]
    path.write_text(json.dumps({"icebreaker": report}))
    assert render.main([str(path)]) == 2
    assert measure.main([]) == 2
    assert measure.main([str(path), "ulx4"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 3
    assert "lacks 'unfit'" in err[0] and "say where the figures go" in err[1] and "no board 'ulx4'" in err[2]
