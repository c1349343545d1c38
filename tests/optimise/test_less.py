"""Less of something that makes a run faster is told, with what it waits less for; a trial confirms it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shiftfire as sf
from shiftfire.predict.moments import Cause
from shiftfire_spec.chip import load_chip
from support.more_hardware import case

EDGE = load_chip("edge")


def test_more_lanes_per_fire_lane_are_told() -> None:
    """Dense layers on a chip of 64 lanes and 4 fire lanes: their fires take longer than with half the lanes, by another cut."""
    network, inputs = case(18)
    found = sf.bottleneck(network, inputs, chip=replace(EDGE, name="wide", lanes=64), check=True)
    assert found.measured is not None and found.less
    lanes = next(less for less in found.less if less.parameter == "lanes")
    assert (lanes.now, lanes.value, lanes.cause) == (64, 32, Cause.FIRE)
    assert lanes.measured is not None and lanes.measured * 1.02 < found.measured
    assert lanes.predicted / found.predicted == pytest.approx(lanes.measured / found.measured, abs=0.2)
    assert found.as_dict()["less"][0]["cause"] and lanes.sentence in str(found)
    assert "lanes 32 instead of 64" in lanes.sentence


def test_another_cut_is_told_as_such() -> None:
    """What the smaller chip is faster with runs here as well, as fast."""
    found = sf.bottleneck(sf.load("digits-mlp"), sf.samples("digits-mlp", 3).inputs)
    for less in found.less:
        assert less.cut and less.cycles > 0
        assert found.recut is not None and found.recut.predicted <= 1.02 * less.predicted
        assert f"for another cut, as fast here ({less.cut})" in str(found)


def test_nothing_is_told_where_less_is_slower() -> None:
    found = sf.bottleneck(sf.load("digits-cnn"), sf.samples("digits-cnn", 3).inputs)
    assert found.less == () and "less hardware" not in str(found)
