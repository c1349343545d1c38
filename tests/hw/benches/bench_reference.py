"""The multiplier references against their integer models."""

import os
from random import Random

import cocotb
import numpy as np
from reference_sizes import LAYER_NORM, MAC, SOFTMAX
from shiftfire.cost.models import fixed_point_layer_norm, fixed_point_softmax
from shiftfire.golden.requant import rounding_shift
from shiftfire_hw.baselines.layer_norm import GAMMA_BITS
from shiftfire_hw.baselines.softmax import PROBABILITY_BITS
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, bench_seed
from shiftfire_spec.fire import Rounding
from shiftfire_spec.packet import PAYLOAD_BITS
from shiftfire_spec.shift_units import CODE_BITS
from unit_rows import beats, flags, random_rows, stream, words
from units import Unit, corner, pack, settle, signed_limits, unpack

ROWS = int(os.environ["ROWS"])


class Streaming:
    """A unit of the design with its streams; the others of the design stay silent."""

    def __init__(self, bench, name, sizes):
        self.bench, self.name, self.sizes = bench, name, sizes
        self.unit = Unit(bench.dut, name)
        self.driver = bench.add(StreamDriver(bench, f"{name}__i"))
        self.monitor = bench.add(StreamMonitor(bench, f"{name}__o"))

    def sent(self, x, mask):
        """Beats of rows x with the lanes of mask."""
        lanes, bits = self.sizes["lanes"], self.sizes["accumulator_bits"]
        first, last = flags(*x.shape, lanes)
        return words([(beats(x, lanes), bits), (beats(mask, lanes), 1), (first, 1), (last, 1)])

    async def cycles(self, rows, x, mask):
        """Cycles of the accepted beats and of the results of ``rows`` rows without stalls."""
        self.driver.idle = self.monitor.stall = 0.0
        self.driver.sent.clear(), self.monitor.taken.clear()
        self.driver.queue.extend(self.sent(x, mask))
        wanted = -(-x.shape[1] // self.sizes["lanes"]) * rows
        await self.bench.until(lambda: len(self.monitor.taken) == wanted, limit=10_000, what=f"{wanted} results")
        return [cycle for cycle, _ in self.driver.sent], [cycle for cycle, _ in self.monitor.taken]


def softmax_results(x, mask, shift, lanes):
    first, last = flags(*x.shape, lanes)
    probability = beats(fixed_point_softmax(x, shift=shift, mask=mask), lanes)
    return words([(probability, PROBABILITY_BITS), (beats(mask, lanes), 1), (first, 1), (last, 1)])


@cocotb.test()
async def softmax_rows(dut):
    """Random rows of many lengths: extremes, ties, masks."""
    rng, bench = np.random.default_rng(bench_seed()), Bench(dut)
    units = [Streaming(bench, name, sizes) for name, sizes in SOFTMAX.items()]
    await bench.start()
    for unit in units:
        lanes, bits, longest = unit.sizes["lanes"], unit.sizes["accumulator_bits"], unit.sizes["row_entries"]
        for _ in range(max(8, ROWS // 30)):
            width = int(rng.choice((1, lanes, lanes + 1, rng.integers(1, min(40, longest) + 1), min(longest, 512))))
            width, rows = min(width, longest), 10 if width < 100 else 2
            shift = int(rng.integers(0, bits + 2))
            x = random_rows(rng, rows, width, bits)
            x = np.where(rng.random((rows, 1)) < 0.2, x[:, :1], x)
            mask = (rng.random((rows, width)) < rng.choice((0.0, 0.3, 1.0))) ^ 1
            unit.unit.set(shift=shift)
            wanted = softmax_results(x, mask, shift, lanes)
            await stream(bench, unit.driver, unit.monitor, unit.sent(x, mask), wanted, what=f"{unit.name}, shift {shift}")


@cocotb.test()
async def softmax_flags_and_cycles(dut):
    """An unfinished row is forgotten, a full buffer ends a row; the documented cycles."""
    bench = Bench(dut)
    unit = Streaming(bench, "softmax_wide", SOFTMAX["softmax_wide"])
    await bench.start()
    unit.unit.set(shift=2)
    rng = np.random.default_rng(bench_seed())
    lanes, longest = unit.sizes["lanes"], unit.sizes["row_entries"]
    for width in (lanes, 3 * lanes, longest):
        x, mask = rng.integers(-40, 40, (3, width)), np.ones((3, width), int)
        accepted, emitted = await unit.cycles(3, x, mask)
        row = width // lanes
        assert emitted[0] - accepted[row - 1] == row + 32
        assert emitted[row - 1] - emitted[0] == row - 1
        assert accepted[row] - accepted[0] == 3 * row + 26, (accepted[row] - accepted[0], row)
        assert [word for _, word in unit.monitor.taken] == softmax_results(x, mask, 2, lanes)
    unfinished = unit.sent(np.full((1, 2 * lanes), 99), np.ones((1, 2 * lanes), int))[:1]
    x, mask = rng.integers(-40, 40, (1, longest)), np.ones((1, longest), int)
    last = 1 << (unit.sizes["accumulator_bits"] + 1) * lanes + 1
    full = [word & ~last for word in unit.sent(x, mask)]
    wanted = softmax_results(x, mask, 2, lanes)
    await stream(bench, unit.driver, unit.monitor, unfinished + full, wanted, what="a full buffer after an unfinished row")


class Normaliser(Streaming):
    async def load(self, gamma, beta, config):
        self.unit.set(parameter_write=0)
        lanes = self.sizes["lanes"]
        columns = [(beats(values[None], lanes), width) for values, width in ((gamma, GAMMA_BITS), (beta, self.sizes["value_bits"]))]
        per_lane = [(column[:, [lane]], width) for lane in range(lanes) for column, width in columns]
        for address, word in enumerate(words(per_lane)):
            self.unit.set(parameter_write=1, parameter_address=address, parameter_word=word)
            await self.bench.cycle()
        self.unit.set(parameter_write=0, config=words([(np.array([v]), w) for v, w in zip(config, (5, 9, 9), strict=True)])[0])

    def wanted(self, x, mask, gamma, beta, config):
        shift, lo, span = config
        lanes, bits = self.sizes["lanes"], self.sizes["value_bits"]
        y = fixed_point_layer_norm(x, gamma=gamma, beta=beta, group=self.sizes["group"], value_bits=bits, mask=mask)
        code = np.clip(rounding_shift(y, shift, Rounding.HALF_EVEN), lo, lo + span) * mask
        first, last = flags(*x.shape, lanes)
        return words(
            [(beats(y, lanes), bits), (beats(code, lanes), CODE_BITS), (beats(mask, lanes), 1), (first, 1), (last, 1)],
        )


@cocotb.test()
async def layer_norm_rows(dut):
    """Random rows, short last groups, masks, extremes of gamma and beta."""
    rng, bench = np.random.default_rng(bench_seed()), Bench(dut)
    units = [Normaliser(bench, name, sizes) for name, sizes in LAYER_NORM.items()]
    await bench.start()
    for unit in units:
        channels, bits = unit.sizes["channels"], unit.sizes["value_bits"]
        for _ in range(max(8, ROWS // 40)):
            width = int(rng.choice((1, channels, rng.integers(1, channels + 1))))
            gamma_limit, beta_limit = 1 << int(rng.integers(0, GAMMA_BITS)), 1 << int(rng.integers(0, bits))
            gamma = rng.integers(-gamma_limit, gamma_limit, width).clip(*signed_limits(GAMMA_BITS))
            beta = rng.integers(-beta_limit, beta_limit, width).clip(*signed_limits(bits))
            config = (int(rng.integers(0, 20)), int(rng.integers(-128, 1)), int(rng.integers(0, 256)))
            await unit.load(gamma, beta, config)
            x = random_rows(rng, 10, width, unit.sizes["accumulator_bits"])
            mask = (rng.random((10, width)) < rng.choice((0.0, 0.0, 0.4, 1.0))) ^ 1
            wanted = unit.wanted(x, mask, gamma, beta, config)
            await stream(bench, unit.driver, unit.monitor, unit.sent(x, mask), wanted, what=f"{unit.name}, {width} channels")


@cocotb.test()
async def layer_norm_cycles(dut):
    bench = Bench(dut)
    for name in ("norm_usual", "norm_beat"):
        unit = Normaliser(bench, name, LAYER_NORM[name])
        if not bench.cycles:
            await bench.start()
        group, lanes = unit.sizes["group"], unit.sizes["lanes"]
        beat = group // lanes
        x, mask = np.arange(3 * group).reshape(3, group), np.ones((3, group), int)
        accepted, emitted = await unit.cycles(3, x, mask)
        assert emitted[0] - accepted[beat - 1] == 10
        assert accepted[beat] - accepted[beat - 1] == beat + 5
        assert accepted[beat] - accepted[0] == 2 * beat + 4
        assert emitted[beat - 1] - emitted[0] == beat - 1


@cocotb.test()
async def mac_array(dut):
    rng = Random(bench_seed())
    for name, sizes in MAC.items():
        unit = Unit(dut, name)
        lanes, bits, weight_bits = sizes["lanes"], sizes["accumulator_bits"], sizes["weight_bits"]
        for _ in range(ROWS):
            weights = [corner(rng, *signed_limits(weight_bits)) for _ in range(lanes)]
            sums = [corner(rng, *signed_limits(bits - 1)) for _ in range(lanes)]
            enable, activation = rng.randrange(1 << lanes), corner(rng, *signed_limits(PAYLOAD_BITS))
            unit.set(weight=pack(weights, weight_bits), i=pack(sums, bits), enable=enable, activation=activation)
            await settle()
            wanted = [
                s + (w * activation if enable >> lane & 1 else 0) for lane, (s, w) in enumerate(zip(sums, weights, strict=True))
            ]
            assert unpack(unit.get("o"), bits, lanes) == wanted
