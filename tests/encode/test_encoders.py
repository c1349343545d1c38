"""Encoders beside loops over single values, written from the formulas alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shiftfire as sf

MASK = (1 << 64) - 1


def splitmix(state: int) -> int:
    """The output function of SplitMix64, in Python's integers."""
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


def test_the_generator_is_splitmix64() -> None:
    """Vigna's reference gives these for the state 1234567; its n-th number mixes the state n steps on."""
    known = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [splitmix((1234567 + (n + 1) * 0x9E3779B97F4A7C15) & MASK) for n in range(4)] == known


@pytest.mark.parametrize("seed", [0, 5, (1 << 63) - 1])
def test_rate(seed: int) -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 2, 4))
    images[0, 0] = (0, 255, 128, 1)
    spikes = sf.encode.rate(images, 5, seed=seed, most=255)
    number = 0
    for sample in range(3):
        for step in range(5):
            for place in np.ndindex(2, 4):
                number += 1
                uniform = splitmix((splitmix(seed) + number * 0x9E3779B97F4A7C15) & MASK) >> 11
                expected = uniform < float(images[(sample, *place)]) / 255 * 2**53
                assert spikes[(sample, step, *place)] == expected
    assert spikes.shape == (3, 5, 2, 4) and spikes.dtype == np.int64
    assert not spikes[0, :, 0, 0].any() and spikes[0, :, 0, 1].all()
    assert np.array_equal(sf.encode.rate(images[:1], 5, seed=seed, most=255), spikes[:1])


def test_rates_are_the_values() -> None:
    """Four deviations of a binomial, seed 0."""
    values = np.linspace(0, 1, 11)[None]
    mean = sf.encode.rate(values, 10_000).mean(axis=1)
    assert (np.abs(mean - values) <= 4 * np.sqrt(values * (1 - values) / 10_000)).all()


def test_direct() -> None:
    values = np.array([[-1.0, -0.5, 0.0, 0.0196, 0.5, 1.0]])
    codes = sf.encode.direct(values, 3, levels=127)
    assert codes.shape == (1, 3, 6)
    for step in range(3):
        assert codes[0, step].tolist() == [round(v * 127) for v in values[0].tolist()]  # Python rounds halves to even
    assert sf.encode.direct(np.array([[3, -6]]), 1, levels=15, most=6).tolist() == [[[8, -15]]]


@pytest.mark.parametrize("law", ["linear", "log"])
def test_latency(law: str) -> None:
    values = np.random.default_rng(2).random((2, 30))
    values[0, :2] = (0, 1)
    steps = 9
    spikes = sf.encode.latency(values, steps, law=law)
    for place in np.ndindex(2, 30):
        x = float(values[place])
        time = (steps - 1) * (1 - x) if law == "linear" else steps - 1 - math.log((math.exp(steps - 1) - 1) * x + 1)
        assert [int(s) for s in spikes[place[0], :, place[1]]] == [int(step == round(time)) for step in range(steps)]
    assert spikes[0, -1, 0] == 1 and spikes[0, 0, 1] == 1
    assert not sf.encode.latency(values, steps, law=law, zero=False)[0, :, 0].any()


def signal() -> np.ndarray:
    """Steps of eighths, so that thresholds are met exactly now and then."""
    return np.cumsum(np.random.default_rng(3).integers(-3, 4, (2, 40, 3)), axis=1) / 8


@pytest.mark.parametrize("repeat", [False, True])
def test_delta(repeat: bool) -> None:
    x = signal()
    spikes = sf.encode.delta(x, threshold=0.25, repeat_first=repeat)
    for sample, step, channel in np.ndindex(*x.shape):
        before = x[sample, step - 1, channel] if step else (x[sample, 0, channel] if repeat else 0.0)
        change = x[sample, step, channel] - before
        assert spikes[sample, step, channel] == (1 if change >= 0.25 else -1 if change <= -0.25 else 0)
    assert {-1, 0, 1} == set(np.unique(spikes).tolist())


def test_delta_as_snntorch_documents_it() -> None:
    """The examples of ``spikegen.delta``."""
    b = np.array([1, 2, 0, 2, 2.9])[None]
    assert sf.encode.delta(b, threshold=1)[0].tolist() == [1, 1, -1, 1, 0]
    assert sf.encode.delta(b, threshold=1, repeat_first=True)[0].tolist() == [0, 1, -1, 1, 0]
    assert sf.encode.delta(b, threshold=1, off="none")[0].tolist() == [1, 1, 0, 1, 0]


def test_crossing() -> None:
    x, levels = signal(), (-0.5, 0.0, 0.3)
    events = sf.encode.crossing(x, levels)
    assert events.shape == (2, 40, 9)
    for sample, step, channel in np.ndindex(*x.shape):
        for number, level in enumerate(levels):
            now, before = x[sample, step, channel], x[sample, max(step - 1, 0), channel]
            expected = 1 if before < level <= now else -1 if now < level <= before else 0
            assert events[sample, step, 3 * number + channel] == expected
    assert {-1, 0, 1} == set(np.unique(events).tolist())


def test_changes_downwards() -> None:
    """As cameras have it: the off events' channels first."""
    x = signal()
    for encode in (lambda off: sf.encode.delta(x, threshold=0.25, off=off), lambda off: sf.encode.crossing(x, [0.0], off=off)):
        signed = encode("signed")
        assert np.array_equal(encode("channel"), np.concatenate([signed == -1, signed == 1], axis=2))
        assert np.array_equal(encode("none"), signed == 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sf.encode.rate(np.ones((1, 2), int), 4), "rate: say what the greatest value is, such as max=255"),
        (lambda: sf.encode.rate(np.full((1, 2), 1.5), 4), r"rate: the value 1\.5 is outside 0\.\.1; scale"),
        (lambda: sf.encode.rate(np.full((1, 2), -0.5), 4), r"the value -0\.5 is outside"),
        (lambda: sf.encode.rate(np.full((1, 2), np.nan), 4), "the value nan is no number"),
        (lambda: sf.encode.rate(np.ones((1, 2)), 0), "rate: T = 0 is not an integer of at least 1"),
        (lambda: sf.encode.rate(np.ones((1, 2)), 1 << 40), "would take .* bytes"),
        (lambda: sf.encode.rate(np.ones((1, 2)), 4, seed=-1), "rate: seed = -1"),
        (lambda: sf.encode.rate([[1.0], [1.0, 2.0]], 4), "rate: the values make no array"),
        (lambda: sf.encode.rate(np.ones((1, 2), complex), 4), r"are complex128 of shape \(1, 2\)"),
        (lambda: sf.encode.direct(np.ones((1, 2)), 4, levels=0), "direct: levels = 0"),
        (lambda: sf.encode.direct(np.ones((1, 2)), 4, levels=9, most=0), "direct: max = 0 is not a positive number"),
        (lambda: sf.encode.direct(np.full((1, 2), -2.0), 4, levels=9), r"-2 is outside -1\.\.1"),
        (lambda: sf.encode.latency(np.ones((1, 2)), 4, law="exp"), "law = 'exp' is none of linear, log"),
        (lambda: sf.encode.latency(np.ones((1, 2)), 800, law="log"), "T = 800 is more than 700"),
        (lambda: sf.encode.delta(np.ones((1, 2)), threshold=-1), "threshold = -1 is not a positive"),
        (lambda: sf.encode.delta(np.ones(2), threshold=1), r"shape \(2,\); give numbers \(samples, timesteps"),
        (lambda: sf.encode.delta(np.ones((1, 2, 1)), threshold=1, off="both"), "off = 'both' is none of signed"),
        (lambda: sf.encode.crossing(np.ones((1, 2, 1)), [1, 0]), r"the levels \[1, 0\] are not 1 to 4096 rising"),
        (lambda: sf.encode.crossing(np.ones((1, 2, 1)), []), "are not 1 to 4096"),
    ],
)
def test_what_is_refused(call: object, message: str) -> None:
    with pytest.raises(sf.UserError, match=message):
        call()  # type: ignore[operator]
