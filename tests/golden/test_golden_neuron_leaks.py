"""Leaks of each channel or neuron: every neuron is as it would be alone, and alone its leak is that of its layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.golden.execute import fire
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.container import load_network, save_network
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.kind import Operations
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm, leak_array, leak_words
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.values import NetworkError
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS
from shiftfire_spec.shift_units import LevelRounding

SHAPE = (3, 2, 4)
RNG = np.random.default_rng(5)
BIAS, THETA = RNG.integers(-5, 9, 3), RNG.integers(9, 40, 3)


def drawn_terms() -> tuple[LeakTerm, ...]:
    return tuple(LeakTerm(int(RNG.choice([0, 1, 2, 5, 31])), bool(RNG.random() < 0.4)) for _ in range(RNG.integers(LEAK_TERMS + 1)))


TERMS = [drawn_terms() for _ in range(24)]
CHANNELS, NEURONS = TERMS[:3], TERMS
OF_CHANNELS, OF_NEURONS = leak_array(CHANNELS), leak_array(NEURONS).reshape(LEAK_TERMS, *SHAPE)
LAYER = (LeakTerm(2),)
LIMITS: dict[str, Any] = {"v_min": -200, "v_max": 200}


def own(leak: Any, c: int, y: int, x: int) -> tuple[LeakTerm, ...]:
    """The terms from which the array was made."""
    if isinstance(leak, tuple):
        return leak
    return CHANNELS[c] if leak.ndim == 2 else NEURONS[(c * SHAPE[1] + y) * SHAPE[2] + x]


CASES: list[Any] = [
    Lif(THETA, BIAS, OF_CHANNELS, refractory=1, **LIMITS),
    Lif(THETA, BIAS, OF_NEURONS, delayed_reset=True, **LIMITS),
    CubaLif(THETA, BIAS, OF_CHANNELS, OF_NEURONS, i_min=-90, i_max=90, **LIMITS),
    CubaLif(THETA, BIAS, LAYER, OF_CHANNELS, old_current=True, **LIMITS),
    Li(BIAS, OF_NEURONS, **LIMITS),
    CubaLi(BIAS, OF_NEURONS, LAYER, i_min=-90, i_max=90, **LIMITS),
    MultiSpikeIf(THETA, BIAS, OF_CHANNELS, hi=7, v_max=200),
    ShiftLif(THETA // 8, BIAS, 1, LevelRounding.LOG, OF_CHANNELS, **LIMITS),
]


@pytest.mark.parametrize("neuron", CASES)
def test_every_neuron_is_as_if_alone(neuron: Any) -> None:
    sums = RNG.integers(-10, 25, (2, 9, *SHAPE))
    emitted = fire(neuron, sums)
    assert neuron.neuron_leaks and "neuron_leaks" in neuron.chip_features
    assert neuron.neuron_parameters == any(np.ndim(leak) == 4 for leak in neuron.leaks.values() if not isinstance(leak, tuple))
    for c, y, x in np.ndindex(*SHAPE):
        parameters = {name: getattr(neuron, name)[c : c + 1] for name in neuron.per_channel}
        alone = replace(neuron, **parameters, **{name: own(leak, c, y, x) for name, leak in neuron.leaks.items()})
        assert not alone.neuron_leaks
        assert np.array_equal(fire(alone, sums[:, :, c : c + 1, y : y + 1, x : x + 1])[:, :, 0, 0, 0], emitted[:, :, c, y, x])
    assert emitted.any()


def test_words_are_those_of_the_register() -> None:
    words = leak_words(OF_NEURONS).reshape(-1)
    for terms, word in zip(NEURONS, words, strict=True):
        fields = FIRE_LEAK.unpack(int(word))
        found = [LeakTerm(fields[f"shift{i}"], bool(fields[f"negative{i}"])) for i in range(LEAK_TERMS) if fields[f"enable{i}"]]
        assert tuple(found) == terms and int(leak_words(terms)) == word


def test_a_layer_leaks_where_any_of_its_neurons_does() -> None:
    none, some = np.zeros((LEAK_TERMS, 3), np.int64), np.array([[0, 0, 0], [0, -3, 0], [0, 0, 0]])
    assert Lif(THETA, BIAS, none).operations == Lif(THETA, BIAS).operations
    assert Lif(THETA, BIAS, some).operations == Operations(accumulate=0, compare=0, leaky_step=1)
    assert CubaLif(THETA, BIAS, some, none).operations == CubaLif(THETA, BIAS, LAYER).operations
    assert CubaLi(BIAS, none, some).operations == CubaLi(BIAS, (), LAYER).operations
    assert MultiSpikeIf(THETA, BIAS, some).operations == MultiSpikeIf(THETA, BIAS, 2 * LAYER).operations


def network(**neuron: Any) -> NetworkBuilder:
    net = NetworkBuilder("n", input=(2, 4, 4), timesteps=3)
    return net.conv2d("only", RNG.integers(-3, 4, (3, 2, 3, 3)), padding=1, weight_format="int4", **neuron).readout("none")


def test_builder_and_container(tmp_path: Any) -> None:
    field = leak_array([drawn_terms() for _ in range(48)]).reshape(LEAK_TERMS, 3, 4, 4)
    built = network(neuron="cubalif", theta=9, leak=[(3, -5), (), (2,)], current_leak=field).build()
    found: Any = built.layers[0].kind
    assert np.array_equal(found.leak, leak_array([(LeakTerm(3), LeakTerm(5, True)), (), (LeakTerm(2),)]))
    save_network(built, tmp_path / "n")
    read: Any = load_network(tmp_path / "n").layers[0].kind
    assert np.array_equal(read.leak, found.leak) and np.array_equal(read.current_leak, field) and read.neuron_parameters
    mixed = network(neuron="cubali", leak=4, current_leak=[3, 2, 1]).build()
    save_network(mixed, tmp_path / "m")
    assert load_network(tmp_path / "m").layers[0].kind.leaks == mixed.layers[0].kind.leaks  # a list of shifts is the layer's


@pytest.mark.parametrize(
    ("leak", "message"),
    [
        (np.ones((3, 4), np.int64), r"leak has shape \(3, 4\); it must be \(3, 3\)"),
        (np.ones((2, 3), np.int64), r"leak has shape \(2, 3\); it must be \(3, 3\)"),
        (np.ones((3, 3, 4, 3), np.int64), r"leak has shape \(3, 3, 4, 3\); it must be \(3, 3, 4, 4\)"),
        (np.full((3, 3), 33), "leak holds 33, which is out of range; values must be within -32..32"),
        (np.full((3, 3), -33), "leak holds -33"),
        (np.full((3, 3), 0.5), "leak holds 0.5"),
        ([(3,), (1, 2, 3, 4), ()], "layer only: leak of channels: number 1: 4 leak terms; the fire engine has 3"),
        ([(3,), (40,), ()], "leak of channels: number 1: leak shift = 40 is out of range; it must be within 0..31"),
        ([(3,), 4, ()], "neither a shift nor a list of shifts"),
    ],
)
def test_what_is_refused(leak: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        network(theta=3, leak=leak).build()


def test_shiftlif_has_leaks_of_channels_only() -> None:
    each: dict[str, Any] = {"theta_log2": 4, "levels": 2, "rounding": "log", "leak": np.ones((3, 3, 4, 4), np.int64)}
    with pytest.raises(NetworkError, match=r"leak has shape \(3, 3, 4, 4\); it must be \(3, 3\)"):
        network(neuron="shiftlif", **each).build()
