"""Queues of several depths against a Python deque."""

import os
from collections import deque

import cocotb
from shiftfire_hw.testing.streams import Bench, value

PHASES = ((0.5, 0.5), (0.9, 0.2), (0.2, 0.9), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.7, 0.7))  # P(valid), P(ready)
CYCLES_PER_PHASE = 150


class Checked:
    """One queue: random traffic, and a deque that says what every output must be."""

    def __init__(self, bench, index, depth, width):
        self.bench, self.depth, self.width = bench, depth, width
        self.i = {name: getattr(bench.dut, f"i__{index}__{name}") for name in ("payload", "valid", "ready")}
        self.o = {name: getattr(bench.dut, f"o__{index}__{name}") for name in ("payload", "valid", "ready")}
        self.level = getattr(bench.dut, f"level__{index}")
        self.items = deque()
        self.passed = 0
        self.phase = PHASES[0]

    def drive(self):
        rng = self.bench.random
        self.valid, self.ready = (rng.random() < probability for probability in self.phase)
        self.payload = rng.getrandbits(self.width)
        self.i["valid"].value, self.i["payload"].value, self.o["ready"].value = int(self.valid), self.payload, int(self.ready)

    def observe(self):
        held = len(self.items)
        where = f"depth {self.depth}, cycle {self.bench.cycles}"
        assert value(self.level) == held, where
        assert value(self.i["ready"]) == (held < self.depth), where
        assert value(self.o["valid"]) == (held > 0), where
        if held:
            assert value(self.o["payload"]) == self.items[0], where
            if self.ready:
                self.items.popleft()
                self.passed += 1
        if self.valid and held < self.depth:
            self.items.append(self.payload)


@cocotb.test()
async def random_traffic(dut):
    bench = Bench(dut)
    depths = [int(depth) for depth in os.environ["DEPTHS"].split(",")]
    queues = [bench.add(Checked(bench, index, depth, int(os.environ["WIDTH"]))) for index, depth in enumerate(depths)]
    await bench.start()
    for phase in PHASES * 2:
        for queue in queues:
            queue.phase = phase
        await bench.cycle(CYCLES_PER_PHASE)
    for queue in queues:
        assert queue.passed > 2 * CYCLES_PER_PHASE


@cocotb.test()
async def throughput(dut):
    """With both sides always ready: one item per cycle, but every other cycle at depth 1."""
    bench = Bench(dut)
    depths = [int(depth) for depth in os.environ["DEPTHS"].split(",")]
    queues = [bench.add(Checked(bench, index, depth, int(os.environ["WIDTH"]))) for index, depth in enumerate(depths)]
    for queue in queues:
        queue.phase = (1.0, 1.0)
    await bench.start()
    await bench.cycle(101)
    assert [queue.passed for queue in queues] == [50 if depth == 1 else 100 for depth in depths]
