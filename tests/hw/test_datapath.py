"""The core's arithmetic in cocotb: one build, a bench for every unit."""

import pytest
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from unit_designs import datapath_units


@pytest.fixture(scope="module")
def datapath() -> str:
    return emit(datapath_units(), TOP)


@pytest.mark.parametrize(("unit", "tests"), [("lane", 2), ("lif", 2), ("count", 2), ("requant", 2), ("argmax", 1)])
def test_unit(cocotb_bench, datapath, unit, tests):
    assert cocotb_bench(datapath, bench=f"bench_{unit}", name="datapath") == tests
