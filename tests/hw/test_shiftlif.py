"""The standalone SHIFTLIF unit in cocotb, against golden."""

import pytest
from shift_unit_sizes import design
from shiftfire_hw.standalone.shiftlif import ShiftLifUnit


@pytest.mark.parametrize("rows", [600, pytest.param(100_000, marks=pytest.mark.slow)])
def test_against_golden(cocotb_bench, rows):
    cocotb_bench(design("shiftlif"), bench="bench_shiftlif_unit", name="shiftlif", ROWS=rows)


def test_sizes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="membrane_bits = 3"):
        ShiftLifUnit(membrane_bits=3)
