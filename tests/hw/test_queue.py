"""The queue, depths around powers of two, in cocotb."""

import pytest
from designs import QueueBank
from shiftfire_hw.noc.queue import Queue

DEPTHS = (1, 2, 3, 4, 8)
WIDTH = 11


def test_against_deque(cocotb_bench):
    design = QueueBank(width=WIDTH, depths=DEPTHS)
    cocotb_bench(design, bench="bench_queue", name="queue", DEPTHS=",".join(map(str, DEPTHS)), WIDTH=WIDTH)


@pytest.mark.parametrize("depth", [0, -1, 1.5, True])
def test_depth_is_checked(depth):
    with pytest.raises(ValueError, match="queue depth"):
        Queue(shape=8, depth=depth)
