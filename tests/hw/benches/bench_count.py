"""Count against floor division: exhaustive at five bits, random and corners at full width."""

from random import Random

import cocotb
from shiftfire_hw.testing.streams import Bench, bench_seed
from shiftfire_spec.fire import MAX_COUNT_STEPS
from unit_chips import COUNT_BITS, EXHAUSTIVE_COUNT_BITS, EXHAUSTIVE_COUNTS
from units import Unit, corner, signed_limits

STALL = 0.3


async def divide(bench, units, steps, *, stall=0.0):
    """Give the units their steps, now and then without ``advance``, up to the cycle of bit 0."""
    for bit in reversed(range(max(1, steps))):
        while True:
            go = bench.random.random() >= stall
            for unit in units:
                unit.set(first=int(bit == max(1, steps) - 1), bit=bit, advance=int(go and bit > 0))
            if bit == 0:
                return
            await bench.cycle()
            if go:
                break


def expected(a, theta, steps, lo, span):
    return lo + max(0, min(a // theta, span, 2**steps - 1))


@cocotb.test()
async def exhaustive(dut):
    bench = Bench(dut)
    units = [Unit(dut, f"small_count{index}") for index in range(EXHAUSTIVE_COUNTS)]
    low, high = signed_limits(EXHAUSTIVE_COUNT_BITS)
    assert len(units) == high
    await bench.start()
    for steps in range(MAX_COUNT_STEPS + 1):
        for a in range(low, high + 1):
            lo, span = bench.random.choice(((0, 255), (0, 2**steps - 1), (-127, 254), (-3, 5), (7, 0)))
            for index, unit in enumerate(units):
                unit.set(a=a, theta=index + 1, lo=lo, span=span, idle=int(steps == 0))
            await divide(bench, units, steps)

            def check(a=a, steps=steps, lo=lo, span=span):
                for index, unit in enumerate(units):
                    what = f"{a} / {index + 1} in {steps} steps, {lo} + 0..{span}"
                    assert unit.get_signed("n") == expected(a, index + 1, steps, lo, span), what
                    assert unit.get("index") == expected(a, index + 1, steps, 0, span), what

            await bench.cycle(check=check)


@cocotb.test()
async def full_width(dut):
    bench = Bench(dut)
    rng = Random(bench_seed())
    await bench.start()
    for trial in range(500):
        bits = COUNT_BITS[trial % len(COUNT_BITS)]
        unit, (low, high) = Unit(dut, f"count{bits}"), signed_limits(bits)
        theta = corner(rng, 1, high)
        near = theta * rng.randint(-1, 300) + rng.randint(-1, 1)
        a = near if low <= near <= high and rng.random() < 0.7 else corner(rng, low, high)
        steps, lo = rng.randint(0, MAX_COUNT_STEPS), rng.choice((0, 0, -127, 5))
        span = rng.choice((2**steps - 1, rng.randint(0, 250)))
        unit.set(a=a, theta=theta, lo=lo, span=span, idle=int(steps == 0))
        await divide(bench, [unit], steps, stall=STALL)

        def check(unit=unit, a=a, theta=theta, steps=steps, lo=lo, span=span):
            what = f"{a} / {theta} in {steps} steps, {lo} + 0..{span}"
            assert unit.get_signed("n") == expected(a, theta, steps, lo, span), what
            assert unit.get("index") == expected(a, theta, steps, 0, span), what

        await bench.cycle(bench.random.randint(1, 3), check=check)  # it stays
