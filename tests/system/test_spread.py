"""Spreading changes when, never what: the same predictions in fewer cycles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.golden.execute import execute
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Readout
from shiftfire_spec.chip import load_chip
from support.one_round import run_sim
from support.random_networks import RandomLimits, random_network

EDGE = load_chip("edge")


@pytest.mark.parametrize(("model", "most_cycles_share"), [("digits-mlp", 0.7), ("digits-cnn", 0.3), ("digits-ssf", 0.4)])
def test_shipped_models_are_faster_and_the_same(model: str, most_cycles_share: float) -> None:
    """Shares somewhat above those measured in docs/decisions/0003-spread-over-idle-tiles.md."""
    directory = find_model(model)
    network, inputs = load_network(directory), load_test_split(directory).inputs[:20]
    fewest, spread = (run_sim(compile_network(network, EDGE, spread=s), inputs) for s in (False, True))
    golden = execute(network, inputs).predictions
    assert np.array_equal(fewest.predictions, golden) and np.array_equal(spread.predictions, golden)  # type: ignore[arg-type]
    assert fewest.cycles is not None and spread.cycles is not None
    assert spread.cycles <= most_cycles_share * fewest.cycles


def test_random_networks_predict_the_same() -> None:
    """Some of them over more cores than they need."""
    wider = 0
    for seed in range(40):
        network, inputs = random_network(np.random.default_rng(seed), EDGE, RandomLimits(channels=40))
        if network.readout is Readout.NONE:
            continue
        programs = [compile_network(network, EDGE, spread=s) for s in (False, True)]
        wider += len(programs[1].cores) > len(programs[0].cores)
        golden = execute(network, inputs).predictions
        for program in programs:
            assert np.array_equal(run_sim(program, inputs).predictions, golden), f"seed {seed}"  # type: ignore[arg-type]
    assert wider >= 5


def test_no_idle_tile_no_change() -> None:
    directory = find_model("digits-ssf")
    network, inputs = load_network(directory), load_test_split(directory).inputs[:5]
    chip = replace(EDGE, name="row", width=3, height=1)
    fewest, spread = (run_sim(compile_network(network, chip, spread=s), inputs, trace=True) for s in (False, True))
    assert np.array_equal(fewest.events, spread.events)  # type: ignore[arg-type]
