"""The configuration image, executed by an independent interpreter, does what golden says: every event of every core."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.events import core_events
from shiftfire.compiler.inject import injection_words
from shiftfire.compiler.program import CompileError
from shiftfire.golden.execute import execute
from shiftfire.network.graph import IntArray, Network
from shiftfire_spec.chip import ChipConfig, load_chip
from support.image_interpreter import ImageInterpreter
from support.random_networks import RandomLimits, random_candidate, random_network

# Small memories slice layers over many cores; few lanes make many lane groups.
EDGE = load_chip("edge")
SMALL = {"tags": 256, "slots": 32}
CHIPS = {
    "edge": EDGE,
    "sliced": replace(EDGE, name="sliced", width=5, height=4, lanes=4, fire_lanes=2, accumulator_groups=9, weight_rows=80, **SMALL),
    "wide": replace(EDGE, name="wide", width=12, height=2, lanes=2, fire_lanes=1, parameter_groups=2, weight_rows=160, **SMALL),
    "nano": load_chip("nano"),
}
LIMITS = {
    "edge": RandomLimits(),
    "sliced": RandomLimits(channels=16, extent=8),
    "wide": RandomLimits(channels=14, extent=5),
    "nano": RandomLimits(channels=12, extent=4),
}


def check_image(network: Network, inputs: IntArray, chip: ChipConfig, rng: np.random.Generator) -> None:
    """Compile, execute the image, compare every core's events and the collected ones with golden."""
    program = compile_network(network, chip)
    trace = execute(network, inputs)
    interpreter = ImageInterpreter(program.image, chip, rng)
    injection = injection_words(program, inputs)
    interpreter.run(injection.words)
    assert injection.samples == len(inputs)
    for emission in core_events(program, trace.activations):
        starts = emission.event_start[:: emission.steps]
        golden = [list(zip(emission.axon[a:b].tolist(), emission.payload[a:b].tolist(), strict=True)) for a, b in pairwise(starts)]
        sent = interpreter.cores[emission.core.tile].sent
        assert sent == golden, f"core {emission.core}"
        if emission.core.layer == network.output:
            assert interpreter.collected[program.stream_of(emission.core.tile).tag] == [*golden, []]
    ends = sum(len(v) - 1 for v in interpreter.collected.values())
    assert ends == program.ends_per_sample() * len(inputs)
    assert len(interpreter.collected) == len(program.output_cores())


@pytest.mark.parametrize("chip", CHIPS.values(), ids=CHIPS)
@settings(max_examples=25, deadline=None, print_blob=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_networks(chip: ChipConfig, seed: int) -> None:
    rng = np.random.default_rng(seed)
    limits = LIMITS[chip.name]
    network, inputs = random_network(rng, chip, limits)
    check_image(network, inputs, chip, rng)


def test_most_candidates_fit() -> None:
    """The compiler refuses few of the networks that the generator draws for a chip of this size."""
    rng = np.random.default_rng(0)
    fits = 0
    for _ in range(100):
        try:
            compile_network(random_candidate(rng, CHIPS["edge"], RandomLimits()), CHIPS["edge"])
            fits += 1
        except CompileError:
            pass
    assert fits > 70
