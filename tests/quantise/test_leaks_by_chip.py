"""Leaks of each neuron by chip: which form a layer takes, who refuses, what the report tells, and difference zero."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, input_node, output_node
from quantise.random_leaks import DYADIC, layer, network
from quantise.test_from_nir import HARD, SOFT, agreements, dyadic, spikes
from shiftfire.quantise.errors import QuantiseError
from shiftfire.quantise.leak import fit_leaks

GRID = (4, 6, 6)


def test_decays_of_the_same_terms_stay_in_the_register() -> None:
    """No chip option is asked for then, and a convolution stays one."""
    rng = np.random.default_rng(9)
    decays = 0.9 + rng.uniform(-1e-6, 1e-6, GRID)
    conv = nir.Conv2d(None, dyadic(rng, 4, 2, 3, 3), 1, 1, 1, 1, np.zeros(4))
    nodes = {"in": input_node(2, 6, 6), "c": conv, "n": layer("LIF", SOFT, decays, scaled=True), "out": output_node(*GRID)}
    for chip in ("edge", sf.chip("edge", neuron_leaks=False)):
        made = sf.from_nir(graph(nodes), replace(SOFT, constants="float64"), calibrate=spikes(rng, 4, 6, 2, 6, 6), chip=chip)
        assert isinstance(made.network.layers[0].kind.leak, tuple)
        assert made.network.layers[0].shape.as_tuple() == GRID


@pytest.mark.parametrize("kind", ["LIF", "CubaLIF"])
def test_a_chip_without_such_leaks_refuses_them(kind: str) -> None:
    decays = np.array([0.5, 0.75, 0.875])
    membranes, currents = (decays, None) if kind == "LIF" else (np.full(3, 0.5), decays)
    nodes = {"in": input_node(4), "w": nir.Linear(np.eye(3, 4)), "n": layer(kind, SOFT, membranes, currents), "out": output_node(3)}
    what = "membrane" if kind == "LIF" else "current"
    chip = sf.chip("edge", neuron_leaks=False)
    with pytest.raises(
        QuantiseError,
        match=rf"^node n: .*decay of the {what} \(0\.5 to 0\.875\), chip \S+ has neuron_leaks = false;.*core\.neuron_leaks",
    ):
        sf.from_nir(graph(nodes), SOFT, timesteps=4, chip=chip)


def test_a_chip_with_leaks_of_channels_only_takes_a_plain_vector() -> None:
    rng = np.random.default_rng(10)
    conv = nir.Conv2d(None, dyadic(rng, 4, 2, 3, 3), 1, 1, 1, 1, np.zeros(4))
    decays = rng.choice(DYADIC, GRID)
    g = graph({"in": input_node(2, 6, 6), "c": conv, "n": layer("LIF", SOFT, decays), "out": output_node(*GRID)})
    x = spikes(rng, 8, 5, 2, 6, 6)
    made = sf.from_nir(g, SOFT, calibrate=x, chip=sf.chip("server", neuron_parameters=False))
    own = made.network.layers[0]
    assert own.shape.as_tuple() == (144, 1, 1) and own.kind.leak.shape == (3, 144)
    assert agreements(made) == [1.0]


def test_gains_that_differ_within_a_channel_go_into_thresholds() -> None:
    """A neuron that takes in half as much spikes as one with twice the threshold; the convolution stays, and no spike differs."""
    rng = np.random.default_rng(11)
    gains = 2.0 ** rng.integers(-3, 2, GRID)
    conv = nir.Conv2d(None, dyadic(rng, 4, 2, 3, 3), 1, 1, 1, 1, dyadic(rng, 4) / 4)
    neurons = nir.IF(gains, np.full(GRID, 0.75), np.zeros(GRID))
    g = graph({"in": input_node(2, 6, 6), "c": conv, "n": neurons, "out": output_node(*GRID)})
    x = spikes(rng, 8, 20, 2, 6, 6)
    for profile in (SOFT, HARD):
        made = sf.from_nir(g, profile, calibrate=x)
        assert made.network.layers[0].shape.as_tuple() == GRID and agreements(made) == [1.0]
        assert made.fidelity is not None and (made.fidelity.layers[0].membrane_error or 0) < 1e-9


def test_one_line_tells_the_worst_neuron() -> None:
    """On a chip of one shift most decays are missed; the line counts them and names the one that is off the most."""
    decays = np.full((2, 3, 3), 0.5)
    decays[1, 0, 2], decays[0, 1, 1] = 0.96, 0.6
    conv = nir.Conv2d(None, np.ones((2, 1, 3, 3)), 1, 1, 1, 1, np.zeros(2))
    nodes = {"in": input_node(1, 3, 3), "c": conv, "n": layer("LIF", SOFT, decays, scaled=True), "out": output_node(2, 3, 3)}
    x = spikes(np.random.default_rng(12), 4, 6, 1, 3, 3)
    made = sf.from_nir(graph(nodes), SOFT, calibrate=x, chip=sf.chip("edge", leak_terms=1))
    (line,) = [line for line in made.assumed if "decay" in line]
    assert re.search(
        r"^layer n: the leaks of 2 of its 18 neurons are off by more than 2\.5% \(.*\), most that of neuron \(\d, \d, \d\): its decay of",
        line,
    )
    assert made.fidelity is not None
    told = made.fidelity.layers[0]
    errors = {n: abs(((1 - fit_leaks([d], 1, 14)[0].kept) - (1 - d)) / (1 - d)) for n, d in ((4, 0.6), (11, 0.96))}
    assert told.worst_neuron == max(errors, key=errors.__getitem__) and told.decays == (0.5, pytest.approx(0.96))
    assert f"neuron {np.unravel_index(told.worst_neuron, (2, 3, 3))[0]}" not in line
    assert f"0.5..0.96; {told.worst_neuron}: " in str(made)


def test_thousands_of_decays_convert_at_once() -> None:
    rng = np.random.default_rng(13)
    decays = rng.uniform(0.5, 0.995, 784)
    g = graph(
        {
            "in": input_node(16),
            "w": nir.Linear(rng.normal(0, 0.3, (784, 16))),
            "n": layer("LIF", SOFT, decays),
            "out": output_node(784),
        }
    )
    sf.from_nir(g, SOFT, timesteps=4)  # the sums of shifts are made once
    started = time.process_time()
    sf.from_nir(g, SOFT, timesteps=4)
    assert time.process_time() - started < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_difference_zero_on_edge(seed: int) -> None:
    rng = np.random.default_rng(seed)
    g, profile, x = network(rng, rng.uniform(0.4, 0.97, 500), steps=8)
    sf.verify(sf.from_nir(g, profile, calibrate=x), x[:2], chip="edge").assert_equal()
