"""SHIFTLIF against a neuron in exact rational arithmetic."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.shiftlif import fire_shiftlif, spike_level
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.values import Shape
from shiftfire_spec.shift_units import LevelRounding


def level_of(ratio: Fraction, levels: int, rounding: LevelRounding) -> Fraction:
    """Q(u / Vth): the level of {0, 2^-K .. 1} that the rounding chooses."""
    alphabet = [Fraction(1, 2**k) for k in range(levels, -1, -1)]
    if ratio <= 0:
        return Fraction(0)
    if ratio >= 1:
        return Fraction(1)
    if rounding is LevelRounding.FLOOR:
        return max((s for s in alphabet if s <= ratio), default=Fraction(0))
    if rounding is LevelRounding.LINEAR:
        return min([Fraction(0), *alphabet], key=lambda s: (abs(ratio - s), -s))
    nearest = [s for s in alphabet if s * s < 2 * ratio * ratio and ratio * ratio < 2 * s * s]  # within a factor sqrt(2)
    return nearest[0] if nearest else Fraction(0)


@pytest.mark.parametrize("rounding", LevelRounding)
@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("theta_log2", [4, 5, 9])
def test_every_potential(rounding: LevelRounding, levels: int, theta_log2: int) -> None:
    potentials = np.arange(-40, 3 << theta_log2)
    got = spike_level(potentials, np.array(theta_log2), levels, rounding)
    for u, exponent in zip(potentials.tolist(), got.tolist(), strict=True):
        spike = Fraction(2**exponent, 2**levels) if exponent >= 0 else Fraction(0)
        assert spike == level_of(Fraction(u, 2**theta_log2), levels, rounding), u


@given(st.data(), st.sampled_from(LevelRounding), st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_neuron_over_time(data: st.DataObject, rounding: LevelRounding, levels: int) -> None:
    theta_log2 = data.draw(st.integers(levels, 9))
    leak = tuple(
        LeakTerm(shift=data.draw(st.integers(0, 6)), negative=data.draw(st.booleans())) for _ in range(data.draw(st.integers(0, 3)))
    )
    drive = data.draw(st.lists(st.integers(-600, 600), min_size=1, max_size=12))
    v_min, v_max = data.draw(st.integers(-500, 0)), data.draw(st.integers(0, 900))
    v_init, bias = data.draw(st.integers(v_min, v_max)), data.draw(st.integers(-9, 9))
    lif = ShiftLif(np.array([theta_log2]), np.array([bias]), levels, rounding, leak, v_min, v_max, v_init)
    got = fire_shiftlif(lif, np.array(drive).reshape(1, -1, 1, 1, 1)).ravel().tolist()
    u, expected = v_init, []
    for current in drive:
        lost = sum((-1 if term.negative else 1) * math.floor(Fraction(u, 2**term.shift)) for term in leak)
        u = max(v_min, min(v_max, u - lost + current + bias))
        spike = level_of(Fraction(u, 2**theta_log2), levels, rounding)
        after = u - spike * 2**theta_log2
        assert after.denominator == 1
        u = int(after)
        expected.append(int(spike * 2**levels))
    assert got == expected


def test_spikes_carry_the_drive() -> None:
    """Nothing is lost without leak: drive = spikes of Vth / 2^K each + what is left."""
    rng = np.random.default_rng(0)
    drive = rng.integers(0, 60, (5, 40, 3, 2, 2))
    for rounding in LevelRounding:
        lif = ShiftLif(np.array([6, 7, 8]), np.zeros(3, int), 3, rounding, v_min=-(1 << 14))
        left = drive.sum(axis=1) - (fire_shiftlif(lif, drive) << (lif.theta_log2 - 3)[:, None, None]).sum(axis=1)
        assert (abs(left) < 1 << 8).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"levels": 5}, "levels = 5"),
        ({"theta_log2": np.array([2])}, "theta_log2 holds 2"),
        ({"theta_log2": np.array([31])}, "theta_log2 holds 31"),
        ({"v_min": 1}, "v_min = 1"),
        ({"v_init": 1 << 15}, "v_init = 32768"),
        ({"leak": (LeakTerm(1),) * 4}, "4 leak terms"),
        ({"rounding": 1}, "rounding = 1"),
    ],
)
def test_wrong_parameters_are_named(change: dict[str, Any], words: str) -> None:
    good = ShiftLif(np.array([4]), np.array([0]), 3, LevelRounding.LOG)
    good.check("layer x", Shape(1))
    with pytest.raises(ValueError, match=f"layer x: {words}"):
        replace(good, **change).check("layer x", Shape(1))
