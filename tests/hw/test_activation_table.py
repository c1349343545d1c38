"""The standalone table unit (PTSILU, PTSOFTPLUS) in cocotb, against golden."""

import pytest
from shift_unit_sizes import design
from shiftfire_hw.standalone.activation_table import ActivationTableUnit


@pytest.mark.parametrize("rows", [600, pytest.param(100_000, marks=pytest.mark.slow)])
def test_against_golden(cocotb_bench, rows):
    cocotb_bench(design("table"), bench="bench_activation_table_unit", name="table", ROWS=rows)


def test_sizes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="lanes = 3 is not a power of two"):
        ActivationTableUnit(lanes=3)
