"""BSPN against the published definition in exact rational arithmetic."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.bspn import bspn_power, bspn_values, fire_bspn, group_length, power_norm, sorbet_codes
from shiftfire.golden.log_round import log_round
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.values import IntArray, Shape
from shiftfire_spec.shift_units import BSPN_CODES, GroupScale, UnitOutput

EPSILON = Fraction(1, 100_000)
FRACTION = 14
CODES = sorbet_codes(fraction=FRACTION, guard=4, alpha=0.25, lo=-8, hi=7)


def ceil_log2(value: Fraction) -> int:
    """Smallest k with value <= 2**k."""
    k = value.numerator.bit_length() - value.denominator.bit_length()
    while Fraction(2) ** k >= value:
        k -= 1
    while Fraction(2) ** k < value:
        k += 1
    return k


def published(layer: Bspn, row: list[int], x_fraction: int) -> list[Fraction]:
    """Steps 1 to 3 of algorithms.md 1.6: every channel's y as a real number."""
    result = []
    epsilon = EPSILON if layer.scale is GroupScale.EPSILON else 0
    for start in range(0, len(row), layer.group):
        x = [Fraction(v, 2**x_fraction) for v in row[start : start + layer.group]]
        mean = sum((abs(v) for v in x), Fraction(0)) / layer.group + epsilon
        scale = Fraction(2) ** -ceil_log2(mean) if mean else Fraction(1)
        for c, value in enumerate(x, start):
            weight = Fraction(2) ** (int(layer.shift[c]) - FRACTION) * (-1 if layer.negative[c] else 1)
            result.append(weight * value * scale + Fraction(int(layer.beta[c]), 2**FRACTION))
    return result


def bspn(shift: IntArray, negative: IntArray, beta: IntArray, codes: IntArray = CODES, **parameters: Any) -> Bspn:
    """A layer that sends codes, without bias."""
    zero = np.zeros(len(shift), np.int64)
    return Bspn(zero, shift, negative, beta, codes=codes, output=UnitOutput.TABLE, **parameters)


def layer_of(rng: np.random.Generator, channels: int, group: int, scale: GroupScale, guard: int = 4) -> Bspn:
    return bspn(
        shift=rng.integers(8, 17 - (group > 64), channels),
        negative=rng.integers(0, 2, channels),
        beta=rng.integers(-(1 << 15), 1 << 15, channels) * rng.integers(0, 2, channels),
        codes=CODES,
        group=group,
        scale=scale,
        guard=guard,
    )


@given(st.data(), st.sampled_from(GroupScale), st.sampled_from((1, 2, 8, 64)), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_y_is_within_one_unit(data: st.DataObject, scale: GroupScale, group: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    channels = data.draw(st.integers(1, 2 * group + 1))
    x_fraction = data.draw(st.integers(0, 16 - int(math.log2(group))))
    layer = layer_of(rng, channels, group, scale)
    size = data.draw(st.integers(1, 19))
    row = rng.integers(-(1 << size), (1 << size) + 1, channels) * rng.integers(0, 2, channels)
    got = bspn_values(layer, row[None]).tolist()[0]
    for c, exact in enumerate(published(layer, row.tolist(), x_fraction)):
        error = (got[c] - exact * 2**FRACTION) * (-1 if layer.negative[c] else 1)
        assert -1 < error <= 0, (c, got[c], float(exact))  # the power of two rounds down before the sign


@pytest.mark.parametrize("scale", GroupScale)
def test_every_small_group(scale: GroupScale) -> None:
    """All groups of two from -9 to 9; powers of two among the means."""
    layer = layer_of(np.random.default_rng(1), 2, 2, scale)
    rows = np.array([[a, b] for a in range(-9, 10) for b in range(-9, 10)])
    for row, got in zip(rows.tolist(), bspn_values(layer, rows).tolist(), strict=True):
        for c, exact in enumerate(published(layer, row, 0)):
            assert 0 <= (exact * 2**FRACTION - got[c]) * (-1 if layer.negative[c] else 1) < 1, (row, c)


@pytest.mark.parametrize("group", [1, 2, 64, 256])
def test_group_scale_is_the_published(group: int) -> None:
    """``k = ceil(log2(mean + epsilon))`` of every sum up to 600 and of powers of two with their neighbours, at every number of fraction bits
    for which it is promised; one bit more, and epsilon carries the mean just below a power of two over it."""
    sums = [*range(1, 601), *(2**e + near for e in range(10, 26) for near in (-1, 0, 1))]
    x = np.zeros((len(sums), group), np.int64)
    x[:, -1] = sums
    group_log2, promised = group.bit_length() - 1, 16 - (group.bit_length() - 1)
    zero = np.zeros(group, int)
    for scale, epsilon in ((GroupScale.EPSILON, EPSILON), (GroupScale.CEIL, Fraction(0))):
        lengths = group_length(bspn(shift=zero, negative=zero, beta=zero, group=group, scale=scale), x)[:, 0].tolist()
        for fraction in range(promised + 1):
            units = group << fraction
            k = [ceil_log2(Fraction(total, units) + epsilon) for total in sums]
            assert k == [length - group_log2 - fraction for length in lengths], (scale, fraction)
    assert ceil_log2(Fraction(2**20 - 1, group << promised + 1) + EPSILON) == 20 - group_log2 - promised


@pytest.mark.slow
def test_every_group_of_three_exactly() -> None:
    """All 57,456 combinations of groups of one to three channels of -3..3 out of four, shifts, signs, betas that saturate or do not, and group
    scales: y is the published value rounded down before its sign, clipped; its power the one whose square is nearest in ratio."""
    bits, limit, guard, checked = 18, (1 << 17) - 1, 1, 0
    weights = list(itertools.product([*range(-2, 6), 14], (0, 1), (0, 1, limit, -limit - 1)))
    for scale, turn, channels in itertools.product(GroupScale, range(len(weights)), (1, 2, 3)):
        shift, negative, beta = np.array([weights[(turn + 25 * c) % len(weights)] for c in range(channels)]).T
        codes = np.arange(BSPN_CODES)
        layer = bspn(shift=shift, negative=negative, beta=beta, codes=codes, group=4, guard=guard, scale=scale)
        rows = np.array(list(itertools.product(range(-3, 4), repeat=channels)))
        result = bspn_power(layer, rows, value_bits=bits)
        for r, row in enumerate(rows.tolist()):
            for c, exact in enumerate(published(layer, row, 0)):
                sign = -1 if negative[c] else 1
                product = exact * 2**FRACTION - int(beta[c])
                y = max(-limit, min(limit, sign * math.floor(sign * product) + int(beta[c])))
                assert result.y[r, c] == y, (layer, row, c)
                e = next((e for e in range(20) if 2 * y * y < 4 ** (e + 1)), 0) - guard if y else -1
                exponent = min(e, 15)
                assert result.power[r, c] == (0 if e < 0 else int(math.copysign(2**exponent, y))), (layer, row, c)
                assert result.code[r, c] == (BSPN_CODES - 1 if e < 0 else exponent + 16 * (y < 0))
            checked += 1
    assert checked == 57_456


def test_epsilon_rounds_a_power_of_two_up() -> None:
    plain = bspn(shift=np.full(64, 8), negative=np.zeros(64, int), beta=np.zeros(64, int), codes=CODES, scale=GroupScale.CEIL)
    epsilon = bspn(shift=np.full(64, 8), negative=np.zeros(64, int), beta=np.zeros(64, int), codes=CODES)
    x = np.full((1, 64), 1 << 5)  # mean 32: k = 5 without, 6 with epsilon
    assert set(bspn_values(plain, x).ravel().tolist()) == {256}
    assert set(bspn_values(epsilon, x).ravel().tolist()) == {128}


def test_log_round_is_exact_at_every_threshold() -> None:
    """m rounds to e where 2 m^2 is within [4^e, 4^(e+1)): the thresholds and their neighbours up to 2^31 - 1, and all small values."""
    thresholds = [math.isqrt(2 * 4**e) + near for e in range(31) for near in (-1, 0, 1, 2)]
    values = [m for m in [*range(1, 5000), *thresholds, (1 << 31) - 1] if 0 < m < 1 << 31]
    for m, e in zip(values, log_round(np.array(values)).tolist(), strict=True):
        assert 4**e <= 2 * m * m < 4 ** (e + 1)


def test_power_is_the_published_rounding() -> None:
    """Against round(log2 |y|) of the real y in float64, wherever y is further from a threshold than its own error."""
    rng = np.random.default_rng(7)
    guard, checked = 4, 0
    layer = layer_of(rng, 128, 64, GroupScale.EPSILON, guard)
    rows = np.rint(rng.normal(0, 1, (60, 128)) * 2.0 ** rng.uniform(0, 16, (60, 1))).astype(np.int64)
    result = bspn_power(layer, rows)
    for r, row in enumerate(rows.tolist()):
        for c, exact in enumerate(published(layer, row, 8)):
            low, high = sorted(abs(exact * 2**FRACTION + near) for near in (-1, 1))
            if low < 1 or round(math.log2(low)) != round(math.log2(high)):
                continue
            exponent = min(15, round(math.log2(abs(exact) * 2**FRACTION)) - guard) if exact else -1
            wanted = 0 if exponent < 0 else (2**exponent if exact > 0 else -(2**exponent))
            assert result.power[r, c] == wanted, (r, c, float(exact))
            checked += 1
    assert checked > 0.9 * rows.size


@pytest.mark.parametrize("alpha", [0.25, 0.3, 1.0, 0.0625])
def test_code_is_the_quantiser_of_the_power(alpha: float) -> None:
    rng = np.random.default_rng(3)
    guard = 4
    codes = sorbet_codes(fraction=FRACTION, guard=guard, alpha=alpha, lo=-8, hi=7, offset=8)
    layer = bspn(shift=rng.integers(4, 16, 64), negative=rng.integers(0, 2, 64), beta=np.zeros(64, int), codes=codes, guard=guard)
    result = bspn_power(layer, rng.integers(-5000, 5000, (50, 64)) * rng.integers(0, 2, (50, 64)))
    for power, code in zip(result.power.ravel().tolist(), result.code.ravel().tolist(), strict=True):
        value = power * 2.0 ** (guard - FRACTION)
        assert code == max(-8, min(7, round(value / alpha))) + 8


def test_power_norm_leaves_the_last_rounding_out() -> None:
    rng = np.random.default_rng(5)
    layer = layer_of(rng, 64, 64, GroupScale.CEIL)
    rows = rng.integers(-1000, 1000, (20, 64))
    y = bspn_values(layer, rows)
    code = power_norm(layer, rows, shift=10, lo=-8, hi=7)
    expected = [max(-8, min(7, round(Fraction(v, 1024)))) for v in y.ravel().tolist()]
    assert code.ravel().tolist() == expected


def test_masked_channels_do_not_exist() -> None:
    rng = np.random.default_rng(11)
    layer = layer_of(rng, 64, 64, GroupScale.EPSILON)
    x, mask = rng.integers(-1000, 1000, (30, 64)), rng.integers(0, 2, (30, 64))
    masked, zeroed = bspn_power(layer, x, mask), bspn_power(layer, x * mask)
    assert not (masked.y[mask == 0].any() or masked.power[mask == 0].any() or masked.code[mask == 0].any())
    assert (masked.y[mask == 1] == zeroed.y[mask == 1]).all()


def test_zero_stays_zero_and_extremes_saturate() -> None:
    beta = np.array([0, (1 << 23) - 1, -(1 << 23), 0])
    layer = bspn(shift=np.full(4, 20), negative=np.array([0, 0, 1, 1]), beta=beta, codes=CODES, group=4)
    zero = bspn_power(layer, np.zeros((1, 4), int))
    assert zero.y.tolist() == [[0, (1 << 23) - 1, -(1 << 23) + 1, 0]]
    assert zero.power.tolist() == [[0, 1 << 15, -(1 << 15), 0]]
    extreme = bspn_power(layer, np.full((1, 4), -(1 << 31)))
    assert extreme.y.tolist() == [[-(1 << 19), (1 << 23) - 1 - (1 << 19), -(1 << 23) + (1 << 19), 1 << 19]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shift": np.array([17])}, "shift holds 17"),
        ({"group": 48}, "48 is not a power of two; the nearest below is 32"),
        ({"group": 512}, "group = 512"),
        ({"guard": 8}, "guard = 8"),
        ({"beta": np.array([1 << 23])}, "beta holds 8388608"),
        ({"negative": np.array([2])}, "negative holds 2"),
        ({"codes": CODES[:16]}, r"codes has shape \(16,\); it must be \(33,\)"),
        ({"codes": np.arange(-1, BSPN_CODES - 1) * 10}, "codes reach -10..310|codes holds"),
        ({"codes": np.where(np.arange(BSPN_CODES) == 0, -1, 200)}, "codes reach -1..200; no payload holds both"),
        ({"output": UnitOutput.POWER}, "codes go with output TABLE"),
        ({"output": UnitOutput.REQUANT, "codes": None, "hi": 256}, "hi = 256"),
        ({"lo": 1}, "requant_shift, lo and hi go with output REQUANT"),
        ({"scale": 1}, "scale = 1"),
    ],
)
def test_wrong_parameters_are_named(change: dict[str, Any], words: str) -> None:
    good = bspn(shift=np.array([16]), negative=np.array([0]), beta=np.array([0]))
    good.check("layer x", Shape(1))
    with pytest.raises(ValueError, match=f"layer x: .*({words})"):
        replace(good, **change).check("layer x", Shape(1))


@pytest.mark.parametrize("output", UnitOutput)
def test_a_layer_is_rows_of_channels_with_their_bias(output: UnitOutput) -> None:
    rng = np.random.default_rng(2)
    layer = replace(
        layer_of(rng, 6, 4, GroupScale.CEIL), bias=rng.integers(-50, 50, 6), output=output, requant_shift=6, lo=-8, hi=7
    )
    sums = rng.integers(-1000, 1000, (2, 3, 6, 4, 5))
    fired = fire_bspn(layer, sums)
    for sample, step, y, x in np.ndindex(2, 3, 4, 5):
        row = (sums[sample, step, :, y, x] + layer.bias)[None]
        result = bspn_power(layer, row)
        code = power_norm(layer, row, shift=6, lo=-8, hi=7)
        wanted = {UnitOutput.POWER: result.power, UnitOutput.TABLE: result.code, UnitOutput.REQUANT: code}[output]
        assert fired[sample, step, :, y, x].tolist() == wanted[0].tolist()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_no_power_passes_the_greatest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    top, group = int(rng.integers(-3, 17)), int(rng.choice([1, 2, 8, 64]))
    layer = bspn(
        shift=rng.integers(top - 4, top + 1, 8),
        negative=rng.integers(0, 2, 8),
        beta=rng.integers(-1, 2, 8) << int(rng.integers(0, 20)),
        group=group,
        guard=int(rng.integers(0, 8)),
        scale=GroupScale(int(rng.integers(2))),
    )
    rows = rng.integers(-40, 41, (200, 8)) * rng.integers(0, 2, (200, 8)) << int(rng.integers(0, 10))
    powers = np.abs(bspn_power(layer, rows).power)
    limits = replace(layer, output=UnitOutput.POWER, codes=None).value_limits
    assert powers.max() <= limits[1] == -limits[0]


def test_the_greatest_power_is_reached() -> None:
    layer = replace(bspn(np.array([8]), np.array([0]), np.array([0]), group=1, scale=GroupScale.CEIL), output=UnitOutput.POWER)
    assert bspn_power(layer, np.array([[4]])).power.max() == layer.value_limits[1] == 1 << 4
