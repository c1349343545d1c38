"""Multi-spike IF against its published definition on Python integers: exhaustive in one step, drawn over time."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.lif import fire_lif
from shiftfire.golden.multispike import fire_multispike
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.values import NetworkError, Shape


def published(v: Fraction, theta: int, most: int, floor: int) -> tuple[int, Fraction]:
    """Sinabs: MultiSpike takes ``trunc(v / theta)`` where v > 0, MembraneSubtract takes its thresholds off, relu holds v above min_v_mem."""
    n = min(math.trunc(v / theta), most) if v > 0 else 0
    v -= n * theta
    return n, max(v - floor, Fraction(0)) + floor


def test_every_membrane() -> None:
    """One step: what it emits, and what it leaves."""
    drives = np.arange(-40, 90)
    for theta, hi, floor in product(range(1, 12), (1, 2, 3, 5, 8, 255), (None, 0, -3, -50)):
        neuron = MultiSpikeIf(np.array([theta]), np.array([0]), hi=hi, floor=floor, v_max=70)
        sums = drives.reshape(-1, 1, 1, 1, 1)
        stored = np.zeros_like(sums)
        got = zip(fire_multispike(neuron, sums, stored).ravel().tolist(), stored.ravel().tolist(), strict=True)
        lowest = -theta if floor is None else floor
        assert list(got) == [published(Fraction(min(int(drive), 70)), theta, hi, lowest) for drive in drives], (theta, hi, floor)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_neuron_over_time(data: st.DataObject) -> None:
    leak = tuple(LeakTerm(data.draw(st.integers(0, 6)), data.draw(st.booleans())) for _ in range(data.draw(st.integers(0, 3))))
    theta = data.draw(st.integers(1, 60))
    floor, v_max = data.draw(st.none() | st.integers(-300, 0)), data.draw(st.integers(0, 500))
    lowest = -theta if floor is None else floor
    v_init, bias, hi = data.draw(st.integers(lowest, v_max)), data.draw(st.integers(-20, 20)), data.draw(st.integers(1, 255))
    drive = data.draw(st.lists(st.integers(-400, 400), min_size=1, max_size=12))
    neuron = MultiSpikeIf(np.array([theta]), np.array([bias]), leak, hi, floor, v_max, v_init)
    sums = np.array(drive).reshape(1, -1, 1, 1, 1)
    stored = np.zeros_like(sums)
    got = list(zip(fire_multispike(neuron, sums, stored).ravel().tolist(), stored.ravel().tolist(), strict=True))
    v, expected = Fraction(v_init), []
    for current in drive:
        lost = sum((-1 if term.negative else 1) * math.floor(v / 2**term.shift) for term in leak)
        n, v = published(min(v - lost + current + bias, Fraction(v_max)), theta, hi, lowest)
        expected.append((n, v))
    assert got == expected


def test_one_spike_is_lif() -> None:
    """With ``hi`` = 1 and a constant floor it is LIF with reset by subtraction, v_min the floor."""
    rng = np.random.default_rng(1)
    drive = rng.integers(-60, 90, (7, 30, 3, 2, 2))
    theta, bias, leak = np.array([9, 40, 77]), np.array([0, -3, 8]), (LeakTerm(3),)
    for floor in (0, -25, -400):
        many = MultiSpikeIf(theta, bias, leak, hi=1, floor=floor, v_max=300, v_init=5)
        one = Lif(theta, bias, leak, v_min=floor, v_max=300, v_init=5)
        assert np.array_equal(fire_multispike(many, drive), fire_lif(one, drive))
        assert fire_multispike(many, drive).any()


def test_channels_have_their_own_floor() -> None:
    theta = np.array([2, 5, 11])
    neuron = MultiSpikeIf(theta, np.zeros(3, np.int64), hi=9)
    drive = np.full((1, 1, 3, 1, 1), -1000)
    stored = np.zeros_like(drive)
    assert not fire_multispike(neuron, drive, stored).any()
    assert stored.ravel().tolist() == [-2, -5, -11]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"theta": np.array([0])}, "theta holds 0"),
        ({"hi": 0}, "hi = 0"),
        ({"hi": 256}, "hi = 256"),
        ({"floor": 1}, "floor = 1"),
        ({"v_max": -1}, "v_max = -1"),
        ({"v_init": -5}, "v_init = -5"),
        ({"leak": (LeakTerm(1),) * 4}, "4 leak terms"),
    ],
)
def test_wrong_parameters_are_named(change: dict[str, Any], words: str) -> None:
    good = MultiSpikeIf(np.array([4]), np.array([0]))
    good.check("layer x", Shape(1))
    with pytest.raises(NetworkError, match=f"layer x: {words}"):
        replace(good, **change).check("layer x", Shape(1))
