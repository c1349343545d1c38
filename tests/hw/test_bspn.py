"""The standalone BSPN unit in cocotb, against golden."""

from pathlib import Path

import pytest
from shift_unit_sizes import design
from shiftfire_hw.core.bspn import Bspn
from shiftfire_hw.standalone.bspn import BspnUnit
from shiftfire_hw.testing.runner import run_cocotb

SMALL_ROWS = (10 + 10**2 + 10**3) * 2 * 16 * 2  # groups, scales, shifts and signs, betas: 71,040


def test_against_golden(cocotb_bench):
    cocotb_bench(design("bspn"), bench="bench_bspn_unit", name="bspn", skipped=["every_group_of_three"], ROWS=600, WIDE=False)


@pytest.mark.slow
def test_every_small_group(cocotb_bench):
    """The bench counts the rows that it compares."""
    parameters = {"ROWS": 0, "WIDE": False, "SMALL_ROWS": SMALL_ROWS, "testcase": "every_group_of_three"}
    cocotb_bench(design("bspn"), bench="bench_bspn_unit", name="bspn", **parameters)


@pytest.mark.slow
def test_many_rows():
    """100,000 rows: the bench counts those that it compares."""
    parameters = {"ROWS": 100_000, "WIDE": True}
    tests = run_cocotb(
        design("bspn", wide=True),
        name="bspn-wide",
        test_module="bench_bspn_unit",
        bench_directory=Path(__file__).parent / "benches",
        testcase="random_batches",
        parameters=parameters,
        optimize=True,
    )
    assert tests == 1


def test_sizes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="lanes = 8 exceeds group = 4"):
        Bspn(accumulator_bits=20, lanes=8, group=4)
    with pytest.raises(ValueError, match="group = 48 is not a power of two"):
        BspnUnit(group=48)
    with pytest.raises(ValueError, match="channels = 0"):
        BspnUnit(channels=0)
