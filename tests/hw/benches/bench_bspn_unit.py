"""BSPN on its own against the golden model."""

import itertools
import math
import os

import cocotb
import numpy as np
from shift_unit_sizes import BSPN, BSPN_WIDE
from shiftfire.golden.bspn import bspn_power, bspn_values, power_norm
from shiftfire.network.neurons.bspn import Bspn
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, bench_seed
from shiftfire_spec.shift_units import BSPN_CODES, GroupScale, UnitOutput
from unit_rows import beats, flags, random_rows, stream, words
from units import Unit

ROWS = int(os.environ["ROWS"])
UNITS = BSPN_WIDE if os.environ["WIDE"] == "True" else BSPN


class Normaliser:
    """One unit of the design with its streams. ``compared``: rows found equal to golden."""

    def __init__(self, bench, name):
        self.bench, self.name, self.sizes, self.compared = bench, name, UNITS[name], 0
        self.unit = Unit(bench.dut, name)
        self.driver = bench.add(StreamDriver(bench, f"{name}__i"))
        self.monitor = bench.add(StreamMonitor(bench, f"{name}__o"))
        self.unit.set(parameter_write=0, table_write=0)

    async def load(self, layer, plain):
        """Parameters, codes and configuration of ``layer``; ``plain``: None, or (shift, lo, span)."""
        lanes, bits = self.sizes["lanes"], self.sizes["value_bits"]
        columns = [
            (beats(values[None], lanes), width) for values, width in ((layer.shift, 6), (layer.negative, 1), (layer.beta, bits))
        ]
        per_lane = [[(column[:, [lane]], width) for column, width in columns] for lane in range(lanes)]
        for address, word in enumerate(words(list(itertools.chain(*per_lane)))):
            self.unit.set(parameter_write=1, parameter_address=address, parameter_word=word)
            await self.bench.cycle()
        self.unit.set(parameter_write=0)
        for address, code in enumerate(layer.codes.tolist()):
            self.unit.set(table_write=1, table_address=address, table_word=code)
            await self.bench.cycle()
        shift, lo, span = plain or (0, 0, 0)
        fields = [(layer.scale, 1), (layer.guard, 3), (plain is not None, 1), (shift, 5), (lo, 9), (span, 9)]
        self.unit.set(table_write=0, config=words([(np.array([value]), width) for value, width in fields])[0])

    async def compare(self, layer, x, mask, plain, *, what):
        """Rows through the unit, each equal to golden; returns the cycles."""
        await self.load(layer, plain)
        lanes, (rows, channels) = self.sizes["lanes"], x.shape
        first, last = flags(rows, channels, lanes)
        flat_mask = beats(mask, lanes)
        sent = words([(beats(x, lanes), self.sizes["accumulator_bits"]), (flat_mask, 1), (first, 1), (last, 1)])
        bits = self.sizes["value_bits"]
        result = bspn_power(layer, x, mask, value_bits=bits)
        code = (
            result.code
            if plain is None
            else power_norm(layer, x, shift=plain[0], lo=plain[1], hi=plain[1] + plain[2], mask=mask, value_bits=bits)
        )
        power = np.where(result.power == 0, 0, np.frexp(result.power.astype(float))[1] - 1 + 16 * (result.power < 0) + 32)
        wanted = [(beats(result.y, lanes), self.sizes["value_bits"]), (beats(power, lanes), 6), (beats(code, lanes), 9)]
        wanted = words([*wanted, (flat_mask, 1), (first, 1), (last, 1)])
        cycles = await stream(self.bench, self.driver, self.monitor, sent, wanted, what=f"{self.name}, {what}")
        self.compared += rows
        return cycles


def bspn(shift, negative, beta, codes, group, scale, guard):
    """A layer that sends codes, without bias."""
    zero = np.zeros(len(shift), np.int64)
    return Bspn(zero, shift, negative, beta, group, scale, guard, UnitOutput.TABLE, codes)


def random_layer(rng, sizes, channels):
    group, bits = sizes["group"], sizes["value_bits"]
    top = min(31, bits - 1 - group.bit_length())
    low = -32 if rng.random() < 0.2 else max(-32, top - 10)
    limit = 1 << int(rng.integers(1, bits))
    return bspn(
        shift=rng.integers(low, top + 1, channels),
        negative=rng.integers(0, 2, channels),
        beta=np.clip(rng.integers(-limit, limit, channels), -(1 << (bits - 1)), (1 << (bits - 1)) - 1) * (rng.random() < 0.7),
        codes=rng.integers(-256, 256, BSPN_CODES),
        group=group,
        scale=GroupScale(int(rng.integers(0, 2))),
        guard=int(rng.integers(0, 8)),
    )


@cocotb.test()
async def random_batches(dut):
    """At least $ROWS rows over all units."""
    rng, bench = np.random.default_rng(bench_seed()), Bench(dut)
    units = [Normaliser(bench, name) for name in UNITS]
    await bench.start()
    batch = max(10, ROWS // 60)
    for unit in units:
        group, channels = unit.sizes["group"], unit.sizes["channels"]
        usual = {1, group - 1, group, group + 1, 2 * group, channels}
        while unit.compared * len(units) < ROWS:
            width = int(rng.choice([n for n in usual if 0 < n <= channels])) if rng.random() < 0.5 else min(group, channels)
            layer = random_layer(rng, unit.sizes, width)
            x = random_rows(rng, batch, width, unit.sizes["accumulator_bits"])
            mask = (rng.random((batch, width)) < rng.choice((0.0, 0.3, 0.9))) ^ 1
            plain = (
                (int(rng.integers(0, 20)), int(rng.integers(-128, 1)), int(rng.integers(0, 256))) if rng.random() < 0.3 else None
            )
            await unit.compare(layer, x, mask, plain, what=f"{layer}, {width} channels")


@cocotb.test(skip="bspn_small" not in UNITS)
async def every_small_group(dut):
    """All pairs of 8-bit values out of a set with every power of two and its neighbours, both rules."""
    bench = Bench(dut)
    unit = Normaliser(bench, "bspn_small")
    await bench.start()
    values = sorted(
        {s * (p + n) for p in (0, 1, 2, 4, 8, 16, 32, 64, 127) for n in (-1, 0, 1) for s in (-1, 1)} & set(range(-128, 128))
    )
    x = np.array(list(itertools.product(values, repeat=2)))
    for scale in GroupScale:
        layer = bspn(
            shift=np.array([10, 15]),
            negative=np.array([0, 1]),
            beta=np.array([0, -3]),
            codes=np.arange(BSPN_CODES),
            group=2,
            scale=scale,
            guard=2,
        )
        await unit.compare(layer, x, np.ones_like(x), None, what=f"every pair, {scale.name}")


@cocotb.test(skip="SMALL_ROWS" not in os.environ)
async def every_group_of_three(dut):
    """All groups of one to three channels, each of -4..4 or masked, both group scales; every channel meets every shift of -2..5 with either
    sign, without beta and with one that moves y over a rounding threshold: $SMALL_ROWS rows."""
    bench = Bench(dut)
    unit = Normaliser(bench, "bspn_beat")
    await bench.start()
    weights = [(shift, negative) for shift in range(-2, 6) for negative in (0, 1)]
    for scale, turn, (beta, guard) in itertools.product(GroupScale, range(len(weights)), ((0, 0), (1, 1))):
        for channels in (1, 2, 3):
            x = np.array(list(itertools.product(range(-5, 5), repeat=channels)))  # -5: masked
            own = np.array([weights[(turn + 5 * channel) % len(weights)] for channel in range(channels)])
            layer = bspn(own[:, 0], own[:, 1], np.full(channels, beta), np.arange(BSPN_CODES), 4, scale, guard)
            await unit.compare(layer, x, (x != -5).astype(int), None, what=f"every group of {channels}, {layer}")
    assert unit.compared == int(os.environ["SMALL_ROWS"])


@cocotb.test(skip="bspn_single" not in UNITS)
async def every_value(dut):
    """Groups of one: y is a power of two times the sign, or beta: every 9-bit value, every rounding position through beta."""
    bench, rng = Bench(dut), np.random.default_rng(bench_seed())
    unit = Normaliser(bench, "bspn_single")
    await bench.start()
    x = np.arange(-256, 256)[:, None]
    for beta in (0, *(int(b) for b in rng.integers(-(1 << 19), 1 << 19, 3))):
        layer = bspn(np.array([17]), np.array([0]), np.array([beta]), np.arange(BSPN_CODES), 1, GroupScale.EPSILON, 3)
        assert beta or set(np.abs(bspn_values(layer, x, value_bits=20)).ravel().tolist()) <= set(range((1 << 17) + 1))
        await unit.compare(layer, x, np.ones_like(x), None, what=f"every value, beta {beta}")


@cocotb.test(skip="bspn_single" not in UNITS)
async def every_threshold(dut):
    """y = beta: every threshold sqrt(2) 2^e and its neighbours, both signs; rows of zeros."""
    bench = Bench(dut)
    unit = Normaliser(bench, "bspn_single")
    await bench.start()
    for exponent in range(19):
        up = math.isqrt(2 * 4**exponent) + 1
        for beta in ([up - 1, up, up + 1], [-up + 1, -up, -up - 1]):
            shift, negative = np.full(3, 5), np.zeros(3, int)
            layer = bspn(shift, negative, np.array(beta), np.arange(BSPN_CODES), 1, GroupScale.CEIL, 7 * (exponent > 9))
            await unit.compare(layer, np.zeros((1, 3), int), np.ones((1, 3), int), None, what=f"beta {beta}")


@cocotb.test(skip="bspn_usual" not in UNITS)
async def cycles_are_the_documented(dut):
    """Two cycles per beat; the first result a group after the first input."""
    bench, rng = Bench(dut), np.random.default_rng(bench_seed())
    unit = Normaliser(bench, "bspn_usual")
    await bench.start()
    layer = random_layer(rng, unit.sizes, 64)
    await unit.load(layer, None)
    x = random_rows(rng, 5, 64, 20)
    first, last = flags(5, 64, 4)
    sent = words([(beats(x, 4), 20), (np.ones((80, 4)), 1), (first, 1), (last, 1)])
    unit.driver.queue.extend(sent)
    await bench.until(lambda: len(unit.monitor.taken) == 80, limit=400, what="80 results")
    assert unit.monitor.taken[0][0] - unit.driver.sent[0][0] == 16
    assert unit.monitor.taken[-1][0] + 1 - unit.driver.sent[0][0] == 2 * 80
