"""Golden's neurons against one neuron at a time in Python integers, fractions, and a theorem."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.argmax import fire_argmax
from shiftfire.golden.count import fire_count
from shiftfire.golden.lif import fire_lif
from shiftfire.golden.requant import rounding_shift
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire_spec.fire import Reset, Rounding


def spikes_of_one(lif: Lif, channel: int, drive: list[int]) -> list[int]:
    """One LIF neuron, as the contract's formula reads."""
    v, spikes = lif.v_init, []
    for current in drive:
        old = v
        for term in lif.leak:
            lost = math.floor(Fraction(old, 2**term.shift))
            v += lost if term.negative else -lost
        v = max(lif.v_min, min(lif.v_max, v + current + int(lif.bias[channel])))
        theta = int(lif.theta[channel])
        fires = v > theta if lif.strict else v >= theta
        spikes.append(int(fires))
        if fires:
            v = {Reset.SUBTRACT: v - theta, Reset.ZERO: 0, Reset.NONE: v}[lif.reset]
    return spikes


@st.composite
def lif_and_drive(draw: st.DrawFn) -> tuple[Lif, list[list[int]]]:
    leak = tuple(LeakTerm(draw(st.integers(0, 6)), draw(st.booleans())) for _ in range(draw(st.integers(0, 3))))
    v_min, v_max = draw(st.integers(-300, 0)), draw(st.integers(0, 300))
    lif = Lif(
        theta=np.array(draw(st.lists(st.integers(0, 200), min_size=2, max_size=2))),
        bias=np.array(draw(st.lists(st.integers(-20, 20), min_size=2, max_size=2))),
        leak=leak,
        reset=draw(st.sampled_from(Reset)),
        strict=draw(st.booleans()),
        v_min=v_min,
        v_max=v_max,
        v_init=draw(st.integers(v_min, v_max)),
    )
    drive = draw(st.lists(st.lists(st.integers(-200, 200), min_size=2, max_size=2), min_size=1, max_size=12))
    return lif, drive


@given(lif_and_drive())
@settings(max_examples=300, deadline=None)
def test_lif(case: tuple[Lif, list[list[int]]]) -> None:
    lif, drive = case
    sums = np.array(drive)[None, :, :, None, None]
    spikes = fire_lif(lif, np.concatenate([sums, -sums]))
    for channel in (0, 1):
        current = [step[channel] for step in drive]
        assert spikes[0, :, channel, 0, 0].tolist() == spikes_of_one(lif, channel, current)
        assert spikes[1, :, channel, 0, 0].tolist() == spikes_of_one(lif, channel, [-c for c in current])


def test_count_is_floor_division() -> None:
    sums = np.arange(-60, 61)
    for theta in range(1, 12):
        for lo, hi in ((0, 15), (-3, 4), (2, 5)):
            count = Count(np.array([theta]), np.array([5]), lo, hi)
            expected = [max(lo, min(hi, math.floor(Fraction(int(a) + 5, theta)))) for a in sums]
            assert fire_count(count, sums.reshape(-1, 1, 1, 1, 1)).ravel().tolist() == expected


@pytest.mark.parametrize("levels", [[0, 3, 7, 10, 255], [-127, 0, 0, 127, -1], [9]])
def test_levels_stand_for_the_count(levels: list[int]) -> None:
    sums, bias = np.arange(-60, 61), np.array([5, -4])
    for theta in range(1, 12):
        for lo in (0, -3, 2):
            hi = lo + len(levels) - 1
            count = Count(np.array([theta, theta + 1]), bias, lo, hi, levels=np.array(levels))
            fired = fire_count(count, np.stack([sums, sums]).reshape(1, 1, 2, 11, 11)).reshape(2, -1)
            for channel, divisor in enumerate((theta, theta + 1)):
                quotients = [math.floor(Fraction(int(a + bias[channel]), divisor)) for a in sums]
                assert fired[channel].tolist() == [levels[max(lo, min(hi, q)) - lo] for q in quotients]


@pytest.mark.parametrize("rounding", Rounding)
def test_rounding(rounding: Rounding) -> None:
    exact = {
        Rounding.FLOOR: math.floor,
        Rounding.HALF_UP: lambda f: math.floor(f + Fraction(1, 2)),
        Rounding.HALF_EVEN: round,  # Python rounds halves to even
    }[rounding]
    values = np.arange(-200, 201)
    for shift in range(7):
        assert rounding_shift(values, shift, rounding).tolist() == [exact(Fraction(int(v), 2**shift)) for v in values]


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_argmax_takes_the_first(sums: list[int], data: st.DataObject) -> None:
    bias = data.draw(st.lists(st.integers(-2, 2), min_size=len(sums), max_size=len(sums)))
    total = [a + b for a, b in zip(sums, bias, strict=True)]
    one_hot = fire_argmax(Argmax(np.array(bias)), np.array(sums).reshape(1, 1, -1, 1, 1)).ravel().tolist()
    assert one_hot == [int(i == total.index(max(total))) for i in range(len(total))]


DRIVES = st.lists(st.integers(-50, 50), min_size=1, max_size=15)


def integrate_and_fire(theta: int, start: int, drive: list[int]) -> int:
    """Spikes of one IF neuron with reset by subtraction."""
    lif = Lif(np.array([theta]), np.array([0]), v_init=start, v_min=-(1 << 20), v_max=1 << 20)
    return int(fire_lif(lif, np.array(drive).reshape(1, -1, 1, 1, 1)).sum())


@given(st.integers(1, 40), st.integers(-50, 50), st.integers(1, 31), st.data())
@settings(deadline=None)
def test_constant_drive_fires_the_count(theta: int, current: int, steps: int, data: st.DataObject) -> None:
    """An IF neuron under constant drive emits as many spikes as COUNT says of the whole sum."""
    start = data.draw(st.integers(0, theta - 1))
    count = Count(np.array([theta]), np.array([start]), 0, steps)
    expected = int(fire_count(count, np.array(steps * current).reshape(1, 1, 1, 1, 1)).item())
    assert integrate_and_fire(theta, start, [current] * steps) == expected


@given(st.integers(1, 40), DRIVES, st.data())
@settings(max_examples=300, deadline=None)
def test_falcon_bound(theta: int, drive: list[int], data: st.DataObject) -> None:
    """Falcon's theorem: looking ahead d of T steps misses the full look-ahead's count by at most T - d, and ever less so."""
    steps = len(drive)
    start = data.draw(st.integers(0, theta - 1))
    count = Count(np.array([theta]), np.array([start]), 0, steps)
    full = int(fire_count(count, np.array(sum(drive)).reshape(1, 1, 1, 1, 1)).item())
    errors = []
    for ahead in range(1, steps + 1):
        delayed = [sum(drive[:ahead]), *drive[ahead:], *([0] * (ahead - 1))]
        errors.append(abs(integrate_and_fire(theta, start, delayed) - full))
        assert errors[-1] <= steps - ahead
    for d, error in enumerate(errors):
        for later, smaller in enumerate(errors[d:]):
            assert 0 <= error - smaller <= later
