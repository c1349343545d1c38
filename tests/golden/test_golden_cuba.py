"""Neurons with a current, membranes as outputs, resets: golden against the definitions, step by step in Python's integers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.cuba import fire_cubali, fire_cubalif
from shiftfire.golden.li import fire_li
from shiftfire.golden.lif import fire_lif
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.fire import Reset

LEAKS = st.lists(st.builds(LeakTerm, st.integers(0, 9), st.booleans()), max_size=3).map(tuple)
DRIVES = st.lists(st.integers(-300, 300), min_size=1, max_size=14)


def decayed(value: int, leak: tuple[LeakTerm, ...]) -> int:
    lost = sum((-1 if term.negative else 1) * (value // 2**term.shift) for term in leak)
    return value - lost


def clip(value: int, low: int, high: int) -> int:
    return low if value < low else high if value > high else value


class Oracle:
    """One neuron of any of the kinds; ``step`` gives (spike, V before the reset, V kept, I)."""

    def __init__(self, neuron: Any) -> None:
        self.n, self.v, self.i = neuron, neuron.v_init, 0

    def fires(self, v: int) -> bool:
        theta = int(self.n.theta[0])
        return v > theta if self.n.strict else v >= theta

    def step(self, drive: int) -> tuple[int, int, int, int]:
        n, drive = self.n, drive + int(self.n.bias[0])
        if hasattr(n, "current_leak"):
            old = self.i
            self.i = clip(decayed(self.i, n.current_leak) + drive, n.i_min, n.i_max)
            drive = old if n.old_current else self.i
        spikes = hasattr(n, "theta")
        debt = int(n.theta[0]) if spikes and n.delayed_reset and self.fires(self.v) else 0
        self.v = before = clip(decayed(self.v, n.leak) + drive - debt, n.v_min, n.v_max)
        fired = spikes and self.fires(before)
        if fired and not n.delayed_reset:
            self.v = {Reset.SUBTRACT: before - int(n.theta[0]), Reset.ZERO: n.v_reset, Reset.NONE: before}[n.reset]
        return int(fired), before, self.v, self.i


def membranes(draw: st.DrawFn) -> dict[str, Any]:
    v_min, v_max = draw(st.integers(-400, 0)), draw(st.integers(0, 400))
    return {
        "bias": np.array([draw(st.integers(-20, 20))]),
        "leak": draw(LEAKS),
        "v_min": v_min,
        "v_max": v_max,
        "v_init": draw(st.integers(v_min, v_max)),
    }


def firing(draw: st.DrawFn, v_min: int, v_max: int) -> dict[str, Any]:
    reset = draw(st.sampled_from(list(Reset)))
    return {
        "theta": np.array([draw(st.integers(0, 150))]),
        "reset": reset,
        "strict": draw(st.booleans()),
        "v_reset": draw(st.integers(v_min, v_max)) if reset is Reset.ZERO else 0,
        "delayed_reset": reset is Reset.SUBTRACT and draw(st.booleans()),
    }


def currents(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "current_leak": draw(LEAKS),
        "i_min": draw(st.integers(-300, 0)),
        "i_max": draw(st.integers(0, 300)),
        "old_current": draw(st.booleans()),
    }


@st.composite
def neurons(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from([Li, Lif, CubaLif, CubaLi]))
    parameters = membranes(draw)
    if kind in (Lif, CubaLif):
        parameters |= firing(draw, parameters["v_min"], parameters["v_max"])
    if kind in (CubaLif, CubaLi):
        parameters |= currents(draw)
    neuron = kind(**parameters)
    neuron.check("it", Shape(1))
    return neuron


def fired(neuron: Any, drive: list[int]) -> tuple[list[int], list[int], list[int]]:
    """What golden says is emitted, kept in the membrane, and kept in the current (0 without one)."""
    sums = np.array(drive).reshape(1, -1, 1, 1, 1)
    stored, kept = np.zeros_like(sums), np.zeros_like(sums)
    fire: Any = {Li: fire_li, Lif: fire_lif, CubaLif: fire_cubalif, CubaLi: fire_cubali}[type(neuron)]
    emitted = fire(neuron, sums, stored, *([kept] if hasattr(neuron, "current_leak") else []))
    return emitted.ravel().tolist(), stored.ravel().tolist(), kept.ravel().tolist()


@given(neurons(), DRIVES)
@settings(max_examples=1500, deadline=None)
def test_over_time(neuron: Any, drive: list[int]) -> None:
    oracle = Oracle(neuron)
    steps = [oracle.step(value) for value in drive]
    wide = not hasattr(neuron, "theta")
    emitted = [before if wide else spike for spike, before, _, _ in steps]
    assert fired(neuron, drive) == (emitted, [kept for _, _, kept, _ in steps], [i for _, _, _, i in steps])


@given(st.lists(st.integers(-64, 200), min_size=1, max_size=20), st.integers(1, 5), st.integers(1, 90))
@settings(max_examples=200, deadline=None)
def test_delayed_subtraction_is_what_snntorch_does(drive: list[int], shift: int, theta: int) -> None:
    """``reset = mem > theta; mem = beta mem + x - reset theta; spk = mem > theta`` (snntorch.Leaky, reset_delay=True), beta = 1 - 2^-shift."""
    neuron = Lif(np.array([theta]), leak=(LeakTerm(shift),), strict=True, delayed_reset=True, bias=np.array([0]))
    mem, expected = 0, []
    for x in drive:
        reset = mem > theta
        mem = mem - (mem >> shift) + x - reset * theta
        expected.append((int(mem > theta), mem))
    emitted, stored, _ = fired(neuron, drive)
    assert list(zip(emitted, stored, strict=True)) == expected


def test_delayed_subtraction_differs_from_that_at_once() -> None:
    at_once = Lif(np.array([10]), leak=(LeakTerm(1),), bias=np.array([0]))
    drive = [12] * 6
    assert fired(at_once, drive)[0] != fired(replace(at_once, delayed_reset=True), drive)[0]


def test_a_current_of_a_full_leak_is_lif() -> None:
    """Without memory of its own the current is the drive; with ``old_current`` it is that a step later."""
    rng = np.random.default_rng(4)
    drive = rng.integers(-60, 90, (7, 30, 3, 2, 2))
    shared: dict[str, Any] = {"theta": np.array([9, 40, 77]), "leak": (LeakTerm(3),), "v_max": 300}
    lif = Lif(bias=np.array([0, -3, 8]), **shared)
    cuba = CubaLif(bias=np.array([0, -3, 8]), current_leak=(LeakTerm(0),), **shared)
    assert np.array_equal(fire_cubalif(cuba, drive), fire_lif(lif, drive)) and fire_lif(lif, drive).any()
    late = fire_cubalif(replace(cuba, old_current=True), drive)
    assert np.array_equal(late[:, 1:], fire_lif(lif, drive)[:, :-1])


LIF = Lif(np.array([5]), np.array([0]))
CUBA = CubaLif(np.array([5]), np.array([0]))


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (replace(LIF, v_reset=3), "v_reset = 3 with reset SUBTRACT; it is for ZERO"),
        (replace(LIF, reset=Reset.ZERO, v_reset=40000), "v_reset = 40000 is out of range"),
        (replace(LIF, reset=Reset.ZERO, delayed_reset=True), "set delayed_reset False: the spikes are the same"),
        (replace(LIF, reset=Reset.NONE, delayed_reset=True), "delayed_reset with reset NONE; it is for SUBTRACT"),
        (replace(LIF, delayed_reset=1), "delayed_reset = 1 is not True or False"),
        (replace(CUBA, i_min=1), "i_min = 1 is out of range"),
        (replace(CUBA, i_max=-1), "i_max = -1 is out of range"),
        (replace(CUBA, old_current=None), "old_current = None is not True or False"),
        (replace(CUBA, current_leak=(LeakTerm(1),) * 4), "4 current_leak terms; the fire engine has 3"),
        (replace(CUBA, current_leak=(LeakTerm(32),)), "current_leak shift = 32 is out of range"),
        (Li(np.array([0]), v_min=1), "v_min = 1 is out of range"),
        (CubaLi(np.array([0]), i_max=1 << 31), "i_max = 2147483648 is out of range"),
    ],
)
def test_wrong_parameters(neuron: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        neuron.check("it", Shape(1))
