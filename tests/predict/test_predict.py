"""Predictions held to the simulator: random networks on random chips and on edge, shipped models, chains."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.predict.moments import chain
from shiftfire.predict.predict import predict, predict_schedule
from shiftfire_spec.chip import ChipConfig, load_chip
from support.predicted import predicted
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network

EDGE = load_chip("edge")
SAMPLES = 4


def chips(rng: np.random.Generator, count: int) -> Iterator[ChipConfig]:
    """Random chips and edge in turn."""
    for number in range(count):
        yield EDGE if number % 2 else random_chip(rng, f"random{number}")


def errors(seed: int, count: int) -> np.ndarray:
    """Shares by which predictions of random networks miss, without sign."""
    rng = np.random.default_rng(seed)
    found = []
    for chip in chips(rng, count):
        network, inputs = random_network(rng, chip, RandomLimits(samples=SAMPLES))
        found.append(abs(predicted(compile_network(network, chip), inputs).error))
    return np.array(found)


def test_random_networks() -> None:
    found = errors(seed=7, count=16)
    assert np.median(found) < 0.06
    assert found.max() < 0.45


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_random_networks(seed: int) -> None:
    found = errors(seed, count=50)
    assert np.median(found) < 0.10
    assert np.quantile(found, 0.95) < 0.25


@pytest.mark.parametrize(
    ("name", "least"),
    [("digits-cnn", 0.08), ("digits-mlp", 0.08), ("digits-ssf", 0.10), ("sdt-tiny", 0.02), ("spikformer-tiny", 0.02)],
)
def test_shipped_models(name: str, least: float) -> None:
    found = predicted(compile_network(sf.load(name), EDGE), sf.samples(name, 5).inputs)
    assert abs(found.error) < least
    assert found.run.sample_cycles is not None and found.prediction.latency is not None
    latency = float((found.run.sample_cycles[:, 1] - found.run.sample_cycles[:, 0]).mean())
    assert found.prediction.latency == pytest.approx(latency, rel=0.16)


def test_a_chain_leads_from_the_start_to_the_end() -> None:
    """Times fall on the way back, and what passes between the moments adds up to the run."""
    prediction = predict(compile_network(sf.load("digits-cnn"), EDGE))
    moments = list(chain(prediction.last))
    assert moments[-1].time == 0 and moments[-1].back is None
    assert all(one.back is other and one.time >= other.time for one, other in pairwise(moments))
    assert prediction.cycles == moments[0].time + 1


def test_more_samples_take_a_period_each() -> None:
    program = compile_network(sf.load("digits-mlp"), EDGE)
    few, many = predict(program, samples=10), predict(program, samples=20)
    assert few.period is not None
    assert many.cycles - few.cycles == pytest.approx(10 * few.period, rel=0.05)


def test_rounds() -> None:
    """A round each; only the last one answers, so only it has a latency."""
    found = predict_schedule(compile_rounds(sf.load("digits-mlp"), EDGE, most_layers=1))
    assert [round_.latency is None for round_ in found] == [True, False]


def test_interface() -> None:
    compiled = sf.compile(sf.load("digits-mlp"))
    (assumed,), (known,) = compiled.predict(samples=3), compiled.predict(sf.samples("digits-mlp", 3).inputs)
    assert assumed.samples == known.samples == 3
    assert sf.run(compiled, sf.samples("digits-mlp", 3).inputs).cycles == pytest.approx(known.cycles, rel=0.1)
    with pytest.raises(sf.InputError, match="samples = 0: give a whole number"):
        compiled.predict(samples=0)
    with pytest.raises(sf.UserError):
        compiled.predict(np.zeros((1, 3)))
