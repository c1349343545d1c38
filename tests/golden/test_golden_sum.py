"""SUM against plain NumPy: sums and bias, every fire for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import compile_rounds, compile_schedule
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire.network.values import IntArray, NetworkError
from shiftfire_spec.chip import load_chip

STEPS, RNG = 5, np.random.default_rng(4)
WEIGHTS, BIAS = RNG.integers(-8, 8, (3, 7)), RNG.integers(-9, 9, 3)


def network(lo: Any = -400, hi: Any = 400, timesteps: int = STEPS) -> Network:
    net = NetworkBuilder("sums", input=7, timesteps=STEPS, values=(-6, 6))
    net.dense("out", WEIGHTS, weight_format="int4", neuron="sum", bias=BIAS, lo=lo, hi=hi, timesteps=timesteps)
    return net.readout("max").build()


def inputs() -> IntArray:
    return RNG.integers(-6, 7, (4, STEPS, 7, 1, 1))


@pytest.mark.parametrize("timesteps", [1, STEPS])
def test_values(timesteps: int) -> None:
    x = inputs()
    sums = np.einsum("sti,oi->sto", x[..., 0, 0], WEIGHTS)
    expected = (sums if timesteps > 1 else sums.sum(axis=1, keepdims=True)) + BIAS
    sent = execute(network(-2000, 2000, timesteps), x).activations["out"]
    assert np.array_equal(sent[..., 0, 0], expected) and len(np.unique(expected)) > 9


def test_limits_are_proven() -> None:
    """Of any input: all of them at the end that a weight's sign asks for."""
    reach = 6 * np.abs(WEIGHTS).sum(axis=1)
    low, high = BIAS - reach, BIAS + reach
    compile_network(network(low, high), load_chip("edge"))
    one = np.array([0, 1, 0])
    for lo, hi in ((low + one, high), (low, high - one)):
        with pytest.raises(CompileError) as refused:
            compile_network(network(lo, hi), load_chip("edge"))
        said = (
            f"layer out: channel 1 sends sums of {low[1]}..{high[1]}, its lo..hi = {lo[1]}..{hi[1]}; widen lo and hi to hold them"
        )
        assert str(refused.value) == said


@pytest.mark.parametrize("rounds", [False, True])
def test_what_reads_them_is_bounded_by_channel(rounds: bool) -> None:
    """A reader's sums fit where its widest channel's do, though each of the two it adds has another widest channel."""
    net = NetworkBuilder("sums", input=2, values=(0, 100))
    for name, wide in (("a", 0), ("b", 1)):
        weights = np.zeros((2, 2), np.int64)
        weights[wide] = 100
        net.dense(name, weights, source="input", neuron="sum", lo=0, hi=np.where(np.arange(2) == wide, 20000, 0))
    built = net.layer("out", ["a", "b"], theta=10).readout("sum").build()
    chip = replace(load_chip("edge"), accumulator_bits=16, membrane_bits=16)
    schedule = compile_rounds(built, chip, most_layers=1) if rounds else compile_schedule(built, chip)
    assert len(schedule.rounds) == (3 if rounds else 1)
    narrow = replace(chip, accumulator_bits=15, membrane_bits=15)
    with pytest.raises(CompileError, match=r"layer a: the accumulator reaches 0..20000"):
        compile_schedule(built, narrow)


def test_what_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"layer out: lo holds 1, which is out of range"):
        network(1, 5)
    with pytest.raises(NetworkError, match=r"layer out: timesteps = 4, its sources send 5"):
        network(timesteps=4)
    with pytest.raises(CompileError, match="layer out: SUM needs wide values, chip nano has wide_values = false"):
        compile_network(network(), load_chip("nano"))


def test_it_keeps_nothing_and_is_not_driven_by_a_constant() -> None:
    assert Sum().membrane is None
    net = NetworkBuilder("sums", input=7).dense("out", WEIGHTS, neuron="sum", timesteps=3)
    with pytest.raises(NetworkError, match="timesteps = 3 with sources of one vector is a constant drive"):
        net.readout("max").build()
