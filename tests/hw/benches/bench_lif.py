"""LIF unit against the golden model's neurons, step after step."""

from random import Random

import cocotb
import numpy as np
from shiftfire.golden.lif import fire_lif
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire_hw.testing.streams import bench_seed
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS, Reset
from unit_chips import LIF_BITS
from units import Unit, corner, settle, signed_limits

NETWORKS = 40
CHANNELS = 3
STEPS = 10


def random_lif(rng, accumulator_bits, membrane_bits):
    low, high = signed_limits(membrane_bits)
    v_min, v_max = sorted((corner(rng, low, high), corner(rng, low, high))) if rng.random() < 0.7 else (low, high)
    terms = tuple(
        LeakTerm(shift=rng.choice((0, 1, 2, membrane_bits - 1, rng.randrange(32))), negative=rng.random() < 0.4)
        for _ in range(rng.randint(0, LEAK_TERMS))
    )
    top = min(high, signed_limits(accumulator_bits)[1]) if rng.random() < 0.7 else signed_limits(accumulator_bits)[1]
    return Lif(
        theta=np.array([corner(rng, 0, top) for _ in range(CHANNELS)]),
        bias=np.zeros(CHANNELS, np.int64),
        leak=terms,
        reset=rng.choice(list(Reset)),
        strict=rng.random() < 0.5,
        v_reset=corner(rng, v_min, v_max),  # for ZERO; the others leave it
        v_min=v_min,
        v_max=v_max,
        v_init=corner(rng, v_min, v_max),
    )


def random_sums(rng, lif, accumulator_bits):
    """(1, STEPS, CHANNELS, 1, 1), often such that the membrane lands on the threshold."""
    low, high = signed_limits(accumulator_bits)
    sums = np.zeros((1, STEPS, CHANNELS, 1, 1), np.int64)
    for step in range(STEPS):
        for channel in range(CHANNELS):
            near = int(lif.theta[channel]) - lif.v_init + rng.randint(-1, 1)
            sums[0, step, channel] = corner(rng, low, high) if rng.random() < 0.5 else min(max(near, low), high)
    return sums


def leak_word(lif):
    fields = {}
    for index, term in enumerate(lif.leak):
        fields |= {f"enable{index}": 1, f"negative{index}": int(term.negative), f"shift{index}": term.shift}
    return FIRE_LEAK.pack(**fields)


@cocotb.test()
async def against_golden(dut):
    rng = Random(bench_seed())
    fired = 0
    for accumulator_bits, membrane_bits in LIF_BITS:
        unit = Unit(dut, f"lif{accumulator_bits}")
        for _ in range(NETWORKS):
            lif = random_lif(rng, accumulator_bits, membrane_bits)
            sums = random_sums(rng, lif, accumulator_bits)
            spikes = fire_lif(lif, sums)
            unit.set(leak=leak_word(lif), strict=lif.strict, reset=lif.reset, v_min=lif.v_min, v_max=lif.v_max, v_reset=lif.v_reset)
            for channel in range(CHANNELS):
                v = lif.v_init
                unit.set(theta=int(lif.theta[channel]))
                for step in range(STEPS):
                    unit.set(v=v, a=int(sums[0, step, channel, 0, 0]))
                    await settle()
                    where = f"{accumulator_bits} bits, {lif}, channel {channel}, step {step}, v {v}"
                    assert unit.get("spike") == spikes[0, step, channel, 0, 0], where
                    v = unit.get_signed("v_next")
            fired += int(spikes.sum())
    steps = len(LIF_BITS) * NETWORKS * CHANNELS * STEPS
    assert 0.1 * steps < fired < 0.9 * steps


@cocotb.test()
async def membrane_steps(dut):
    """The membrane itself, which golden does not show, against the equation written once more."""
    rng = Random(bench_seed() + 1)
    for accumulator_bits, membrane_bits in LIF_BITS:
        unit = Unit(dut, f"lif{accumulator_bits}")
        for _ in range(600):
            lif = random_lif(rng, accumulator_bits, membrane_bits)
            v, theta = corner(rng, *signed_limits(membrane_bits)), int(lif.theta[0])
            a = corner(rng, *signed_limits(accumulator_bits))
            unit.set(leak=leak_word(lif), strict=lif.strict, reset=lif.reset, v_min=lif.v_min, v_max=lif.v_max, v_reset=lif.v_reset)
            unit.set(v=v, a=a, theta=theta)
            await settle()
            leak = sum((-1 if term.negative else 1) * (v // 2**term.shift) for term in lif.leak)
            after = max(lif.v_min, min(lif.v_max, v - leak + a))
            spike = after >= theta + lif.strict
            reset_to = {Reset.SUBTRACT: after - theta, Reset.ZERO: lif.v_reset, Reset.NONE: after}[lif.reset]
            expected = (spike, reset_to if spike else after)
            assert (unit.get("spike"), unit.get_signed("v_next")) == expected, f"{lif}, v {v}, a {a}, theta {theta}"
