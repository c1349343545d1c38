"""Networks that are made up for claims do what the claims say of them."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.api.runs import SilentLayerWarning, run
from shiftfire.claims.hypersnn import SETTINGS as CONTROL
from shiftfire.claims.hypersnn import control
from shiftfire.claims.shiftlif import SETTINGS as READ
from shiftfire.claims.shiftlif import reader, spikes
from shiftfire.claims.sparrow import SETTINGS as BEAT
from shiftfire.claims.sparrow import beat


@pytest.mark.parametrize("name", CONTROL["networks"])
def test_hidden_neurons_of_control_networks_neither_sleep_nor_always_fire(name: str) -> None:
    sizes = CONTROL["networks"][name]
    network = control(sizes, CONTROL["timesteps"][name])
    assert [layer.shape.channels for layer in network.layers] == sizes[1:]
    inputs = np.random.default_rng(5).integers(-127, 128, (20, 1, sizes[0], 1, 1))
    emitted = run(network, inputs, backend="golden", record=["spikes"]).spikes
    for layer in network.layers[:-1]:
        assert 0.1 < np.mean(emitted[layer.name]) < 0.9, layer.name


def test_a_beat_sends_about_as_much_both_ways() -> None:
    inputs = np.random.default_rng(5).integers(0, 16, (10, 1, BEAT["sizes"][0], 1, 1))
    counted, stepped = (run(beat(every_step=each), inputs, backend="golden", record=["spikes"]).spikes for each in (False, True))
    for layer in ("hidden1", "hidden2", "hidden3"):
        once, train = counted[layer].sum(axis=1), stepped[layer].sum(axis=1)
        assert once.max() > 10 and set(np.unique(stepped[layer])) == {0, 1}, layer
        assert 0.5 < train.sum() / once.sum() < 2, layer
    # the first sum is the same in every step, so that firing in steps counts what counting does
    assert np.abs(counted["hidden1"].sum(axis=1) - stepped["hidden1"].sum(axis=1)).max() <= 1


def test_the_same_spikes_with_three_payloads() -> None:
    """Same places; every level comes; no reader fires."""
    fired, exponents = spikes(0.2)
    assert fired.mean() == pytest.approx(0.2, abs=0.02) and set(np.unique(exponents)) == set(range(READ["levels"] + 1))
    given = (fired << exponents)[..., None, None]
    with pytest.warns(SilentLayerWarning):
        result = run(reader((0, 1 << READ["levels"]), powers=True), given, backend="golden", record=["spikes"])
    assert not result.spikes["reader"].any()
    assert np.array_equal(given != 0, fired[..., None, None] == 1)
