"""Multi-spike unit: every membrane at five bits against floor division, whole neurons at full width against golden."""

import cocotb
import numpy as np
from bench_count import divide
from bench_lif import leak_word
from shiftfire.golden.multispike import fire_multispike
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec.fire import LEAK_TERMS, MAX_COUNT_STEPS
from unit_chips import EXHAUSTIVE_COUNT_BITS, EXHAUSTIVE_THRESHOLDS, LIF_BITS
from units import Unit, corner, signed_limits

NETWORKS = 25
CHANNELS = 2
STEPS = 8
STALL = 0.3


@cocotb.test()
async def every_membrane(dut):
    bench = Bench(dut)
    units = [Unit(dut, f"small_multispike{index}") for index in range(len(EXHAUSTIVE_THRESHOLDS))]
    low, high = signed_limits(EXHAUSTIVE_COUNT_BITS)
    await bench.start()
    for steps in range(1, MAX_COUNT_STEPS + 1):
        for u in range(low, high + 1):
            span, at_theta = bench.random.choice((2**steps - 1, bench.random.randint(0, 2**steps - 1))), bench.random.random() < 0.5
            for theta, unit in zip(EXHAUSTIVE_THRESHOLDS, units, strict=True):
                unit.set(u=u, theta=theta, span=span, floor_at_theta=int(at_theta and theta <= -low))
            await divide(bench, units, steps)

            def check(u=u, span=span, at_theta=at_theta):
                for theta, unit in zip(EXHAUSTIVE_THRESHOLDS, units, strict=True):
                    n = max(0, min(u // theta, span))
                    left = max(u - n * theta, -theta) if at_theta and theta <= -low else u - n * theta
                    what = f"{u} / {theta}, at most {span}, floor {at_theta}"
                    assert (unit.get("n"), unit.get_signed("v_next")) == (n, left), what

            await bench.cycle(check=check)


def random_neuron(rng, accumulator_bits, membrane_bits):
    low, high = signed_limits(membrane_bits)
    floor = rng.choice((None, corner(rng, low, 0), 0))
    steps = rng.randint(1, MAX_COUNT_STEPS)
    v_max = corner(rng, 0, high)
    high_theta = signed_limits(accumulator_bits)[1]
    most = min(-low, high_theta) if floor is None else high_theta
    theta = np.array(
        [min(most, rng.choice((1, corner(rng, 1, most), max(1, v_max // rng.randint(1, 300))))) for _ in range(CHANNELS)]
    )
    lowest = -int(theta.max()) if floor is None else floor
    terms = tuple(
        LeakTerm(shift=rng.choice((0, 1, 2, membrane_bits - 1, rng.randrange(32))), negative=rng.random() < 0.4)
        for _ in range(rng.randint(0, LEAK_TERMS))
    )
    hi = rng.choice((2**steps - 1, rng.randint(2 ** (steps - 1), 2**steps - 1)))
    return MultiSpikeIf(theta, np.zeros(CHANNELS, np.int64), terms, hi, floor, v_max, corner(rng, lowest, v_max)), lowest


def random_sums(rng, neuron, accumulator_bits):
    """(1, STEPS, CHANNELS, 1, 1), often near a multiple of the threshold."""
    low, high = signed_limits(accumulator_bits)
    sums = np.zeros((1, STEPS, CHANNELS, 1, 1), np.int64)
    for step in range(STEPS):
        for channel in range(CHANNELS):
            near = int(neuron.theta[channel]) * rng.randint(-2, neuron.hi + 2) + rng.randint(-1, 1)
            sums[0, step, channel] = near if low <= near <= high and rng.random() < 0.6 else corner(rng, low, high)
    return sums


@cocotb.test()
async def against_golden(dut):
    """The membrane goes round through the bench, so a wrong one shows in later spikes, and in the definition's own membrane."""
    bench = Bench(dut)
    rng, fired, floored = bench.random, 0, 0
    await bench.start()
    for accumulator_bits, membrane_bits in LIF_BITS:
        unit = Unit(dut, f"multispike{accumulator_bits}")
        for _ in range(NETWORKS):
            neuron, lowest = random_neuron(rng, accumulator_bits, membrane_bits)
            sums = random_sums(rng, neuron, accumulator_bits)
            spikes = fire_multispike(neuron, sums)
            unit.set(leak=leak_word(neuron), span=neuron.hi, v_min=lowest, v_max=neuron.v_max, floor_at_theta=neuron.floor is None)
            for channel in range(CHANNELS):
                v, theta = neuron.v_init, int(neuron.theta[channel])
                unit.set(theta=theta)
                for step in range(STEPS):
                    a, n = int(sums[0, step, channel, 0, 0]), int(spikes[0, step, channel, 0, 0])
                    leak = sum((-1 if term.negative else 1) * (v // 2**term.shift) for term in neuron.leak)
                    after = min(v - leak + a, neuron.v_max) - n * theta
                    least = -theta if neuron.floor is None else neuron.floor
                    unit.set(v=v, a=a)
                    await divide(bench, [unit], neuron.hi.bit_length(), stall=STALL)
                    where = f"{accumulator_bits} bits, {neuron}, channel {channel}, step {step}, v {v}, a {a}"
                    v, fired, floored = max(after, least), fired + (n > 0), floored + (after < least)

                    def check(unit=unit, n=n, v=v, where=where):
                        assert (unit.get("n"), unit.get_signed("v_next")) == (n, v), where

                    await bench.cycle(bench.random.randint(1, 2), check=check)  # it stays
    steps = len(LIF_BITS) * NETWORKS * CHANNELS * STEPS
    assert 0.1 * steps < fired < 0.9 * steps
    assert floored > 0.05 * steps


@cocotb.test()
async def extremes(dut):
    """Ends of every range, in all combinations, in as many steps as there can be."""
    bench = Bench(dut)
    await bench.start()
    for accumulator_bits, membrane_bits in LIF_BITS:
        unit = Unit(dut, f"multispike{accumulator_bits}")
        (low, high), most = signed_limits(membrane_bits), signed_limits(accumulator_bits)[1]
        unit.set(leak=0, a=0, v_min=low, v_max=high)
        for theta in {1, 2, high, min(high + 1, most), min(high + 2, most), most}:
            for v in {low, low + 1, max(low, -theta), -1, 0, high - 1, high}:
                for span, at_theta in ((1, 0), (255, 0), (255, theta <= -low)):
                    n = max(0, min(v // theta, span))
                    left = max(v - n * theta, -theta) if at_theta else v - n * theta
                    unit.set(v=v, theta=theta, span=span, floor_at_theta=int(at_theta))
                    await divide(bench, [unit], MAX_COUNT_STEPS)

                    def check(unit=unit, expected=(n, left), what=f"{v} / {theta}, at most {span}, floor {at_theta}"):
                        assert (unit.get("n"), unit.get_signed("v_next")) == expected, what

                    await bench.cycle(check=check)
