"""What holds for every standalone unit: no multiplier, a name of its own, handshakes that follow registers."""

import pytest
from shiftfire_hw.standalone import UNITS
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from test_no_multipliers import forbidden


@pytest.mark.parametrize("name", sorted(UNITS))
def test_no_multiplier(name):
    assert forbidden(UNITS[name]()) == {}


@pytest.mark.parametrize("name", sorted(UNITS))
def test_the_same_unit_gives_the_same_verilog(name):
    assert emit(UNITS[name](), TOP) == emit(UNITS[name](), TOP)
