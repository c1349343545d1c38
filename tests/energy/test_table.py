"""The table: complete, sourced, fresh in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest
from shiftfire.energy.render import render_energy_reference
from shiftfire.energy.table import DEFAULT_MOVEMENT, DENSE_MOVEMENT, EnergyError, load_table, parse_table

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "energy.md"


def test_the_committed_reference_is_fresh() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == render_energy_reference(), "run `make docs`"


def test_every_constant_says_where_it_is_from() -> None:
    table = load_table()
    for constant in (*table.constants.values(), *table.movements.values()):
        assert constant.value > 0
        assert constant.unit in ("pJ", "pJ/bit", "pJ/bit/hop", "1")
        assert constant.certainty in ("code", "paper", "summary", "derived", "assumption")
        assert constant.source and constant.technology and constant.note
    assert {DEFAULT_MOVEMENT, DENSE_MOVEMENT} <= set(table.movements)


def test_published_values() -> None:
    """Typed from the papers once more."""
    table = load_table()
    for name in ("accumulate", "compare", "subtract"):
        assert table.constant(name).value == 0.05448
    assert table.constant("sram_bit").value == 0.098454
    assert (table.movement("loihi").value, table.movement("circuit").value, table.movement("script").value) == (3.0, 0.25, 0.18)
    assert table.constant("multiply_to_add").value == pytest.approx(0.2 / 0.1)


def test_mistakes() -> None:
    with pytest.raises(EnergyError, match=r"constant\.x has keys"):
        parse_table("[constant.x]\nvalue = 1.0")
    with pytest.raises(EnergyError, match="no energy constant 'flux'"):
        load_table().constant("flux")
