"""What a run waits for: the chain adds up, and what is said to help does so in the simulator by as much."""

from __future__ import annotations

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.predict.predict import predict
from shiftfire.predict.waits import IO_NAME, waits
from shiftfire_spec.chip import load_chip
from support.random_networks import RandomLimits, random_network

EDGE = load_chip("edge")


def test_waits_are_the_run() -> None:
    compiled = sf.compile(sf.load("digits-cnn"))
    program = compiled.schedule.rounds[0].program
    prediction = predict(program)
    found = waits(program, prediction)
    assert sum(wait.cycles for wait in found) == pytest.approx(prediction.cycles - 1)
    assert sum(wait.share for wait in found) == pytest.approx(1.0)
    assert {wait.layer for wait in found} <= {"conv1", "conv2", "output", IO_NAME}
    assert [wait.cycles for wait in found] == sorted((wait.cycles for wait in found), reverse=True)


def misses(seeds: range) -> np.ndarray:
    """Of every remedy: how far the predicted change of the cycles, as a share of the run, is from the measured one."""
    found = []
    for seed in seeds:
        network, inputs = random_network(np.random.default_rng(seed), EDGE, RandomLimits(samples=4))
        bottleneck = sf.bottleneck(network, inputs, chip=EDGE, check=True)
        assert bottleneck.measured is not None
        for remedy in bottleneck.remedies:
            assert remedy.measured is not None
            found.append(abs(remedy.predicted / bottleneck.predicted - remedy.measured / bottleneck.measured))
    return np.array(found)


def test_remedies_do_what_is_said() -> None:
    found = misses(range(4))
    assert len(found) >= 20 and np.quantile(found, 0.9) < 0.2


@pytest.mark.slow
def test_remedies_of_many_networks() -> None:
    found = misses(range(30))
    assert np.median(found) < 0.05 and np.quantile(found, 0.95) < 0.2


def test_without_check_nothing_runs() -> None:
    found = sf.bottleneck(sf.load("digits-mlp"), sf.samples("digits-mlp", 2).inputs)
    assert found.measured is None and all(remedy.measured is None for remedy in found.remedies)
    assert found.first.share == max(wait.share for wait in found.waits[0])
    assert found.bound.cycles == max(bound.cycles for bound in found.bounds)
    assert "the longest chain" in str(found) and "can go below" in str(found)
    assert "what would help" in str(found)
