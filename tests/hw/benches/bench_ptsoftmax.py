"""The standalone PTSOFTMAX unit against golden: random, exhaustive and long rows, its flags and its promised cycles."""

import itertools
import os
from dataclasses import dataclass
from random import Random

import cocotb
import numpy as np
from ptsoftmax_designs import SIZES
from shiftfire.golden.ptsoftmax import counts, pow2_codes, ptsoftmax
from shiftfire_hw.standalone.ptsoftmax import input_layout, output_layout
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, bench_seed
from shiftfire_spec.shift_units import PTSOFTMAX_EXPONENT_BITS, PTSOFTMAX_SHIFT_BITS, PTSOFTMAX_TABLE_BITS, DenominatorRule
from units import Unit, corner, pack, signed_limits

BATCH_ROWS = 60
LIMIT = 60_000
ZERO = (1 << PTSOFTMAX_EXPONENT_BITS) - 1
Row = list[tuple[int, bool]]


@dataclass(frozen=True)
class Result:
    """Exponent (`ZERO`: no event) and count (0: no event) of every lane of a row."""

    exponents: list[int]
    counts: list[int]


class Softmax:
    """One unit: its streams, its configuration. ``compared``: rows found equal to golden."""

    def __init__(self, bench, name, *, idle=0.0, stall=0.0):
        self.bench, self.name, self.compared = bench, name, 0
        self.lanes, self.bits = SIZES[name]["lanes"], SIZES[name]["accumulator_bits"]
        self.fraction_bits, self.row_entries = SIZES[name]["fraction_bits"], SIZES[name]["row_entries"]
        self.unit = Unit(bench.dut, name)
        self.driver = bench.add(StreamDriver(bench, f"{name}__i", idle=idle))
        self.monitor = bench.add(StreamMonitor(bench, f"{name}__o", stall=stall))
        self.input, self.output = input_layout(self.bits, self.lanes), output_layout(self.lanes)
        self.table = np.zeros(1 << PTSOFTMAX_TABLE_BITS, dtype=np.int64)
        self.shift, self.rule = 0, DenominatorRule.NEAREST_UP
        for other in SIZES:
            if other != name:
                Unit(bench.dut, other).set(i__valid=0, o__ready=0, table_write=0)
        self.unit.set(table_write=0)

    async def load(self, table):
        self.table = np.array(table)
        for address, word in enumerate(table):
            self.unit.set(table_write=1, table_address=address, table_word=word)
            await self.bench.cycle()
        self.unit.set(table_write=0)

    def configure(self, shift, rule):
        self.shift, self.rule = shift, rule
        self.unit.set(shift=shift, rule=rule)

    def beats(self, row: Row, *, first=True, last=True):
        """Payloads of a row; the lanes past its end are masked and hold what would win."""
        full = [*row, *[((1 << (self.bits - 1)) - 1, False)] * (-len(row) % self.lanes)]
        groups = [full[start : start + self.lanes] for start in range(0, len(full), self.lanes)]
        for index, group in enumerate(groups):
            begin, end = first and index == 0, last and index == len(groups) - 1
            fields = {
                "a": pack([a for a, _ in group], self.bits),
                "valid": pack([v for _, v in group], 1),
                "first": begin,
                "last": end,
            }
            yield sum(int(word) << self.input[field].offset for field, word in fields.items())

    def expected(self, rows: list[Row]) -> list[Result]:
        """Golden, all rows at once."""
        widest = max(len(row) + -len(row) % self.lanes for row in rows)
        a, mask = np.zeros((len(rows), widest), dtype=np.int64), np.zeros((len(rows), widest), dtype=bool)
        for index, row in enumerate(rows):
            a[index, : len(row)], mask[index, : len(row)] = zip(*row, strict=True)
        e = ptsoftmax(a, shift=self.shift, rule=self.rule, mask=mask, fraction_bits=self.fraction_bits)
        n, codes = counts(e, self.table), pow2_codes(e)
        widths = [len(row) + -len(row) % self.lanes for row in rows]
        return [Result(codes[i, :w].tolist(), n[i, :w].tolist()) for i, w in enumerate(widths)]

    def results(self) -> list[Result]:
        """Rows taken so far, forgotten afterwards."""
        rows: list[Result] = []
        for _, payload in self.monitor.taken:
            words = {name: payload >> field.offset & ((1 << field.width) - 1) for name, field in self.output}
            if words["first"]:
                rows.append(Result([], []))
            for lane in range(self.lanes):
                exponent = words["exponent"] >> lane * PTSOFTMAX_EXPONENT_BITS & ZERO
                count = words["count"] >> lane * 4 & 15
                fires = words["exponent_valid"] >> lane & 1
                assert not fires or exponent < ZERO, "an event of zero"
                assert not words["count_valid"] >> lane & 1 or count, "an event of count 0"
                rows[-1].exponents.append(exponent if fires else ZERO)
                rows[-1].counts.append(count if words["count_valid"] >> lane & 1 else 0)
        self.monitor.taken.clear()
        self.driver.sent.clear()
        return rows

    async def run(self, rows: list[Row]):
        """Send rows, wait for their results, compare."""
        for row in rows:
            self.driver.queue.extend(self.beats(row))
        wanted = sum(-(-len(row) // self.lanes) for row in rows)
        taken = self.monitor.taken
        await self.bench.until(lambda: len(taken) == wanted, limit=LIMIT, what=f"{wanted} beats of results")
        for row, got, want in zip(rows, self.results(), self.expected(rows), strict=True):
            assert got == want, f"{self.name} shift {self.shift} {self.rule.name} {row}: {got}, golden {want}"
            self.compared += 1


def random_row(rng: Random, size: Softmax, longest: int) -> Row:
    """A row at which a softmax breaks: ties, ladders to a threshold, extremes, far entries, masks; one in a hundred of any length."""
    low, high = signed_limits(size.bits)
    length = rng.choice((1, rng.randint(1, longest), rng.randint(1, min(9, longest))))
    if rng.random() < 0.01:
        length = rng.randint(1, size.row_entries)
    step, top = 1 << size.shift, rng.randint(low, high)
    kind = rng.randrange(5)
    if kind == 0:
        values = [corner(rng, low, high) for _ in range(length)]
    elif kind == 1:
        values = [top] * length
    elif kind == 2:
        values = [top - step * rng.randrange(6) + rng.randint(-1, 1) for _ in range(length)]
    elif kind == 3:  # 1 + 1/4 + 1/8 + ... + twice the last: 1.5, give or take
        values = [top, *(top - step * d for d in range(2, length)), top - step * (length - 1)][:length]
        rng.shuffle(values)
    else:
        values = [
            top - step * rng.randint(size.fraction_bits - 2, size.fraction_bits + 3) * rng.randrange(2) for _ in range(length)
        ]
    part = rng.choice((1.0, 1.0, 0.7, 0.1, 0.0))
    return [(max(low, min(high, value)), rng.random() < part) for value in values]


@cocotb.test()
async def random_rows(dut):
    """At least $ROWS rows on $SIZE."""
    bench, rng = Bench(dut), Random(bench_seed())
    unit = Softmax(bench, os.environ["SIZE"])
    await bench.start()
    rows, longest = int(os.environ["ROWS"]), min(unit.row_entries, 5 * unit.lanes)
    while unit.compared < rows:
        await unit.load([rng.randrange(16) for _ in range(1 << PTSOFTMAX_TABLE_BITS)])
        for _ in range(8):
            unit.driver.idle, unit.monitor.stall = rng.choice((0.0, 0.0, 0.4)), rng.choice((0.0, 0.0, 0.4))
            unit.configure(rng.choice((0, 1, rng.randrange(1 << PTSOFTMAX_SHIFT_BITS))), DenominatorRule(rng.randrange(2)))
            await unit.run([random_row(rng, unit, longest) for _ in range(BATCH_ROWS)])


@cocotb.test()
async def long_rows(dut):
    """Rows of the greatest length and around powers of two below it, on $SIZE."""
    bench, rng = Bench(dut), Random(bench_seed())
    unit = Softmax(bench, os.environ["SIZE"], idle=0.1, stall=0.1)
    await bench.start()
    await unit.load([rng.randrange(16) for _ in range(1 << PTSOFTMAX_TABLE_BITS)])
    lengths = {n + near for n in (1, 2, 4, 8, 64, 256, 512) for near in (-1, 0, 1)} | {unit.row_entries}
    lengths = sorted(n for n in lengths if 0 < n <= unit.row_entries)
    low, high = signed_limits(unit.bits)
    for rule in DenominatorRule:
        unit.configure(2, rule)
        await unit.run([[(high, True)] * n for n in lengths])
        await unit.run([[(rng.choice((low, 0, 5)), rng.random() < 0.9) for _ in range(n)] for n in lengths])


@cocotb.test()
async def every_short_row(dut):
    """All rows of $ENTRIES entries, each of -4..4, one of the two extremes, or masked, under both rules and shifts 0..2: $ROWS rows on $SIZE."""
    bench = Bench(dut)
    unit = Softmax(bench, os.environ["SIZE"])
    await bench.start()
    await unit.load([max(0, 15 - e) for e in range(1 << PTSOFTMAX_TABLE_BITS)])
    low, high = signed_limits(unit.bits)
    choices = [*((a, True) for a in (low, *range(-4, 5), high)), (high, False)]
    rows = [list(row) for row in itertools.product(choices, repeat=int(os.environ["ENTRIES"]))]
    for rule, shift in itertools.product(DenominatorRule, range(3)):
        unit.configure(shift, rule)
        for start in range(0, len(rows), BATCH_ROWS):
            await unit.run(rows[start : start + BATCH_ROWS])
    assert unit.compared == int(os.environ["ROWS"])


@cocotb.test()
async def flags_and_cycles(dut):
    """An unfinished row is forgotten, a full buffer ends a row, and a row of B beats takes 3 B + 2 cycles."""
    bench = Bench(dut)
    unit = Softmax(bench, "pair")
    await bench.start()
    await unit.load([15 - e % 16 for e in range(1 << PTSOFTMAX_TABLE_BITS)])
    unit.configure(0, DenominatorRule.NEAREST_UP)
    unit.driver.queue.extend(unit.beats([(200, True)] * 4, last=False))
    await unit.run([[(3, True), (1, False), (2, True)]])

    full = [(a, True) for a in (5, 4, 4, 3, 0, -200)]
    unit.driver.queue.extend([*unit.beats(full, last=False), *unit.beats(full[:4], first=False)])
    taken = unit.monitor.taken
    await bench.until(lambda: len(taken) == 5, limit=200, what="two rows without flags between them")
    assert unit.results() == unit.expected([full, full[:4]])

    for beats in (1, 2, 3):
        row = full[: 2 * beats]
        unit.driver.queue.extend([*unit.beats(row), *unit.beats(row)])
        await bench.until(lambda beats=beats: len(taken) == 2 * beats, limit=200, what="two rows")
        accepted, emitted = [cycle for cycle, _ in unit.driver.sent], [cycle for cycle, _ in taken]
        last = accepted[beats - 1]
        assert last - accepted[0] == beats - 1
        assert emitted[:beats] == list(range(last + beats + 3, last + 2 * beats + 3))
        assert accepted[beats] == emitted[beats - 1] + 1
        assert accepted[beats] - accepted[0] == 3 * beats + 2
        assert unit.results() == unit.expected([row, row])
