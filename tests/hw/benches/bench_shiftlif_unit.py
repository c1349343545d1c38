"""SHIFTLIF on its own against the golden model: time steps of a layer, one row each."""

import os

import cocotb
import numpy as np
from shift_unit_sizes import SHIFTLIF
from shiftfire.golden.shiftlif import fire_shiftlif, spike_level
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, bench_seed
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS
from shiftfire_spec.shift_units import SHIFTLIF_MAX_LEVEL, LevelRounding
from unit_rows import beats, flags, stream, words
from units import Unit

ROWS = int(os.environ["ROWS"])


class Layer:
    """One unit of the design with its streams."""

    def __init__(self, bench, name):
        self.bench, self.name, self.sizes = bench, name, SHIFTLIF[name]
        self.unit = Unit(bench.dut, name)
        self.driver = bench.add(StreamDriver(bench, f"{name}__i"))
        self.monitor = bench.add(StreamMonitor(bench, f"{name}__o"))

    async def compare(self, lif, drive, *, what):
        """Drive (samples, timesteps, neurons), starting anew with each sample; returns the share of steps with a spike."""
        leak = {}
        for index, term in enumerate(lif.leak):
            leak |= {f"enable{index}": 1, f"negative{index}": int(term.negative), f"shift{index}": term.shift}
        self.unit.set(theta_log2=int(lif.theta_log2[0]), levels=lif.levels, rounding=lif.rounding, leak=FIRE_LEAK.pack(**leak))
        self.unit.set(v_min=lif.v_min, v_max=lif.v_max, v_init=lif.v_init)
        lanes, (samples, steps, neurons) = self.sizes["lanes"], drive.shape
        rows = drive.reshape(samples * steps, neurons)
        first, last = flags(len(rows), neurons, lanes)
        exists = beats(np.ones_like(rows), lanes)
        start = np.repeat(np.arange(len(rows)) % steps == 0, -(-neurons // lanes))
        sent = words([(beats(rows, lanes), self.sizes["accumulator_bits"]), (exists, 1), (start, 1), (first, 1), (last, 1)])
        spikes = beats(fire_shiftlif(lif, drive[..., None, None]).reshape(rows.shape), lanes)
        exponent = np.where(spikes > 0, np.frexp(spikes.astype(float))[1] - 1, 0)
        wanted = words([(exponent, 3), (spikes > 0, 1), (first, 1), (last, 1)])
        await stream(self.bench, self.driver, self.monitor, sent, wanted, what=f"{self.name}, {what}")
        return (spikes > 0).mean()


def random_layer(rng, bits):
    """A layer whose threshold lies within the membrane."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    levels = int(rng.integers(1, SHIFTLIF_MAX_LEVEL + 1))
    v_min, v_max = (low, high) if rng.random() < 0.5 else (int(rng.integers(low, 1)), int(rng.integers(high // 2, high + 1)))
    terms = tuple(LeakTerm(int(rng.integers(0, 8)), bool(rng.random() < 0.3)) for _ in range(int(rng.integers(0, LEAK_TERMS + 1))))
    theta = int(rng.integers(levels, bits - 1))
    rounding = LevelRounding(int(rng.integers(0, 3)))
    return ShiftLif(np.array([theta]), np.array([0]), levels, rounding, terms, v_min, v_max, int(rng.integers(v_min, v_max + 1)))


@cocotb.test()
async def random_layers(dut):
    rng, bench = np.random.default_rng(bench_seed()), Bench(dut)
    layers = [Layer(bench, name) for name in SHIFTLIF]
    await bench.start()
    samples, steps, shares = 3, 20, []
    for layer in layers:
        for _ in range(ROWS // (samples * steps * len(layers))):
            lif = random_layer(rng, layer.sizes["membrane_bits"])
            bits = layer.sizes["accumulator_bits"]
            size = min(bits - 1, int(lif.theta_log2[0]) + int(rng.integers(-2, 3)))
            size = size if rng.random() < 0.8 else bits - 1
            drive = rng.integers(-(1 << max(0, size - 1)), 1 << max(0, size), (samples, steps, layer.sizes["neurons"]))
            shares.append(await layer.compare(lif, drive, what=repr(lif)))
    assert 0.2 < np.mean(shares) < 0.9


@cocotb.test()
async def every_potential(dut):
    """Every potential of eight bits, every K, every rounding, several thresholds: without leak, from v_init = 0, u is the drive."""
    bench = Bench(dut)
    layer = Layer(bench, "shiftlif_narrow")
    await bench.start()
    drive = np.arange(-128, 128).reshape(-1, 1, 2)
    for rounding in LevelRounding:
        for levels in range(1, SHIFTLIF_MAX_LEVEL + 1):
            for theta in {levels, 5, 6}:
                lif = ShiftLif(np.array([theta]), np.array([0]), levels, rounding, v_min=-128, v_max=127)
                assert (spike_level(drive, lif.theta_log2, levels, rounding) >= 0).any()
                await layer.compare(lif, drive, what=repr(lif))


@cocotb.test()
async def masked_lanes_keep_their_membranes(dut):
    bench = Bench(dut)
    layer = Layer(bench, "shiftlif_narrow")
    layer.unit.set(theta_log2=4, levels=1, rounding=LevelRounding.FLOOR, leak=0, v_min=-128, v_max=127, v_init=5)
    await bench.start()
    ones = np.ones(4)
    a, mask = np.array([[2, 2], [9, 1], [9, 1], [0, 8]]), np.array([[1, 1], [0, 1], [0, 1], [1, 1]])
    sent = words([(a, 8), (mask, 1), ([1, 0, 0, 0], 1), (ones, 1), (ones, 1)])
    # lane 0: 7, kept, kept, 7; lane 1: 7, 8 (fires Vth/2: 0), 1, 9 (fires)
    wanted = words([(np.zeros((4, 2)), 3), ([[0, 0], [0, 1], [0, 0], [0, 1]], 1), (ones, 1), (ones, 1)])
    await stream(bench, layer.driver, layer.monitor, sent, wanted, what="masked lanes")


@cocotb.test()
async def cycles_are_the_documented(dut):
    bench = Bench(dut)
    layer = Layer(bench, "shiftlif_usual")
    layer.unit.set(theta_log2=4, levels=1, rounding=0, leak=0, v_min=-128, v_max=127, v_init=0)
    await bench.start()
    layer.driver.queue.extend([0] * 50)
    await bench.until(lambda: len(layer.monitor.taken) == 50, limit=200, what="50 results")
    assert [cycle for cycle, _ in layer.monitor.taken] == [cycle + 2 for cycle, _ in layer.driver.sent]
    assert layer.driver.sent[-1][0] - layer.driver.sent[0][0] == 49
