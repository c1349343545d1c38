"""Liberty files: what is read of them, against a library written by hand."""

from __future__ import annotations

import pytest
from shiftfire.energy.gates.errors import GateError
from shiftfire.energy.gates.functions import parse_function
from shiftfire.energy.gates.liberty import parse_liberty
from shiftfire.energy.gates.library import Library, read_library
from support.tiny_library import LIBERTY


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(LIBERTY)


def test_cells_and_pins(library: Library) -> None:
    assert (library.name, library.voltage) == ("tiny", 2.0)
    assert {name: cell.area for name, cell in library.cells.items()} == {"INV": 1, "NAND2": 2, "XOR2": 3, "FF": 4, "FFR": 5}
    assert library.cell("NAND2").capacitances == {"A": 0.25, "B": 0.75}


def test_tables_are_read_between_their_points(library: Library) -> None:
    """INV's rise: loads 0 and 2 (its own index, not the template's), slews 0 and 1."""
    power = library.cell("INV").outputs["Y"].power
    assert power.energy(0, 0) == pytest.approx((0.1, 0.05))
    assert power.energy(2, 1) == pytest.approx((0.7, 0.05))
    assert power.energy(1, 0.5) == pytest.approx((0.4, 0.05))  # halfway both ways: (0.1 + 0.3 + 0.5 + 0.7) / 4
    assert power.energy(9, 0) == pytest.approx((0.5, 0.05))  # constant outside


def test_tables_by_slew_and_load(library: Library) -> None:
    """XOR2's: rows by slew, columns by load (0, 2); ``power`` is that of rises and falls."""
    assert library.cell("XOR2").outputs["Y"].power.energy(2, 0) == pytest.approx((3, 3))
    assert library.cell("XOR2").outputs["Y"].power.energy(0, 1) == pytest.approx((2, 2))


def test_means_over_pins_and_edges(library: Library) -> None:
    assert library.cell("NAND2").outputs["Y"].power.energy(0, 0) == pytest.approx((0.2, 0))
    assert library.cell("INV").outputs["Y"].delay(0.5, 0) == pytest.approx((0.2 + 0.3) / 2)
    assert library.cell("XOR2").outputs["Y"].delay(0, 0) == 0


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("(!(A B))", lambda a, b, c: not (a and b)),
        ("A' + B'C", lambda a, b, c: not a or (not b and c)),
        ("A ^ B * C", lambda a, b, c: (a != b) and c),
        ("!A&B|C", lambda a, b, c: (not a and b) or c),
        ("!(A+B)' C", lambda a, b, c: (a or b) and c),
        ("(((A B)+(B C))+(C A))", lambda a, b, c: a + b + c >= 2),
    ],
)
def test_functions(text: str, truth) -> None:
    function, pins = parse_function(text)
    assert set(pins) <= {"A", "B", "C"}
    for row in range(8):
        a, b, c = (bool(row >> place & 1) for place in range(3))
        words = {"A": -int(a), "B": -int(b), "C": -int(c)}
        assert function(words) == -int(truth(a, b, c)), (text, a, b, c)


@pytest.mark.parametrize("text", ["", "A +", "(A", "A)", "A ? B", "1", "!"])
def test_functions_that_are_none(text: str) -> None:
    with pytest.raises(GateError, match="is not understood"):
        parse_function(text)


def test_a_cleared_flip_flop_is_not_simulated(library: Library) -> None:
    assert library.cell("FF").register is not None
    with pytest.raises(GateError, match="FFR is no gate and no plain flip-flop"):
        library.cell("FFR")
    with pytest.raises(GateError, match="NOR9 is not in the library tiny"):
        library.cell("NOR9")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "neither attribute nor group"),
        ("library(a) { x", "neither attribute nor group"),
        ("library(a) { cell(b) { ", "not closed"),
        ("library(a) {} library(b) {}", "not one library"),
        ("cell(a) {}", "not one library"),
        (LIBERTY.replace('"1ns"', '"1ps"'), "units 1ps"),
        (LIBERTY.replace("(1,pf)", "(1000,ff)"), "units 1ns, 1V, 1000, ff"),
        (LIBERTY.replace('index_1 ("0, 2")', 'index_1 ("0, 1, 2")'), "rise_power of 4 values does not fit"),
        (LIBERTY.replace("input_transition_time", "temperature"), "tables by temperature"),
        (LIBERTY.replace('"0.1, 0.3"', '"0.1, much"'), "much"),
        (LIBERTY.replace("nom_voltage", "voltage"), "no nom_voltage"),
    ],
)
def test_files_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(GateError, match=message):
        read_library(text)


def test_groups_keep_names_and_attributes() -> None:
    library = parse_liberty('library(a) { k : "some text"; pair (1, "two"); sub(b, c) { x : 1 } }')
    assert library.attributes == {"k": ("some text",), "pair": ("1", "two")}
    assert [(group.kind, group.names, group.attributes) for group in library.groups] == [("sub", ("b", "c"), {"x": ("1",)})]
