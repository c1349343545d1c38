"""The table: complete, sourced, fresh in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest
from shiftfire.energy.render import render_energy_reference
from shiftfire.energy.table import DEFAULT_MOVEMENT, Constant, EnergyError, load_table, parse_table

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "energy.md"


def test_the_committed_reference_is_fresh() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == render_energy_reference(), "run `make docs`"


def everything() -> list[Constant]:
    table = load_table()
    return [*table.constants.values(), *(c for m in table.movements.values() for c in (m.hop, m.delivery))]


def test_every_constant_says_where_it_is_from() -> None:
    for constant in everything():
        assert 0 < constant.low <= constant.value <= constant.high
        assert constant.unit in ("pJ", "pJ/bit", "pJ/flit", "pJ/flit/hop", "1")
        assert constant.certainty in ("code", "paper", "tool", "gates", "derived", "assumption")
        assert constant.source and constant.technology and constant.note
    assert DEFAULT_MOVEMENT in load_table().movements


def test_published_values() -> None:
    """Typed from the sources once more: low, nominal, high."""
    table = load_table()
    addition = (0.018, 0.040, 0.0545)

    def multiples(*factors: float) -> tuple[float, ...]:
        return tuple(factor * corner for factor, corner in zip(factors, addition, strict=True))

    typed = {
        "accumulate": addition,
        "subtract": addition,
        "compare": multiples(0.37, 0.45, 0.6),
        "leaky_step": multiples(6.37, 9.7, 9.7),
        "division_step": multiples(1.57, 2.18, 2.18),
        "softmax_entry": multiples(7.67, 9.9, 9.9),
        "norm_channel": multiples(9.3, 18.2, 18.2),
        "lane_operation": multiples(1.36, 1.75, 2.7),
        "multiply_bit_pair": multiples(0.0378, 0.049, 0.095),
        "multiply_bit_pair_steady": multiples(0.0199, 0.021, 0.044),
        "add_product": multiples(0.74, 0.85, 1),
        "add_partial_sum": multiples(0.389, 0.39, 1),
        "flip_flop_clock": (0.001, 0.002, 0.003),
        "main_memory_bit": (1.2 * (145 - 55) * 3.33 / 64, 14, 2600 / 64),
    }
    for name, values in typed.items():
        constant = table.constant(name)
        assert (constant.low, constant.value, constant.high) == pytest.approx(values, rel=0.03), name
    activation = 1.2 * (60 - 55) * 32 + 1.2 * (60 - 50) * 13.3  # pJ: open and close, V x mA x ns
    assert table.constant("main_memory_activation").value == pytest.approx(activation, rel=0.02)
    dsent, loihi = table.movement("dsent"), table.movement("loihi")
    assert (dsent.hop.low, dsent.hop.value, dsent.hop.high) == (0.55, 0.93, 3.5)
    assert (dsent.delivery.low, dsent.delivery.value, dsent.delivery.high) == (0.35, 0.53, 1.7)
    assert (loihi.hop.low, loihi.hop.high, loihi.delivery.value) == (3.0, 4.2, 1.7)
    assert dsent.hop.value == pytest.approx(
        0.53 + 38 * 0.0236 * 0.45, rel=0.01
    )  # router, and a link of 0.45 mm for a flit of 38 bits


ENTRY = 'low = 1.0\nvalue = {}\nhigh = 2.0\nunit = "pJ"\ntechnology = "t"\nsource = "s"\ncertainty = "code"\nnote = "n"'


def test_mistakes() -> None:
    with pytest.raises(EnergyError, match=r"constant\.x has keys"):
        parse_table("[constant.x]\nvalue = 1.0")
    with pytest.raises(EnergyError, match="no energy constant 'flux'"):
        load_table().constant("flux")
    with pytest.raises(EnergyError, match=r"x has low = 1\.0, value = 3\.0, high = 2\.0: give positive numbers in that order"):
        parse_table("[constant.x]\n" + ENTRY.format("3.0"))
    with pytest.raises(EnergyError, match=r"movement\.x has \['hop'\]; it needs exactly \['delivery', 'hop'\]"):
        parse_table("[movement.x.hop]\n" + ENTRY.format("1.5"))
    assert parse_table("[constant.x]\n" + ENTRY.format("1.5")).constant("x").value == 1.5
