"""Counts that fire once, beside firing in every step (SparrowSNN, arXiv 2406.06543)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from ..energy.corners import Band
from ..energy.parts import Clock, EnergyEstimate
from ..network.build.builder import NetworkBuilder
from ..network.graph import Network
from .bench import Bench
from .claim import Claim
from .verdict import Expected, Figure, exactly

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "sizes": [180, 56, 56, 56, 4],
    "weight_bits": 8,
    "input_bits": 4,
    "timesteps": 31,
    "counts_at_two_deviations": 31,
    "samples": 10,
    "seed": 0,
    "decides": "firing in every step over sum-spikes-and-fire, gated clock and leakage",
}
PAPER = "SparrowSNN: a hardware/software co-design for energy efficient ECG classification"
_LARGEST_WEIGHT, _LARGEST_INPUT = 127, 15
_PICOJOULES_PER_NANOJOULE = 1e3


def beat(*, every_step: bool) -> Network:
    """An MLP of random weights whose neurons count once (sum-spikes-and-fire), or fire in every one of T steps.

    Both have the same weights; a threshold in steps of the constant first sum is T times that of its count, so that both send about as much.
    """
    rng = np.random.default_rng(SETTINGS["seed"])
    sizes, steps = SETTINGS["sizes"], SETTINGS["timesteps"]
    builder = NetworkBuilder("beat", input=sizes[0], values=(0, _LARGEST_INPUT))
    mean_square = _LARGEST_INPUT * (2 * _LARGEST_INPUT + 1) / 6  # of the input; then of counts
    for number, (fan_in, size) in enumerate(pairwise(sizes), 1):
        weights = rng.integers(-_LARGEST_WEIGHT, _LARGEST_WEIGHT + 1, (size, fan_in))
        deviation = math.sqrt(fan_in * mean_square * _LARGEST_WEIGHT * (_LARGEST_WEIGHT + 1) / 3)
        theta = round(2 * deviation / SETTINGS["counts_at_two_deviations"])
        if number == len(sizes) - 1:
            builder.dense("class", weights, neuron="argmax")
        elif every_step:
            builder.dense(f"hidden{number}", weights, theta=theta * (steps if number == 1 else 1), timesteps=steps)
        else:
            builder.dense(f"hidden{number}", weights, neuron="count", theta=theta, hi=steps)
        mean_square = (steps / 2) ** 2 / 2  # half of the sums are positive, at half of the range
    return builder.build()


def _reads(estimate: EnergyEstimate) -> float:
    return sum(part.count for part in estimate.parts if part.name == "memory:weights read") / estimate.samples


def measure(bench: Bench) -> tuple[Figure, ...]:
    """Energy of a beat both ways, and how often weights are read."""
    rng = np.random.default_rng([SETTINGS["seed"], 1])
    inputs = rng.integers(0, _LARGEST_INPUT + 1, (SETTINGS["samples"], 1, SETTINGS["sizes"][0], 1, 1))
    counted, stepped = (bench.network(beat(every_step=each), inputs, SETTINGS["chip"]).energies[0] for each in (False, True))
    ratio: Band = stepped.total(Clock.GATED).over(counted.total(Clock.GATED))
    nanojoules = 1 / _PICOJOULES_PER_NANOJOULE
    return (
        Figure("firing in every step over sum-spikes-and-fire", "x", ratio, "all"),
        Figure("the same, without clock and leakage", "x", stepped.per_inference.over(counted.per_inference)),
        Figure("reads of weight slices, every step over once", "x", exactly(_reads(stepped) / _reads(counted))),
        Figure("sum-spikes-and-fire, a beat", "nJ", counted.total(Clock.GATED).times(nanojoules)),
        Figure("sum-spikes-and-fire, a beat, without clock and leakage", "nJ", counted.per_inference.times(nanojoules)),
        Figure("firing in every step, a beat", "nJ", stepped.total(Clock.GATED).times(nanojoules)),
    )


SPARROW = Claim(
    name="sparrowsnn-sum-spikes-and-fire",
    paper=PAPER,
    source="arXiv 2406.06543, abstracts of versions 1 and 2",
    published="less than in every step: at least 1 x; 31.39 nJ a beat",
    statement="Neurons that fire in every timestep read weights again and again; summing all spikes first and firing once saves that. The chip of version 1 takes 31.39 nJ"
    " to classify a heart beat.",
    ran="An MLP with random weights of 8 bits and inputs of 4, once with neurons that count (one pass over the weights, a count in a packet), once firing in each of 31"
    " timesteps (the authors' default). Layer sizes are ours, as the paper's were not to be read: so the energy of a beat is shown beside and decides nothing."
    " What decides is whether firing in every step takes more.",
    why="A count of n is as many beats as it has ones in binary, where n spikes are n beats; and fire steps come once instead of 31 times. A count still reads a"
    " weight once for each bit that is set, not once in all.",
    expected=Expected(1, math.inf),
    settings=SETTINGS,
    measure=measure,
)
