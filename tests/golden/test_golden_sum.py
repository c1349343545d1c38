"""SUM against plain NumPy: sums and bias, every fire for itself."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire.network.values import IntArray, NetworkError
from shiftfire_spec.chip import load_chip

STEPS, RNG = 5, np.random.default_rng(4)
WEIGHTS, BIAS = RNG.integers(-8, 8, (3, 7)), RNG.integers(-9, 9, 3)


def network(lo: int = -400, hi: int = 400, timesteps: int = STEPS) -> Network:
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


def least_and_greatest() -> tuple[int, int]:
    """Of any input: all of them at the end that a weight's sign asks for."""
    reach = 6 * np.abs(WEIGHTS).sum(axis=1)
    return int((BIAS - reach).min()), int((BIAS + reach).max())


def test_limits_are_proven() -> None:
    low, high = least_and_greatest()
    compile_network(network(low, high), load_chip("edge"))
    for lo, hi in ((low + 1, high), (low, high - 1)):
        with pytest.raises(CompileError) as refused:
            compile_network(network(lo, hi), load_chip("edge"))
        assert (
            str(refused.value)
            == f"layer out: it sends sums of {low}..{high}, its lo..hi = {lo}..{hi}; widen lo and hi to hold them"
        )


def test_what_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"layer out: lo = 1 is out of range"):
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
