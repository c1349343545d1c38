"""Round-robin arbiters against index arithmetic."""

import os

import cocotb
from shiftfire_hw.testing.streams import Bench, value


class Checked:
    def __init__(self, bench, index, count):
        self.bench, self.count = bench, count
        self.requests, self.advance, self.grant = (getattr(bench.dut, f"{n}__{index}") for n in ("requests", "advance", "grant"))
        self.last = count - 1
        self.density, self.advancing = 0.5, 0.7
        self.waiting = [0] * count
        self.winners = []

    def drive(self):
        rng = self.bench.random
        self.wanted = [rng.random() < self.density for _ in range(self.count)]
        self.used = rng.random() < self.advancing
        self.requests.value = sum(bit << i for i, bit in enumerate(self.wanted))
        self.advance.value = int(self.used)

    def observe(self):
        order = [(self.last + 1 + k) % self.count for k in range(self.count)]
        winner = next((i for i in order if self.wanted[i]), None)
        assert value(self.grant) == (0 if winner is None else 1 << winner), f"count {self.count}, cycle {self.bench.cycles}"
        if winner is not None and self.used:
            self.last = winner
            self.winners.append(winner)


@cocotb.test()
async def random_requests(dut):
    bench = Bench(dut)
    counts = [int(count) for count in os.environ["COUNTS"].split(",")]
    arbiters = [bench.add(Checked(bench, index, count)) for index, count in enumerate(counts)]
    await bench.start()
    for density, advancing in ((0.5, 0.7), (0.1, 1.0), (0.9, 0.3)):
        for arbiter in arbiters:
            arbiter.density, arbiter.advancing = density, advancing
        await bench.cycle(400)


@cocotb.test()
async def fairness(dut):
    """Everyone asks all the time: turns in order, starting with 0."""
    bench = Bench(dut)
    counts = [int(count) for count in os.environ["COUNTS"].split(",")]
    arbiters = [bench.add(Checked(bench, index, count)) for index, count in enumerate(counts)]
    for arbiter in arbiters:
        arbiter.density, arbiter.advancing = 1.0, 1.0
    await bench.start()
    await bench.cycle(30)
    for arbiter in arbiters:
        assert arbiter.winners == [turn % arbiter.count for turn in range(30)]
