"""Where a rising line meets a level."""

from __future__ import annotations

from shiftfire.energy.crossing import crossing


def test_crossing() -> None:
    rates, energies = (0.1, 0.2, 0.4), (10.0, 20.0, 60.0)
    assert crossing(rates, energies, 15.0) == 0.15000000000000002
    assert crossing(rates, energies, 40.0) == 0.30000000000000004
    assert crossing(rates, energies, 20.0) == 0.2
    assert crossing(rates, energies, 9.0) is None and crossing(rates, energies, 61.0) is None
    assert crossing((0.1, 0.2), (5.0, 5.0), 5.0) == 0.1
