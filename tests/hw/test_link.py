"""The link in hardware, in cocotb, with an I/O tile for a chip."""

import json
from dataclasses import replace

import pytest
from shiftfire_spec.chip import load_chip
from soc_designs import MEMORY_WORDS, link_soc_verilog

CHIP = replace(load_chip("nano"), memory_address_bits=32, counter_bits=16)  # all registers, of all bits


@pytest.mark.parametrize("thorough", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_over_the_serial_line(cocotb_bench, thorough):
    cocotb_bench(
        link_soc_verilog(CHIP),
        bench="bench_link",
        name="link-soc",
        BENCH_CHIP=json.dumps(CHIP.as_dict()),
        BENCH_MEMORY_WORDS=MEMORY_WORDS,
        BENCH_THOROUGH=thorough,
    )
