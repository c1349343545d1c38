"""The core's arithmetic in cocotb: one build, a bench for every unit."""

import pytest
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from unit_designs import datapath_units


@pytest.fixture(scope="module")
def datapath() -> str:
    return emit(datapath_units(), TOP)


@pytest.mark.parametrize("unit", ["lane", "lif", "count", "multispike", "requant", "argmax", "digits", "refractory"])
def test_unit(cocotb_bench, datapath, unit):
    cocotb_bench(datapath, bench=f"bench_{unit}", name="datapath")
