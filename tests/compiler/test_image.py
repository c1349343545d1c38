"""The configuration image, executed by an independent interpreter, does what golden says: every event of every core."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.compiler.compile import compile_network, describe
from shiftfire.compiler.lowering.events import core_events
from shiftfire.compiler.program import CompileError
from shiftfire.golden.execute import execute, execute_after
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire_spec.address import Space, group_register_offset
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.stream import AXIS_ENTRY, GROUP_CONTROL, GROUP_LOAD, GROUP_WEIGHT
from shiftfire_spec.weights import FORMATS, SLICES, WeightFormat, row_words
from support.image_interpreter import Core, ImageInterpreter
from support.injections import injection_words
from support.one_core import one_core
from support.random_networks import RandomLimits, random_candidate, random_network
from support.random_recurrence import FEEDBACK_LIMITS, random_recurrent_network

# Small memories slice layers over many cores; few lanes make many lane groups.
EDGE = load_chip("edge")
SMALL = {"tags": 256, "slots": 32}
CHIPS = {
    "edge": EDGE,
    "sliced": replace(EDGE, name="sliced", width=5, height=4, lanes=4, fire_lanes=2, accumulator_groups=9, weight_rows=80, **SMALL),
    "wide": replace(EDGE, name="wide", width=12, height=2, lanes=2, fire_lanes=1, parameter_groups=2, weight_rows=160, **SMALL),
    "one-core": one_core(),
    "long": replace(EDGE, name="long", width=6, lanes=4, fire_lanes=2, axis_entries=24, accumulator_groups=40, **SMALL),
}
LIMITS = {
    "edge": RandomLimits(leaks_share=0.3),
    "long": RandomLimits(channels=8, long_share=1.0, timesteps=2, samples=1),
    "sliced": RandomLimits(channels=16, extent=8, leaks_share=0.3),
    "wide": RandomLimits(channels=14, extent=5, blocks_share=0.3, sums_share=0.2),
    "one-core": RandomLimits(channels=12, extent=4, leaks_share=0.3),
}


def loaded_rows(core: Core, chip: ChipConfig) -> int:
    """Weight rows up to the last one that LOAD clears."""
    end = 0
    for core.group in range(chip.stream_groups):
        rows = (
            core.of_group(GROUP_LOAD)["rows"] if group_register_offset(core.group, GROUP_LOAD) in core.memory[Space.REGISTER] else 0
        )
        if rows:
            bits = FORMATS[WeightFormat(core.of_group(GROUP_CONTROL)["weight_format"])].bits
            end = max(end, core.of_group(GROUP_WEIGHT)["base"] * bits // SLICES + rows)
    return end


def check_image(network: Network, inputs: IntArray, chip: ChipConfig, rng: np.random.Generator) -> None:
    """Compile, execute the image, compare every core's events and the collected ones with golden."""
    program = compile_network(network, chip)
    activations = execute(network, inputs).activations
    if program.cut is not None:
        activations = execute_after(program.cut.parts, activations)
    interpreter = ImageInterpreter(program.image, chip, rng)
    injection = injection_words(program, inputs)
    interpreter.run(injection.words)
    assert injection.samples == len(inputs)
    for emission in core_events(program, activations):
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


@pytest.mark.parametrize("name", ["edge", "sliced", "wide"])
@settings(max_examples=15, deadline=None, print_blob=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_networks_with_feedback(name: str, seed: int) -> None:
    """The interpreter has one bank of sums and no order of its own: each sample must start clean, and nothing may be taken twice."""
    rng = np.random.default_rng(seed)
    network, inputs = random_recurrent_network(rng, CHIPS[name], replace(FEEDBACK_LIMITS, shift_share=0.2))
    check_image(network, inputs, CHIPS[name], rng)


@pytest.mark.parametrize("name", ["edge", "sliced", "one-core"])
@settings(max_examples=20, deadline=None, print_blob=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_networks_of_multispike_neurons(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network, inputs = random_network(rng, CHIPS[name], replace(LIMITS[name], shift_share=0.1, multispike_share=1.0))
    check_image(network, inputs, CHIPS[name], rng)


@pytest.mark.parametrize("name", ["edge", "sliced", "one-core"])
@settings(max_examples=25, deadline=None, print_blob=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_networks_of_currents_and_wide_values(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network, inputs = random_network(rng, CHIPS[name], replace(LIMITS[name], shift_share=0.1, current_share=0.8))
    check_image(network, inputs, CHIPS[name], rng)


@pytest.mark.parametrize("name", CHIPS)
def test_most_candidates_fit(name: str) -> None:
    """The compiler refuses few of the networks that the generator draws, and slices many on the chips made for it."""
    rng = np.random.default_rng(0)
    programs = []
    for _ in range(100):
        with suppress(CompileError):
            programs.append(compile_network(random_candidate(rng, CHIPS[name], LIMITS[name]), CHIPS[name], spread=False))
    assert len(programs) > 70
    if name in ("sliced", "wide"):
        sliced = [p for p in programs if len(p.cores) > len(p.network.layers)]
        fed = [
            p
            for p in sliced
            if len({c.layer for c in p.cores if c.layer != p.network.output}) < len(p.cores) - len(p.output_cores())
        ]
        assert len(sliced) > 10 and len(fed) > 5, "hidden layers over several cores"


@pytest.mark.parametrize("seed", range(5))
def test_sliced_layers_feed_sliced_layers(seed: int) -> None:
    """Convolution, depthwise, pool, dense: each over several cores, by rows and channels."""
    rng = np.random.default_rng(seed)
    chip = CHIPS["sliced"]
    zeros = np.zeros(9, dtype=np.int64)
    conv = Synapses("in", SynapseOp.CONV2D, rng.integers(-2, 2, (6, 2, 3, 3)), WeightFormat.INT2, kernel=(3, 3), padding=(1, 1))
    depth = Synapses("conv", SynapseOp.DEPTHWISE, rng.integers(-8, 8, (6, 3, 2)), WeightFormat.INT4, kernel=(3, 2), padding=(1, 1))
    pool = Synapses("depth", SynapseOp.POOL, kernel=(2, 3), stride=(2, 1))
    skip = Synapses("in", SynapseOp.CONV2D, rng.choice([-1, 1], (6, 2, 2, 2)), WeightFormat.PM1, kernel=(2, 2), stride=(2, 1))
    dense = Synapses("pool", SynapseOp.DENSE, rng.integers(-2, 2, (9, 6 * 2 * 4)), WeightFormat.INT2)
    count = Count(zeros[:6] + 3, zeros[:6] + 1, -7, 7)
    network = Network(
        "sliced",
        Input("in", Shape(2, 4, 5), 1, PayloadKind.COUNT, 0, 7),
        (
            Layer("conv", Shape(6, 4, 5), (conv,), count),
            Layer("depth", Shape(6, 4, 6), (depth,), count),
            Layer("pool", Shape(6, 2, 4), (pool, skip), count),
            Layer("fc", Shape(9), (dense,), Count(zeros + 20, zeros, -20, 20)),
        ),
        "fc",
        Readout.SUM,
    )
    program = compile_network(network, chip)
    for name in ("conv", "depth"):
        parts = [c for c in program.cores if c.layer == name]
        assert len({c.row_base for c in parts}) > 1, name
    assert len({c.channel_base for c in program.cores if c.layer in ("conv", "depth")}) > 1
    check_image(network, rng.integers(0, 8, (2, 2, 4, 5)), chip, rng)


@settings(max_examples=25, deadline=None, print_blob=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_needs_are_what_the_image_uses(seed: int) -> None:
    """The summary's needs equal the extents of the memories that the image fills."""
    rng = np.random.default_rng(seed)
    chip = CHIPS["sliced"]
    network, _inputs = random_network(rng, chip, LIMITS["sliced"])
    program = compile_network(network, chip)
    cores = ImageInterpreter(program.image, chip, rng).cores
    for use in describe(program):
        memories = [cores[tile].memory for tile in use.tiles]

        def extent(*spaces: Space, memories: list[dict[Space, dict[int, int]]] = memories, unit: int = 1) -> int:
            return max((offset // unit + 1 for m in memories for s in spaces for offset in m[s]), default=0)

        needs = {n.resource: n.need for n in use.needs}
        loaded = max(loaded_rows(cores[tile], chip) for tile in use.tiles)
        assert needs["weight_rows"] == max(extent(Space.WEIGHT, unit=row_words(chip.lanes)), loaded)
        assert needs["parameter_groups"] == extent(Space.PARAMETER, unit=2 * chip.lanes)
        assert needs["axis_entries"] == extent(Space.AXIS_Y, Space.AXIS_X)
        assert needs["program_words"] == extent(Space.PROGRAM)
        entries = [AXIS_ENTRY.unpack(w) for m in memories for s in (Space.AXIS_Y, Space.AXIS_X) for w in m[s].values()]
        assert needs["taps"] == max((e["taps"] for e in entries), default=0)
        assert needs["axis weight offset"] == max((e["weight"] for e in entries), default=0)
