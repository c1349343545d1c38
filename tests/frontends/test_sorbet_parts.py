"""Parts of the lowering, each against its definition."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.frontends.sorbet.binary import binarise
from shiftfire.frontends.sorbet.builder import Builder, Options, Stream
from shiftfire.frontends.sorbet.checkpoint import Linear, Norm
from shiftfire.frontends.sorbet.encoder import probability_counts, quiet_codes
from shiftfire.frontends.sorbet.errors import CheckpointError
from shiftfire.frontends.sorbet.fixed_point import Scaled, quantiser, scale_codes
from shiftfire.frontends.sorbet.float_model import bspn
from shiftfire.frontends.sorbet.residual import bspn_neuron, plan_addition
from shiftfire.golden.bspn import fire_bspn
from shiftfire.golden.count import fire_count
from shiftfire.golden.execute import driving_sums, fire
from shiftfire.network.recode import received

FACTORS = st.floats(2.0**-20, 2.0**8, allow_nan=False)


@given(FACTORS, st.sampled_from([(-8, 7), (0, 15)]))
def test_scaled_codes(factor: float, limits: tuple[int, int]) -> None:
    """In range, strictly rising, 0 for 0, and within half a unit, which is at most a 7.9th of a code's worth."""
    scaled = scale_codes(factor, *limits)
    unit = Fraction(2) ** scaled.exponent
    if scaled.levels is None:
        assert Fraction(factor) == unit
        return
    codes = range(limits[0], limits[1] + 1)
    assert len(scaled.levels) == 16 and scaled.levels[-limits[0]] == 0 and (np.diff(scaled.levels) > 0).all()
    assert scaled.levels.min() >= -127 and scaled.levels.max() <= (127 if limits[0] < 0 else 255)
    assert all(abs(int(n) * unit - code * Fraction(factor)) <= unit / 2 for n, code in zip(scaled.levels, codes, strict=True))
    assert Fraction(factor) / unit > Fraction(127, 16) - Fraction(1, 100)
    assert scaled.error(factor) <= 0.5 / 63


@given(st.floats(0.6, 5000), st.lists(st.floats(-500, 500), min_size=1, max_size=5), st.integers(0, 1 << 20))
@settings(max_examples=60, deadline=None)
def test_quantiser_thresholds(step: float, offsets: list[float], seed: int) -> None:
    """The code of every sum is the exact one, but where the exact quotient is within the fixed point's rounding of a threshold."""
    offset = np.array(offsets)
    made = quantiser("x", step, offset, 4000, Scaled(0, None, -8, 7), 28)
    sums = np.random.default_rng(seed).integers(-4000, 4001, 400)
    grid = np.broadcast_to(sums << made.scale, (len(offsets), 400))[:, None, :]
    codes = fire_count(made.neuron, grid)[:, 0]
    quotient = (sums + offset[:, None]) / step
    exact = np.clip(np.floor(quotient + 0.5), -8, 7)
    margin = np.abs(quotient + 0.5 - np.rint(quotient + 0.5))
    slack = 9 / made.neuron.theta[0] + 1e-9
    assert ((codes == exact) | (margin <= slack)).all()
    assert made.neuron.theta[0] >= 1 << 12


def test_quantiser_reaches_all_codes_exactly() -> None:
    """A step that is a whole number, no offset: exact, halves up."""
    made = quantiser("x", 6.0, np.zeros(1), 100, Scaled(0, None, -8, 7), 24)
    sums = np.arange(-60, 61)
    codes = fire_count(made.neuron, (sums << made.scale)[None, None, None])[0, 0, 0]
    assert codes.tolist() == [max(-8, min(7, math.floor(Fraction(int(s), 6) + Fraction(1, 2)))) for s in sums]
    assert set(codes.tolist()) == set(range(-8, 8))


def test_quantiser_that_fits_nothing() -> None:
    with pytest.raises(CheckpointError, match=r"a\.b: sums up to 40000.* do not fit 16 bits.*--accumulator-bits"):
        quantiser("a.b", 10.0, np.zeros(1), 40000, Scaled(0, None, -8, 7), 16)


@given(st.floats(1e-5, 100.0))
def test_probability_counts_are_exact(step: float) -> None:
    counts = probability_counts(step)
    for e, count in enumerate(counts.tolist()):
        quotient = Fraction(1, 1 << e) / Fraction(step)
        assert count == min(15, round(quotient))  # Python's round is to even


@given(st.floats(1e-4, 300.0), st.integers(-12, 0))
def test_table_at_the_receiver_is_exact(step: float, exponent: int) -> None:
    """No move: every power of two gets the published code, ties to even included."""
    linear = Linear(np.ones((2, 4), np.float32), np.zeros(2, np.float32), np.zeros(4, np.float32), step)
    builder = Builder(Options(tokens=1, group=4))
    source = builder.codes_of("x", linear, Stream("norm", exponent, 1 << 15, powers=True))
    assert source.name == "norm" and not builder.layers
    powers = np.concatenate([1 << np.arange(16), -(1 << np.arange(16)), [0]])
    from shiftfire.network.synapses import SynapseOp, Synapses

    taken = received(Synapses("norm", SynapseOp.DIRECT, recode=source.recode), powers)
    exact = [max(-8, min(7, round(int(p) * Fraction(2) ** exponent / Fraction(step)))) for p in powers]
    assert taken.tolist() == exact


@pytest.mark.parametrize("powers", [True, False])
def test_quantiser_layer(powers: bool) -> None:
    """With moves: a layer of its own, all 16 codes, equal to the exact quotient's but at its halves."""
    rng = np.random.default_rng(1)
    move = rng.normal(0, 0.5, 6).astype(np.float32)
    linear = Linear(np.ones((2, 6), np.float32), np.zeros(2, np.float32), move, 0.3)
    builder = Builder(Options(tokens=33))
    stream = Stream("s", -9 if powers else -5, 1 << 15 if powers else 127, powers)
    name = builder.codes_of("x", linear, stream).name
    assert builder.codes_of("y", linear, stream).name == name  # shared
    values = (
        np.concatenate([1 << np.arange(16), -(1 << np.arange(16)), [0]]) if powers else np.linspace(-127, 127, 33).astype(np.int64)
    )
    x = np.broadcast_to(values, (6, 33))[None, None, ..., None]
    layer = builder.layers[0]
    codes = fire(layer.neuron, driving_sums(layer, {"s": x}))[0, 0, ..., 0]
    exact = np.clip(np.rint((values * 2.0**stream.exponent + move[:, None].astype(np.float64)) / 0.3), -8, 7)
    assert np.array_equal(codes, exact) and (powers or set(codes.ravel()) == set(range(-8, 8)))


@pytest.mark.parametrize("zero", [0.0, -0.25, 0.1])
def test_quiet_codes(zero: float) -> None:
    move = np.array([-1, -0.1, 0, 0.1, 0.3, 20], np.float32)
    exact = np.clip(np.floor((move.astype(np.float64) - zero) / 0.2 + 0.5), 0, 15)
    assert quiet_codes(move, zero, 0.2).tolist() == exact.tolist()


def _random_norm(rng: np.random.Generator, channels: int) -> Norm:
    gamma = rng.normal(1, 0.5, channels).astype(np.float32)
    return Norm(gamma, rng.normal(0, 0.1, channels).astype(np.float32), rng.uniform(0.2, 2, channels).astype(np.float32))


@pytest.mark.parametrize("group", [16, 64])
def test_bspn_outputs_equal_for_equal_inputs(group: int) -> None:
    """Of 128 channels: equal powers, but where y is within its fixed point of a threshold, or is no payload; 99.5% of all."""
    rng = np.random.default_rng(group)
    norm = _random_norm(rng, 128)
    neuron, fraction = bspn_neuron("x", norm, np.zeros(128, np.int64), Options(tokens=50, group=group))
    x = rng.normal(0, 1 << 12, (1, 128, 50)).astype(np.int64)
    exact = bspn(x * 2.0**-10, norm, group)  # the unit of the sums cancels
    emitted = fire_bspn(neuron, x[..., None])[..., 0] * 2.0**-fraction
    assert np.mean(emitted == exact) > 0.995
    assert (np.abs(exact[emitted == 0]) < 2.0 ** (1 - fraction)).all()
    different = (emitted != exact) & (emitted != 0)
    assert np.isin(np.abs(emitted[different] / exact[different]), (0.5, 2)).all()


def test_bspn_of_extreme_parameters() -> None:
    """A weight of 0 emits the offset; weights far apart keep the greatest exact."""
    norm = Norm(np.array([0, 2.0**-30, 1e4, 1], np.float32), np.array([0.25, 0, 0, 0], np.float32), np.ones(4, np.float32))
    neuron, fraction = bspn_neuron("x", norm, np.zeros(4, np.int64), Options(tokens=1, group=4))
    x = np.array([100, 100, 100, 100])[None, :, None, None]
    emitted = fire_bspn(neuron, x)[0, :, 0, 0] * 2.0**-fraction
    exact = bspn(x[..., 0] * 1.0, norm, 4)[0, :, 0]
    assert emitted[2] == exact[2] and emitted[1] == 0
    with pytest.raises(CheckpointError, match=r"x: offsets up to 1e\+09 do not fit"):
        bspn_neuron(
            "x",
            Norm(norm.gamma, np.full(4, 1e9, np.float32), norm.statistics),
            np.zeros(4, np.int64),
            Options(1, 4, accumulator_bits=16),
        )


def test_addition_fits_its_accumulator() -> None:
    """Fewer bits of the codes where the sums would not fit, then a refusal."""
    stream = Stream("s", -9, 1 << 15, powers=True)
    wide = plan_addition("x", 0.01, (-8, 7), 768, np.zeros(4), stream, 28)
    assert (
        wide.sent.greatest > 63
        and wide.exponent + wide.linear_scale == wide.sent.exponent
        and wide.exponent + wide.residual_scale == -9
    )
    narrow = plan_addition("x", 0.01, (-8, 7), 768, np.zeros(4), stream, 17)
    assert narrow.sent.greatest < wide.sent.greatest
    with pytest.raises(CheckpointError, match="do not fit 16 bits"):
        plan_addition("x", 0.01, (-8, 7), 768, np.zeros(4), stream, 16)


def test_binarise() -> None:
    binary = binarise(np.array([[1, -3, 0.25, 2.75]], np.float32))
    assert binary.signs.tolist() == [[1, -1, 1, 1]] and binary.scale == 1.75 and binary.on_mean == 1
