"""The fire engine as a whole in cocotb, on three chips."""

import pytest
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from unit_designs import fire_engines


@pytest.fixture(scope="module")
def engines() -> str:
    return emit(fire_engines(), TOP)


@pytest.mark.parametrize("thorough", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_against_golden_and_cycle_model(cocotb_bench, engines, thorough):
    cocotb_bench(engines, bench="bench_fire", name="fire", BENCH_THOROUGH=thorough)
