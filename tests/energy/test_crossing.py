"""Where a rising line meets a level, or another line."""

from __future__ import annotations

import pytest
from shiftfire.energy.crossing import crossing


def test_crossing() -> None:
    rates, energies = (0.1, 0.2, 0.4), (10.0, 20.0, 60.0)

    def at(level: float) -> float | None:
        return crossing(rates, energies, (level,) * 3)

    assert at(15.0) == pytest.approx(0.15)
    assert at(40.0) == pytest.approx(0.3)
    assert at(20.0) == pytest.approx(0.2)
    assert at(9.0) is None and at(61.0) is None
    assert crossing((0.1, 0.2), (5.0, 5.0), (5.0, 5.0)) == 0.1


def test_the_other_line_may_rise_as_well() -> None:
    """10 + 100 (x - 0.1) meets 12 + 20 (x - 0.1) at x = 0.125."""
    assert crossing((0.1, 0.2), (10.0, 20.0), (12.0, 14.0)) == pytest.approx(0.125)
    assert crossing((0.1, 0.2), (10.0, 20.0), (12.0, 30.0)) is None
