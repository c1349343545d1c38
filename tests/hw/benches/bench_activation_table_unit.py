"""The table unit against the golden model: PTSILU, PTSOFTPLUS and random tables."""

import os
from fractions import Fraction

import cocotb
import numpy as np
from shift_unit_sizes import TABLE
from shiftfire.golden.activation_table import activation_table, ptsilu, ptsoftplus, table_values
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, bench_seed
from unit_rows import beats, flags, random_rows, stream, words
from units import Unit

ROWS = int(os.environ["ROWS"])


class Table:
    """One unit of the design with its streams."""

    def __init__(self, bench, name):
        self.bench, self.name, self.sizes = bench, name, TABLE[name]
        self.unit = Unit(bench.dut, name)
        self.driver = bench.add(StreamDriver(bench, f"{name}__i"))
        self.monitor = bench.add(StreamMonitor(bench, f"{name}__o"))
        self.unit.set(table_write=0)

    async def compare(self, table, x, mask, shift):
        for address, entry in enumerate(table.tolist()):
            self.unit.set(table_write=1, table_address=address, table_word=entry)
            await self.bench.cycle()
        self.unit.set(table_write=0, shift=shift)
        lanes, (rows, channels) = self.sizes["lanes"], x.shape
        first, last = flags(rows, channels, lanes)
        tail = [(beats(mask, lanes), 1), (first, 1), (last, 1)]
        sent = words([(beats(x, lanes), self.sizes["accumulator_bits"]), *tail])
        wanted = words([(beats(table_values(table, x, shift=shift) * mask, lanes), 16), *tail])
        await stream(self.bench, self.driver, self.monitor, sent, wanted, what=f"{self.name}, shift {shift}")


@cocotb.test()
async def random_batches(dut):
    rng, bench = np.random.default_rng(bench_seed()), Bench(dut)
    units = [Table(bench, name) for name in TABLE]
    await bench.start()
    batch = max(10, ROWS // 60)
    for unit in units:
        for _ in range(ROWS // (batch * len(units))):
            channels, bits = int(rng.integers(1, 18)), unit.sizes["accumulator_bits"]
            mask = (rng.random((batch, channels)) < rng.choice((0.0, 0.3))) ^ 1
            x = random_rows(rng, batch, channels, bits)
            await unit.compare(rng.integers(-(1 << 15), 1 << 15, 32), x, mask, int(rng.integers(0, bits)))


@cocotb.test()
async def every_argument(dut):
    """All eight-bit inputs through the tables of the published functions."""
    bench = Bench(dut)
    unit = Table(bench, "table_narrow")
    await bench.start()
    x = np.arange(-128, 128)[:, None]
    for function in (ptsilu, ptsoftplus):
        table = activation_table(function, alpha=Fraction(1, 4), zero=Fraction(-4), fraction=12)
        assert len(set(table.tolist())) > 28
        for shift in (0, 1, 2, 7):
            await unit.compare(table, x, np.ones_like(x), shift)


@cocotb.test()
async def cycles_are_the_documented(dut):
    bench = Bench(dut)
    unit = Table(bench, "table_usual")
    await bench.start()
    unit.driver.queue.extend([0] * 50)
    await bench.until(lambda: len(unit.monitor.taken) == 50, limit=200, what="50 results")
    assert [cycle for cycle, _ in unit.monitor.taken] == [cycle + 1 for cycle, _ in unit.driver.sent]
    assert unit.driver.sent[-1][0] - unit.driver.sent[0][0] == 49
