"""Decays that a chip's shifts miss are told, with the time constant that comes of them."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import shiftfire as sf

from .nir_graphs import graph, input_node, lif, output_node


def notes(decay: float, chip: str, **changes: object) -> list[str]:
    nir = pytest.importorskip("nir")
    neurons = lif(3, tau=1e-4 / (1 - decay), r=1 / (1 - decay))
    net = graph({"in": input_node(4), "w": nir.Linear(np.eye(3, 4) / 2), "n": neurons, "out": output_node(3)})
    made = sf.from_nir(net, "snntorch-native-zero", timesteps=8, chip=sf.chip(chip, **changes))
    return [line for line in made.assumed if " decay of " in line]


def test_one_shift_misses_a_decay_and_says_what_comes_of_it() -> None:
    (line,) = notes(0.96, "nano")
    found = re.search(r"is ([\d.]+) on chip nano .*constant of ([\d.]+) steps, not ([\d.]+);", line)
    assert found is not None
    kept, integer, real = (float(text) for text in found.groups())
    assert kept in (1 - 2**-4, 1 - 2**-5) and "layer n:" in line and "core.leak_terms=3" in line
    assert integer == pytest.approx(-1 / math.log(kept), rel=1e-3) and real == pytest.approx(-1 / math.log(0.96), rel=1e-3)


@pytest.mark.parametrize("decay", [0.5, 0.8, 0.9, 0.95, 0.96, 0.99])
def test_three_shifts_are_near_enough(decay: float) -> None:
    assert notes(decay, "edge") == []


@pytest.mark.parametrize("decay", [0.5, 0.75, 0.96875])
def test_one_shift_is_enough_for_some(decay: float) -> None:
    assert notes(decay, "nano") == []


def test_more_shifts_mend_it() -> None:
    assert notes(0.96, "nano", leak_terms=3) == []
