"""The round-robin arbiter in cocotb."""

import pytest
from designs import ArbiterBank
from shiftfire_hw.noc.arbiter import RoundRobin

COUNTS = (1, 2, 3, 5, 8)


def test_against_index_arithmetic(cocotb_bench):
    design = ArbiterBank(counts=COUNTS)
    cocotb_bench(design, bench="bench_arbiter", name="arbiter", COUNTS=",".join(map(str, COUNTS)))


def test_count_is_checked():
    with pytest.raises(ValueError, match="arbiter count"):
        RoundRobin(count=0)
