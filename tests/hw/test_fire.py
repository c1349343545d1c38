"""The fire engine as a whole in cocotb, on three chips."""

import pytest
from shiftfire_hw.testing.runner import emit_verilog
from unit_designs import fire_engines


@pytest.fixture(scope="module")
def engines() -> str:
    return emit_verilog(fire_engines())


def test_against_golden_and_cycle_model(cocotb_bench, engines):
    assert cocotb_bench(engines, bench="bench_fire", name="fire") == 11
