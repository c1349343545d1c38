"""SANA-FE itself, where it is installed: every spike alike, and what is sent where."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from shiftfire.api.runs import run
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.sana_fe.convert import MOST_INPUTS, check_inputs
from shiftfire.sana_fe.errors import SanaFeError
from shiftfire.sana_fe.pairs import spike_pairs
from shiftfire.sana_fe.placement import place
from shiftfire.sana_fe.simulate import simulate_sana_fe
from shiftfire.sana_fe.stages import stages_of
from shiftfire_spec.chip import load_chip
from support.sana_fe_networks import convolution, dense, spikes

DENSE = [
    dense(),
    dense(reset="SUBTRACT", v_min=-300),
    dense(leak=(0, -1), v_min=0),
    dense(leak=(0, -2), v_min=0, reset="SUBTRACT"),
]


def both(network: Network, inputs: np.ndarray) -> None:
    """Spikes alike; SANA-FE's pairs are ours, all of them when every neuron of a core has a synapse of every spike that it is sent."""
    result = run(network, inputs, record=["spikes"])
    program = result.schedule.rounds[0].program
    runs = simulate_sana_fe(program, {network.input.name: inputs})
    for sample, told in enumerate(runs):
        for name, values in result.spikes.items():
            assert np.array_equal(told.spikes[name], values[sample]), name
            assert 0.02 < values[sample].mean() < 0.9, name
        own = spike_pairs(program, result.spikes, sample)
        assert not told.pairs - own
        assert (told.pairs == own) == (network.name == "dense")


@pytest.mark.parametrize("network", [*DENSE, convolution()])
def test_the_same_spikes_to_the_same_cores(network: Network) -> None:
    pytest.importorskip("sanafe")
    both(network, spikes(network))


def test_nothing_is_left_of_the_sample_before() -> None:
    pytest.importorskip("sanafe")
    network = dense(reset="SUBTRACT", v_min=-300)
    once = spikes(network, 1)
    program = run(network, once).schedule.rounds[0].program
    first, _, third = simulate_sana_fe(program, {"input": np.concatenate([once, 1 - once, once])})
    assert (first.pairs, first.hops, first.operations) == (third.pairs, third.hops, third.operations)
    assert first.energy == pytest.approx(third.energy) and first.energy["total"] > 0
    assert first.energy["total"] == pytest.approx(sum(value for part, value in first.energy.items() if part != "total"))


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sanafe", None)
    network = dense()
    program = run(network, spikes(network)).schedule.rounds[0].program
    with pytest.raises(SanaFeError, match=r"^SANA-FE is not installed: pip install 'shiftfire\[claims\]'$"):
        simulate_sana_fe(program, {"input": spikes(network)})


NEURON = {"theta": 1, "strict": True}


@pytest.mark.parametrize(
    ("builder", "words"),
    [
        (NetworkBuilder("n", input=MOST_INPUTS + 1).dense("a", np.ones((2, MOST_INPUTS + 1)), **NEURON), "1025 input elements"),
        (NetworkBuilder("n", input=4, values=(0, 3)).dense("a", np.ones((2, 4)), **NEURON), "values 0 to 3"),
        (NetworkBuilder("n", input=4).dense("a", np.ones((2, 4)), timesteps=3, **NEURON), r"timesteps \[1, 3\]"),
    ],
)
def test_inputs_that_cannot_be_told(builder: NetworkBuilder, words: str) -> None:
    with pytest.raises(SanaFeError, match=words):
        check_inputs(builder.build())


def test_ways_of_different_length() -> None:
    builder = NetworkBuilder("n", input=4).dense("a", np.ones((4, 4)), **NEURON).dense("b", np.ones((4, 4)), **NEURON)
    assert stages_of(builder.build()) == {"input": 0, "a": 1, "b": 2}
    with pytest.raises(SanaFeError, match=r"layer c: .*\(b 3, a 2\)"):
        stages_of(builder.dense("c", np.ones((4, 4)), also="a", **NEURON).build())


def test_a_chip_that_is_too_large() -> None:
    described = {"noc_width_in_tiles": 8, "noc_height_in_tiles": 4}
    assert place(load_chip("edge"), described).tiles[9, 0] == 1 * 4 + 2  # SANA-FE counts down columns, we along rows
    with pytest.raises(SanaFeError, match="chip server: 8 x 8 tiles; SANA-FE's Loihi has 8 x 4"):
        place(load_chip("server"), described)
