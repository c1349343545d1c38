"""Argmax against Python's max, ties and masked lanes included."""

from random import Random

import cocotb
from shiftfire_hw.testing.streams import Bench, bench_seed
from unit_chips import ARGMAX_BITS, ARGMAX_LANES
from units import Unit, pack, signed_limits

WALKS = 120
STALL = 0.3


def first_largest(values):
    """Index of the first largest of {index: value}."""
    return min(index for index, value in values.items() if value == max(values.values()))


@cocotb.test()
async def random_walks(dut):
    bench, rng = Bench(dut), Random(bench_seed())
    low, high = signed_limits(ARGMAX_BITS)
    await bench.start()
    for walk in range(WALKS):
        lanes = ARGMAX_LANES[walk % len(ARGMAX_LANES)]
        unit = Unit(dut, f"argmax{lanes}")
        few = rng.choice(([low, high], [low, low + 1], [-1, 0, 1], list(range(low, high + 1))))  # ties
        seen, base = {}, rng.choice((0, 5, 0xFF00))
        for step in range(rng.randint(1, 6)):
            a = [rng.choice(few) for _ in range(lanes)]
            valid = rng.getrandbits(lanes) if step else rng.getrandbits(lanes) | 1 << rng.randrange(lanes)
            start = base + step * lanes
            unit.set(a=pack(a, ARGMAX_BITS), valid=valid, base=start, first=int(step == 0))
            seen |= {start + lane: a[lane] for lane in range(lanes) if valid >> lane & 1}

            def check(unit=unit, seen=seen, walk=walk):
                assert unit.get("index") == first_largest(seen), f"walk {walk}: {seen}"

            while rng.random() < STALL:
                unit.set(advance=0)
                await bench.cycle(check=check)
            unit.set(advance=1)
            await bench.cycle(check=check)
