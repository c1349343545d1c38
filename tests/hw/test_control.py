"""The core's memories, registers and control in cocotb: one build, a bench for every unit."""

import pytest
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from unit_designs import control_units

UNITS = ("weight_memory", "accumulators", "counters", "registers", "encoder", "egress", "sequencer", "address_generator")


@pytest.fixture(scope="module")
def control() -> str:
    return emit(control_units(), TOP)


@pytest.mark.parametrize("unit", UNITS)
def test_unit(cocotb_bench, control, unit):
    cocotb_bench(control, bench=f"bench_{unit}", name="control")
