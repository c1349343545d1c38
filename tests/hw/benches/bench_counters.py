"""Counters against integers modulo ``2**counter_bits``."""

import cocotb
from shiftfire_hw.core.counters import BUMP_BITS
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec.counters import COUNTERS
from unit_chips import CHIPS
from units import Unit, pack

CYCLES = 2300  # of up to 63: 16 and 17 bits wrap


class Checked:
    def __init__(self, bench, name, chip):
        self.bench, self.bits, self.unit = bench, chip.counter_bits, Unit(bench.dut, f"counters_{name}")
        self.values, self.taken = [0] * COUNTERS, [0] * COUNTERS
        self.wraps = 0
        self.clear_rate = 0.0

    def drive(self):
        rng = self.bench.random
        self.run, self.clear, self.index = rng.random() < 0.97, rng.random() < self.clear_rate, rng.randrange(COUNTERS)
        top = 2**BUMP_BITS - 1
        self.bumps = [top - index % 2 if rng.random() < 0.9 else rng.randint(0, top) for index in range(COUNTERS)]
        self.unit.set(run=self.run, clear=self.clear, index=self.index, bumps=pack(self.bumps, BUMP_BITS))

    def observe(self):
        assert self.unit.get("value") == self.values[self.index], (
            f"{self.bits} bits, counter {self.index}, cycle {self.bench.cycles}"
        )
        sums = [value + bump for value, bump in zip(self.values, self.taken, strict=True)]
        self.wraps += sum(total >= 2**self.bits for total in sums)
        self.values = [0 if self.clear else total % 2**self.bits for total in sums]
        self.taken = self.bumps if self.run and not self.clear else [0] * COUNTERS


@cocotb.test()
async def counting(dut):
    bench = Bench(dut)
    units = [bench.add(Checked(bench, name, chip)) for name, chip in CHIPS.items()]
    await bench.start()
    await bench.cycle(CYCLES)
    assert all(unit.wraps for unit in units if unit.bits <= 17)
    for unit in units:
        unit.clear_rate = 0.1
    await bench.cycle(200)
