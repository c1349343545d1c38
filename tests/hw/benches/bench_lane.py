"""Lane against integer arithmetic: single beats, and whole synaptic contributions made of beats."""

from random import Random

import cocotb
from shiftfire_hw.testing.streams import bench_seed
from shiftfire_spec.packet import PayloadKind, decode_payload
from shiftfire_spec.stream import GROUP_CONTROL
from shiftfire_spec.weights import FORMATS, WeightFormat, encode_weight
from unit_chips import ACCUMULATOR_BITS
from units import Unit, corner, settle, signed_limits, to_signed

BEATS = 3000
CONTRIBUTIONS_EACH = 25
GRADED = (PayloadKind.COUNT, PayloadKind.SIGNED)


def random_weight(rng, weight_format):
    info = FORMATS[weight_format]
    if weight_format is WeightFormat.PM1:
        return rng.choice((-1, 1))
    return corner(rng, info.minimum, info.maximum)


def weight_bits(weight_format, weight):
    """What the weight memory hands to the lane: sign-extended, or the stored bit."""
    return weight if FORMATS[weight_format].serial else encode_weight(weight_format, weight)


@cocotb.test()
async def single_beats(dut):
    rng = Random(bench_seed())
    lanes = {bits: Unit(dut, f"lane{bits}") for bits in ACCUMULATOR_BITS}
    for _ in range(BEATS):
        weight_format = rng.choice(list(WeightFormat))
        weight, magnitude, shift = random_weight(rng, weight_format), corner(rng, 0, 255), corner(rng, 0, 31)
        negative, enable = rng.randrange(2), int(rng.random() < 0.9)
        stored = weight_bits(weight_format, weight)
        if weight_format is WeightFormat.ONE:
            stored = rng.getrandbits(8)  # nothing was read
        starts = {bits: corner(rng, *signed_limits(bits)) for bits in lanes}
        for bits, lane in lanes.items():
            lane.set(weight=stored, weight_format=weight_format, magnitude=magnitude, negative=negative)
            lane.set(shift=shift, enable=enable, i=starts[bits])
        await settle()
        factor = weight if FORMATS[weight_format].serial else weight * magnitude
        term = enable * (-1) ** negative * factor * 2**shift
        for bits, lane in lanes.items():
            what = f"{bits} bits: {weight_format.name} {weight}, magnitude {magnitude}, shift {shift}, - {negative}, on {enable}"
            assert lane.get_signed("o") == to_signed(starts[bits] + term, bits), what


def beats_of(weight_format, kind, payload):
    """(magnitude, shift) of the beats of one event, as docs/architecture.md "Integrate" has them."""
    magnitude = payload if kind is PayloadKind.COUNT else payload & 0x7F
    if kind is PayloadKind.POW2:
        return [(1, payload & 0x1F)]
    if kind is PayloadKind.UNIT:
        return [(1, 0)]
    if FORMATS[weight_format].serial:
        return [(magnitude, bit) for bit in range(8) if magnitude >> bit & 1]
    return [(magnitude, 0)]


@cocotb.test()
async def contributions(dut):
    """Beat after beat, every format times every payload kind sums up to ``weight * value << scale``."""
    rng = Random(bench_seed())
    lane = Unit(dut, "lane32")
    for weight_format in WeightFormat:
        for kind in PayloadKind:
            for _ in range(CONTRIBUTIONS_EACH):
                weight, payload = random_weight(rng, weight_format), corner(rng, 0, 255)
                room = 31 - (
                    payload & 0x1F if kind is PayloadKind.POW2 else 0
                )  # the compiler refuses sums that would shift further
                scale = rng.randint(0, min(room, GROUP_CONTROL.field("scale").maximum))
                total = start = corner(rng, *signed_limits(32))
                negative = int(kind in (PayloadKind.SIGNED, PayloadKind.POW2) and payload >= 128)
                for magnitude, shift in beats_of(weight_format, kind, payload):
                    lane.set(weight=weight_bits(weight_format, weight), weight_format=weight_format, i=total, enable=1)
                    lane.set(magnitude=magnitude, negative=negative, shift=scale + shift)
                    await settle()
                    total = lane.get_signed("o")
                exact = start + weight * decode_payload(kind, payload) * 2**scale
                assert total == to_signed(exact, 32), f"{weight_format.name} {weight}, {kind.name} {payload:#x}, scale {scale}"
