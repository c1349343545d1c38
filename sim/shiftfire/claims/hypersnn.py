"""What small control networks leave of a float network's energy (HyperSNN, arXiv 2308.08222)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from ..energy.dense.arithmetic import FP32, INT8
from ..energy.parts import Clock
from ..network.build.builder import NetworkBuilder
from ..network.graph import Network
from .bench import Bench
from .claim import Claim
from .twin import dense_twin
from .verdict import Expected, Figure

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "networks": {"cart pole": [4, 10, 2], "lunar lander": [8, 64, 64, 4]},
    "timesteps": {"cart pole": 1, "lunar lander": 4},
    "weight_bits": 8,
    "input_bits": 8,
    "threshold_deviations": 0.5,
    "samples": 20,
    "seed": 0,
    "decides": "against fp32, gated clock and leakage",
}
PERCENT = 100
_LARGEST = 127
_MEAN_SQUARE = _LARGEST * (_LARGEST + 1) / 3  # of a number that is uniform in -127..127


def control(sizes: list[int], timesteps: int) -> Network:
    """Random weights of 8 bits; the first layer adds 8-bit inputs, the others spikes, the last tells the largest sum.

    Thresholds are half a standard deviation of the sums, with half of the neurons before them spiking.
    """
    rng = np.random.default_rng(SETTINGS["seed"])
    builder = NetworkBuilder("control", input=sizes[0], values=(-_LARGEST, _LARGEST))
    for number, (fan_in, size) in enumerate(pairwise(sizes), 1):
        weights = rng.integers(-_LARGEST, _LARGEST + 1, (size, fan_in))
        square = _MEAN_SQUARE * (_MEAN_SQUARE if number == 1 else 0.5)
        theta = round(SETTINGS["threshold_deviations"] * math.sqrt(fan_in * square))
        if number == len(sizes) - 1:
            builder.dense("action", weights, neuron="argmax")
        else:
            builder.dense(f"hidden{number}", weights, theta=theta, timesteps=timesteps)
    return builder.build()


def measure(bench: Bench) -> tuple[Figure, ...]:
    """What each network leaves of its dense twin's energy, in percent; each network is a case."""
    found: list[Figure] = []
    for name, sizes in SETTINGS["networks"].items():
        network = control(sizes, SETTINGS["timesteps"][name])
        rng = np.random.default_rng([SETTINGS["seed"], 1])
        inputs = rng.integers(-_LARGEST, _LARGEST + 1, (SETTINGS["samples"], 1, sizes[0], 1, 1))
        result = bench.network(network, inputs, SETTINGS["chip"])
        own = result.energies[0]
        for arithmetic in (FP32, INT8):
            dense = dense_twin(result, arithmetic)
            left = own.total(Clock.GATED).over(dense.total(Clock.GATED)).times(PERCENT)
            events = own.per_inference.over(dense.per_inference).times(PERCENT)
            found += [
                Figure(f"{name}: left of {arithmetic.title}", "%", left, name if arithmetic is FP32 else None),
                Figure(f"{name}: left of {arithmetic.title}, without clock and leakage", "%", events),
            ]
    return tuple(found)


HYPERSNN = Claim(
    name="hypersnn-control",
    paper="HyperSNN: a new efficient and robust deep learning model for resource constrained control applications",
    source="arXiv 2308.08222, abstract; sizes from the authors' code",
    published="1.36 % to 9.96 %",
    statement="Control networks of spikes with additions of 8 bits take 1.36 % to 9.96 % of what conventional ones with multiplications of 32-bit floats take.",
    ran="Networks of two sizes of the authors' code (4-10-2 in 1 timestep, 8-64-64-4 in 4) with random weights and inputs of 8 bits, untrained, beside"
    " their dense twins in fp32 and int8 on output-stationary machines with the same lanes. The head of hyperdimensional prototypes is a layer of the same"
    " size here. fp32 decides, all that is counted.",
    why="The range is that of an addition beside a float multiplication. With memories, clock and movement counted it is not reached; against int8 nothing of it is left."
    " Networks this small fill few of the lanes of either machine and leave most tiles idle, whose memories leak all the same: the figures without clock and leakage"
    " are the kinder ones.",
    expected=Expected(1.36, 9.96),
    settings=SETTINGS,
    measure=measure,
)
