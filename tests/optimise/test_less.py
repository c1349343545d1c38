"""Less of something that makes a run faster is told, with what it waits less for; a trial confirms it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.predict.moments import Cause
from shiftfire_spec.chip import load_chip
from support.random_attention import random_attention
from support.random_networks import network_inputs

EDGE = load_chip("edge")


def test_lanes_without_channels_are_told() -> None:
    """Heads of a few channels on a chip of 64 lanes and 4 fire lanes, whose fire engine goes through all lanes of a group."""
    network = random_attention(np.random.default_rng(5), 24, 6, 4)
    assert all(layer.shape.channels <= 32 for layer in network.layers)
    inputs = network_inputs(np.random.default_rng(6), network, 5)
    found = sf.bottleneck(network, inputs, chip=replace(EDGE, name="wide", lanes=64), check=True)
    assert found.measured is not None and found.less
    lanes = next(less for less in found.less if less.parameter == "lanes")
    assert (lanes.now, lanes.value, lanes.cause) == (64, 32, Cause.FIRE)
    assert lanes.measured is not None and lanes.measured * 1.02 < found.measured
    assert lanes.predicted / found.predicted == pytest.approx(lanes.measured / found.measured, abs=0.2)
    assert found.as_dict()["less"][0]["cause"] and lanes.sentence in str(found)
    assert "lanes 32 instead of 64, because fire of" in lanes.sentence


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
