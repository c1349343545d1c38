"""Requant against exact fractions."""

import math
from fractions import Fraction
from random import Random

import cocotb
from shiftfire_hw.testing.streams import bench_seed
from shiftfire_spec.fire import Rounding
from unit_chips import ACCUMULATOR_BITS
from units import Unit, corner, settle, signed_limits

ROUND = {
    Rounding.FLOOR: math.floor,
    Rounding.HALF_UP: lambda quotient: math.floor(quotient + Fraction(1, 2)),
    Rounding.HALF_EVEN: round,
}
TRIALS = 4000


@cocotb.test()
async def random_values(dut):
    rng = Random(bench_seed())
    inside = 0
    for _ in range(TRIALS):
        bits = rng.choice(ACCUMULATOR_BITS)
        unit, rounding, shift = Unit(dut, f"requant{bits}"), rng.choice(list(Rounding)), corner(rng, 0, 31)
        low, high = signed_limits(bits)
        ties = (rng.randint(-260, 260) * 2 + 1) << max(shift - 1, 0)  # exact halves
        a = ties + rng.choice((-1, 0, 0, 1)) if rng.random() < 0.6 else corner(rng, low, high)
        a = min(max(a, low), high)
        lo, hi = sorted((corner(rng, -127, 255), corner(rng, -127, 255))) if rng.random() < 0.5 else (-127, 255)
        unit.set(a=a, shift=shift, rounding=rounding, lo=lo, span=hi - lo)
        await settle()
        exact = ROUND[rounding](Fraction(a, 2**shift))
        inside += lo < exact < hi
        assert unit.get_signed("y") == max(lo, min(hi, exact)), f"{bits} bits: {a} / 2**{shift} {rounding.name} in {lo}..{hi}"
    assert inside > TRIALS // 4


@cocotb.test()
async def every_byte(dut):
    """All values of 8 bits at all shifts and roundings, unclipped."""
    unit = Unit(dut, "requant8")
    unit.set(lo=-128, span=255)
    for rounding in Rounding:
        for shift in range(10):
            unit.set(rounding=rounding, shift=shift)
            for a in range(-128, 128):
                unit.set(a=a)
                await settle()
                assert unit.get_signed("y") == ROUND[rounding](Fraction(a, 2**shift)), f"{a} / 2**{shift} {rounding.name}"
