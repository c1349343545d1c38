"""The non-adjacent form against the textbook's, digit by digit; a delayed reset against the equation."""

from random import Random

import cocotb
from fire_model import packet_values
from shiftfire_hw.testing.streams import bench_seed
from shiftfire_spec.packet import PayloadKind
from unit_chips import DIGIT_BITS, LIF_BITS
from units import Unit, corner, settle, signed_limits

EXHAUSTIVE_BITS = 9
DRAWN = 500


@cocotb.test()
async def digits(dut):
    rng = Random(bench_seed())
    for bits in DIGIT_BITS:
        unit = Unit(dut, f"digits{bits}")
        low, high = signed_limits(bits)
        values = range(low, high + 1) if bits <= EXHAUSTIVE_BITS else [corner(rng, low, high) for _ in range(DRAWN)]
        for value in values:
            unit.set(i=value)
            await settle()
            plus_or_minus, minus = unit.get("digits"), unit.get("negative")
            found = [(-1 if minus >> k & 1 else 1) << k for k in range(bits) if plus_or_minus >> k & 1]
            assert found == packet_values(PayloadKind.POW2, value) and sum(found) == value, value
            assert not plus_or_minus & plus_or_minus << 1 and not minus & ~plus_or_minus


@cocotb.test()
async def delayed_reset(dut):
    rng = Random(bench_seed() + 1)
    for accumulator_bits, membrane_bits in LIF_BITS:
        unit = Unit(dut, f"delayed_reset{accumulator_bits}")
        for _ in range(DRAWN):
            v, theta = corner(rng, *signed_limits(membrane_bits)), corner(rng, 0, signed_limits(accumulator_bits)[1])
            if rng.random() < 0.6 and v >= 0:
                theta = min(max(v + rng.randint(-1, 1), 0), signed_limits(accumulator_bits)[1])
            strict, enable, decayed = rng.randrange(2), int(rng.random() < 0.8), v * rng.choice((-2, 0, 1, 3))
            unit.set(v=v, theta=theta, strict=strict, enable=enable, decayed=decayed)
            await settle()
            owes = enable and (v > theta if strict else v >= theta)
            assert unit.get_signed("o") == decayed - theta * owes, (v, theta, strict, enable, decayed)
