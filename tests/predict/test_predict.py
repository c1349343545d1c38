"""Predictions held to the simulator: random networks on random chips and on edge, in rounds and pieces, shipped models, chains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import Schedule, compile_rounds, compile_schedule
from shiftfire.network.input_sets import Inputs
from shiftfire.network.random_dense import random_dense_network, random_spikes
from shiftfire.predict.moments import chain
from shiftfire.predict.predict import predict, predict_schedule
from shiftfire_spec.chip import ChipConfig, load_chip
from support.predicted import predicted
from support.random_chips import random_chip
from support.random_cuts import narrow_chip, random_cut
from support.random_networks import RandomLimits, random_network
from support.random_pieces import LIMITS as LAYERS_IN_PIECES
from support.random_pieces import layers_in_pieces, random_pieces

EDGE = load_chip("edge")
SAMPLES = 4
LIMITS = RandomLimits(samples=SAMPLES)
MIXED = replace(LIMITS, long_share=0.2, sums_share=0.15)  # long axes; sums that are sent as they are
KINDS = 4  # of pairs


def small_cores(rng: np.random.Generator, number: int) -> ChipConfig:
    """A random chip, edge or a board's chip, of one or two small cores."""
    base = [random_chip(rng, f"small{number}", max_tiles=2), EDGE, load_chip("ulx3s")][number % 3]
    width = min(base.tiles, 1 + number % 2)
    rows, groups = int(rng.choice([60, 100, 150])), int(rng.choice([6, 12, 20]))
    return replace(
        base, name=f"small{number}", width=width, height=1, weight_rows=rows, accumulator_groups=groups, parameter_groups=groups
    )


def pairs(rng: np.random.Generator, count: int) -> Iterator[tuple[Schedule, Inputs]]:
    """Random chips and edge, chips of which some layer takes several rounds, and chips that cut some layer by inputs, in turn."""
    for number in range(count):
        kind = number % KINDS
        if kind < 2:
            chip = EDGE if kind else random_chip(rng, f"random{number}")
            network, inputs = random_network(rng, chip, MIXED)
            yield compile_schedule(network, chip), inputs
        elif kind == 2:
            yield random_pieces(rng, small_cores(rng, number // KINDS), replace(LAYERS_IN_PIECES, samples=SAMPLES), tries=400)
        else:
            yield random_cut(rng, narrow_chip(rng, f"narrow{number}"), LIMITS)


def errors(seed: int, count: int) -> np.ndarray:
    """Shares by which predictions of random networks miss, without sign."""
    return np.array([abs(predicted(schedule, inputs).error) for schedule, inputs in pairs(np.random.default_rng(seed), count)])


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


@pytest.mark.parametrize(("chip", "sizes"), [("nano", (784, 32, 10)), ("nano", (256, 128, 10)), ("ulx3s", (784, 600, 10))])
def test_dense_layers_in_pieces(chip: str, sizes: tuple[int, ...]) -> None:
    """Every round: what it plays comes piece by piece, each of which is asked for in memory anew."""
    network = random_dense_network(sizes, 4, 0.1, 1)
    schedule = compile_schedule(network, load_chip(chip))
    assert layers_in_pieces(schedule)
    found = predicted(schedule, random_spikes(network.input, 0.1, 1, 2))
    for prediction, run in zip(found.predictions, found.runs, strict=True):
        assert prediction.cycles == pytest.approx(run.cycles, rel=0.02)


@pytest.mark.parametrize(
    ("name", "least"),
    [("digits-cnn", 0.08), ("digits-mlp", 0.08), ("digits-ssf", 0.10), ("sdt-tiny", 0.02), ("spikformer-tiny", 0.02)],
)
def test_shipped_models(name: str, least: float) -> None:
    found = predicted(compile_schedule(sf.load(name), EDGE), sf.samples(name, 5).inputs)
    assert abs(found.error) < least
    (prediction,), (run,) = found.predictions, found.runs
    assert run.sample_cycles is not None and prediction.latency is not None
    latency = float((run.sample_cycles[:, 1] - run.sample_cycles[:, 0]).mean())
    assert prediction.latency == pytest.approx(latency, rel=0.16)


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
