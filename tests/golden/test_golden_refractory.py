"""Refractory periods of LIF and CUBALIF, against loops over single neurons and against rules that need no loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shiftfire.golden.cuba import fire_cubalif
from shiftfire.golden.lif import fire_lif
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.check import check_network
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.values import NetworkError
from shiftfire_spec.fire import Reset

STEPS = 30
KINDS = [
    {"reset": Reset.SUBTRACT},
    {"reset": Reset.SUBTRACT, "delayed_reset": True},
    {"reset": Reset.ZERO, "v_reset": -7},
    {"reset": Reset.NONE, "strict": True},
]


def alone(drive: list[int], n: Lif | CubaLif) -> tuple[list[int], list[int], list[int]]:
    """Spikes, membrane and silent steps left of one neuron, written down as sentences."""
    v, current, fired_at, owes, out, kept, rest = n.v_init, 0, -1000, False, [], [], []
    theta, bias = int(n.theta[0]), int(n.bias[0])

    def leak(x: int, terms: tuple[LeakTerm, ...]) -> int:
        return sum((-1 if term.negative else 1) * (x // 2**term.shift) for term in terms)

    for t, a in enumerate(drive):
        enters = a + bias
        if isinstance(n, CubaLif):
            old = current
            current = max(n.i_min, min(n.i_max, current - leak(current, n.current_leak) + enters))
            enters = old if n.old_current else current
        spike = False
        if t - fired_at > n.refractory:
            v = max(n.v_min, min(n.v_max, v - leak(v, n.leak) - (theta if owes else 0) + enters))
            spike = v > theta if n.strict else v >= theta
            owes = spike and n.delayed_reset
            if spike:
                fired_at = t
                if n.reset is Reset.ZERO:
                    v = n.v_reset
                elif n.reset is Reset.SUBTRACT and not n.delayed_reset:
                    v -= theta
        out.append(int(spike))
        kept.append(v)
        rest.append(max(0, n.refractory - (t - fired_at)))
    return out, kept, rest


@pytest.mark.parametrize("refractory", [0, 1, 2, 5, 15])
@pytest.mark.parametrize("firing", KINDS)
@pytest.mark.parametrize("current", [None, False, True])
def test_against_single_neurons(refractory: int, firing: dict[str, Any], current: bool | None) -> None:
    rng = np.random.default_rng(refractory)
    shared: dict[str, Any] = {"leak": (LeakTerm(2),), "v_min": -60, "v_max": 90, "refractory": refractory, **firing}
    if current is not None:
        shared |= {"current_leak": (LeakTerm(1),), "i_min": -40, "i_max": 50, "old_current": current}
    theta, bias = np.array([3, 12, 25]), np.array([0, 2, -3])
    neuron = Lif(theta, bias, **shared) if current is None else CubaLif(theta, bias, **shared)
    sums = rng.integers(-8, 20, (4, STEPS, 3, 1, 1))
    stored, left, currents = (np.full_like(sums, -999) for _ in range(3))
    spikes = fire_lif(neuron, sums, stored, left) if isinstance(neuron, Lif) else fire_cubalif(neuron, sums, stored, currents, left)
    for sample in range(4):
        for channel in range(3):
            one = type(neuron)(theta[channel : channel + 1], bias[channel : channel + 1], **shared)
            expected = alone(sums[sample, :, channel, 0, 0].tolist(), one)
            found = [array[sample, :, channel, 0, 0].tolist() for array in (spikes, stored, left)]
            assert found[:2] == list(expected[:2]) and (not refractory or found[2] == expected[2])
    assert spikes.any()


def test_a_driven_neuron_fires_every_period() -> None:
    """With a drive that always fires, a spike comes every R + 1 steps, and the next sample starts afresh."""
    for steps in range(8):
        lif = Lif(np.array([1]), np.array([5]), reset=Reset.ZERO, refractory=steps)
        spikes = fire_lif(lif, np.zeros((2, 40, 1, 1, 1), np.int64))
        assert np.array_equal(spikes[:, :, 0, 0, 0], np.broadcast_to(np.arange(40) % (steps + 1) == 0, (2, 40)))


@pytest.mark.parametrize(("steps", "message"), [(16, "refractory = 16"), (-1, "refractory = -1"), (1.5, "refractory")])
def test_periods_that_no_counter_holds(steps: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        NetworkBuilder("n", input=2, timesteps=2).dense("only", np.eye(2), neuron="lif", theta=1, refractory=steps).build()


def test_states_and_container(tmp_path: Any) -> None:
    from shiftfire.network.container import load_network, save_network

    net = NetworkBuilder("n", input=2, timesteps=2)
    net.dense("a", np.eye(2), neuron="cubalif", theta=1, current_leak=1, refractory=3)
    net.dense("b", np.eye(2), neuron="lif", theta=1, refractory=15).dense("c", np.eye(2), neuron="lif", theta=1)
    network = check_network(net.build())
    assert [layer.states for layer in network.layers] == [("a", "a (current)", "a (refractory)"), ("b", "b (refractory)"), ("c",)]
    save_network(network, tmp_path / "n")
    assert [layer.kind.refractory for layer in load_network(tmp_path / "n").layers] == [3, 15, 0]
    assert "refractory" in network.layers[0].kind.chip_features and "refractory" not in network.layers[2].kind.chip_features
