"""What a run waits for: the chain adds up, and what is said to help does so in the simulator by as much."""

from __future__ import annotations

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.optimised import Cores
from shiftfire.compiler.program import NO_TILE, CoreSlice
from shiftfire.optimise.cut_words import changed_cuts
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


def changes(seeds: range) -> list[np.ndarray]:
    """Of each network, a row per remedy, the best predicted first: the predicted change of the cycles, as a share of the run, and the measured one."""
    found = []
    for seed in seeds:
        network, inputs = random_network(np.random.default_rng(seed), EDGE, RandomLimits(samples=4))
        bottleneck = sf.bottleneck(network, inputs, chip=EDGE, check=True)
        rows = []
        for remedy in (*bottleneck.remedies, *([] if bottleneck.recut is None else [bottleneck.recut])):
            assert remedy.measured is not None and bottleneck.measured is not None
            rows.append((remedy.predicted / bottleneck.predicted - 1, remedy.measured / bottleneck.measured - 1))
        found.append(np.array(sorted(rows)))
    return found


def misses(found: list[np.ndarray]) -> np.ndarray:
    """How far each prediction is off."""
    return np.abs(np.diff(np.concatenate(found), axis=1))[:, 0]


def test_remedies_do_what_is_said() -> None:
    found = misses(changes(range(4)))
    assert len(found) >= 20 and np.quantile(found, 0.9) < 0.2


def test_another_cut_takes_what_is_said() -> None:
    """Of the fewest cores: the search finds cuts over idle tiles, and they run as fast as it says."""
    inputs = sf.samples("digits-cnn", 4).inputs
    found = sf.bottleneck(sf.compile(sf.load("digits-cnn"), spread=False), inputs, check=True)
    other = found.recut
    assert other is not None and other.measured is not None and found.measured is not None
    assert other.cores["conv2"] > 1 and "conv2 over " in other.words and other.words in str(found)
    assert other.measured < 0.5 * found.measured
    assert other.predicted / found.predicted == pytest.approx(other.measured / found.measured, abs=0.05)


def test_no_other_cut_is_told() -> None:
    """One tile: nothing can be cut otherwise."""
    found = sf.bottleneck(sf.load("digits-mlp"), sf.samples("digits-mlp", 1).inputs, chip=sf.chip("edge", mesh=(1, 1)))
    assert found.recut is None and "another cut: none was found" in str(found)
    assert ("width", 1, 2) in [(remedy.parameter, remedy.now, remedy.value) for remedy in found.remedies]


def slices(*parts: tuple[int, int, int, int]) -> tuple[CoreSlice, ...]:
    """Of layer "a", from (first channel, channels, first row, rows)."""
    return tuple(CoreSlice(NO_TILE, "a", channel, channels, row, rows, 8) for channel, channels, row, rows in parts)


WHOLE, ROWS, CHANNELS = slices((0, 8, 0, 8)), slices((0, 8, 0, 4), (0, 8, 4, 4)), slices((0, 4, 0, 8), (4, 4, 0, 8))
BOTH = slices(*((c, 4, r, 4) for r in (0, 4) for c in (0, 4)))
UNEVEN = slices((0, 8, 0, 6), (0, 8, 6, 2))


@pytest.mark.parametrize(
    ("now", "other", "words"),
    [
        (WHOLE, ROWS, "a over 2 cores by rows instead of 1"),
        (CHANNELS, WHOLE, "a over 1 core instead of 2 by channels"),
        (ROWS, BOTH, "a over 4 cores by rows and channels instead of 2 by rows"),
        (ROWS, UNEVEN, "a over 2 cores by rows, in other blocks"),
        (ROWS, ROWS, "the same cuts on other tiles"),
    ],
)
def test_words_of_a_cut(now: Cores, other: Cores, words: str) -> None:
    assert changed_cuts({"a": now}, {"a": other}) == words


@pytest.mark.slow
def test_remedies_of_many_networks() -> None:
    found = changes(range(30))
    assert np.median(misses(found)) < 0.05 and np.quantile(misses(found), 0.95) < 0.2
    best = np.array([rows[0] for rows in found if rows[0, 0] < -0.05])  # what the user would try first, if it is worth a try
    assert len(best) >= 10 and np.abs(best[:, 0] - best[:, 1]).max() < 0.2
    assert np.mean(np.abs(best[:, 0] - best[:, 1]) < 0.2 * np.abs(best[:, 0])) > 0.5  # within a fifth of what was said


def test_without_check_nothing_runs() -> None:
    found = sf.bottleneck(sf.load("digits-mlp"), sf.samples("digits-mlp", 2).inputs)
    assert found.measured is None and all(remedy.measured is None for remedy in found.remedies)
    assert found.first.share == max(wait.share for wait in found.waits[0])
    assert found.bound.cycles == max(bound.cycles for bound in found.bounds)
    assert "the longest chain" in str(found) and "can go below" in str(found)
    assert "on other chips" in str(found)
