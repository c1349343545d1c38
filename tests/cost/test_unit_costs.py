"""Unit costs at gate level: the document is of the hardware and the runs that are here, the page is fresh, the energy constants are near."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from shiftfire.cost.gates import measure, render
from shiftfire.cost.gates.document import UnitCostError, read_document
from shiftfire.cost.gates.ratios import CLOCK, measured_ratios, table_ratios, within
from shiftfire.cost.gates.render import render_unit_costs
from shiftfire.cost.gates.runs import SAMPLES, Runs
from shiftfire.cost.gates.units import FLIP_FLOP, REFERENCE, gate_units
from shiftfire.energy.table import load_table
from shiftfire_hw.synthesis import tools

REFERENCE_PAGES = Path(__file__).parents[2] / "docs" / "reference"
DOCUMENT = REFERENCE_PAGES / "energy-units.json"
UNITS = gate_units()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return read_document(DOCUMENT)


def test_the_committed_page_is_fresh(document: dict[str, Any]) -> None:
    page = (REFERENCE_PAGES / "energy-units.md").read_text(encoding="utf-8")
    assert page == render_unit_costs(document, load_table()), "run `make docs`"


def test_measured_as_it_would_be_now(document: dict[str, Any]) -> None:
    assert list(document["units"]) == list(UNITS), "run `make energy-units`"
    library = document["library"]
    assert (library["slew_ns"], library["unit_ns"], library["samples"]) == (measure.SLEW_NS, measure.UNIT_NS, SAMPLES)
    assert document["flip_flop"]["cell"] == FLIP_FLOP
    assert set(document["tools"]) == {*tools.PACKAGES, "amaranth"}


@pytest.mark.parametrize("name", UNITS)
def test_every_unit_is_measured_as_it_is(document: dict[str, Any], name: str) -> None:
    unit, record = UNITS[name], document["units"][name]
    assert record["digest"] == unit.digest(), "run `make energy-units`, then `make docs`"
    assert (record["operation"], record["operands"]) == (unit.operation, unit.operands)
    assert (record["random"] is None) == (unit.random is None)
    for figures in filter(None, (record["traced"], record["random"])):
        assert 0 < figures["settled_pj"] <= figures["timed_pj"]


def test_operands_are_those_of_the_models(document: dict[str, Any]) -> None:
    runs = Runs()
    for name, unit in UNITS.items():
        traced = unit.traced(runs)
        recorded = document["units"][name]["traced"]
        assert (traced.digest(), traced.operations) == (recorded["digest"], recorded["operations"]), (
            f"{name}: run `make energy-units`"
        )


def test_energy_constants_are_near_what_is_measured(document: dict[str, Any]) -> None:
    """Every constant that a unit stands for, within 30 % of the ratio on traced operands, glitches included; its range holds what the whole trace leaves open."""
    ratios, table = measured_ratios(document), load_table()
    said = table_ratios(table, document)
    assert {name: said[name] for name in said if not within(ratios[name].traced, said[name])} == {}
    assert set(said) == set(UNITS) - {REFERENCE, "router"}


def test_the_clock_of_a_flip_flop_lies_in_its_band(document: dict[str, Any]) -> None:
    """The netlist has no clock tree: its figure is the low end, a tree that takes as much again the nominal one."""
    clock, addition = load_table().constant("flip_flop_clock"), load_table().constant("accumulate")
    measured = measured_ratios(document)[CLOCK].traced * addition.value
    assert clock.low == pytest.approx(measured, rel=0.05)
    assert clock.value == pytest.approx(2 * measured, rel=0.05)


def test_ratios_are_of_figures_of_one_kind(document: dict[str, Any]) -> None:
    """Figures made up so that each ratio says which two it is of."""
    made_up = copy.deepcopy(document)
    for name, scale in ((REFERENCE, 1), ("lane", 2)):
        record = made_up["units"][name]
        record["traced"] |= {"settled_pj": 10.0 * scale, "timed_pj": 100.0 * scale**2}
        record["random"] |= {"settled_pj": 1000.0, "timed_pj": 10.0 * scale**3}
        record["opensta_pj"] = 7.0 * scale**4
    ratio = measured_ratios(made_up)["lane"]
    assert (ratio.settled, ratio.traced, ratio.random, ratio.opensta) == (2, 4, 8, 16)
    assert measured_ratios(made_up)[REFERENCE].traced == 1


def test_the_page_marks_constants_that_are_far_off(document: dict[str, Any]) -> None:
    made_up = copy.deepcopy(document)
    said, reference = table_ratios(load_table(), document)["lane"], made_up["units"][REFERENCE]["traced"]["timed_pj"]
    for off, marked in ((1.29, "+29%"), (1.31, "**+31%**")):
        made_up["units"]["lane"]["traced"]["timed_pj"] = reference * said / off
        (row,) = [
            line
            for line in render_unit_costs(made_up, load_table()).splitlines()
            if line.startswith("| lane operation, no shift | digits")
        ]
        assert row.endswith(f"| {marked} |")


def test_without_opensta_the_page_says_nothing_of_it(document: dict[str, Any]) -> None:
    without = copy.deepcopy(document)
    for record in without["units"].values():
        record["opensta_pj"] = None
    assert "* OpenSTA" in render_unit_costs(document, load_table())
    assert "* OpenSTA" not in render_unit_costs(without, load_table())


def test_an_incomplete_document_is_refused(document: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = copy.deepcopy(document)
    del broken["units"]["router"]
    path = tmp_path / "units.json"
    path.write_text(json.dumps(broken))
    assert render.main([str(path)]) == 2
    out, err = capsys.readouterr()
    assert not out and "lacks 'router'" in err and err.count("\n") == 1
    path.write_text("{}")
    with pytest.raises(UnitCostError, match="it needs the sections flip_flop, library, tools, units"):
        read_document(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say where the figures go"),
        (["x.json", "no-such.lib"], "no-such.lib: not readable"),
        (["x.json", __file__], "liberty: "),
    ],
)
def test_mistakes_are_told_in_a_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert measure.main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("shiftfire.cost.gates.measure: ") and message in err and err.count("\n") == 1
