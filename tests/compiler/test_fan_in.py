"""Layers cut by inputs: what is added, that golden's values stay, what is refused, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.fan_in.blocks import blocks
from shiftfire.compiler.prepare import prepare
from shiftfire.compiler.program import CompileError, CutNetwork
from shiftfire.compiler.schedule import compile_schedule
from shiftfire.golden.execute import execute, execute_after, execute_checked
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.build.connections import dense
from shiftfire.network.check import check_network
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs, expand_all
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire.network.synapses import Block, SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.weights import FORMATS, WeightFormat
from support.random_cuts import narrow_chip
from support.random_networks import RandomLimits, network_inputs, random_candidate
from support.random_recurrence import FEEDBACK_LIMITS, with_feedback

EDGE = load_chip("edge")
RNG = np.random.default_rng(11)


def wide(inputs: int, outputs: int = 10, steps: int = 4, **neuron: Any) -> Network:
    net = NetworkBuilder("wide", input=inputs, timesteps=steps)
    net.dense("out", RNG.integers(-8, 8, (outputs, inputs)), weight_format="int4", **(neuron or {"theta": 200, "leak": 3}))
    return net.readout("none").build()


def check_values(cut: CutNetwork, inputs: Inputs) -> None:
    """The network as it is mapped sends what the given one sends, and its parts what golden says beside that."""
    given = execute(cut.given, inputs).activations
    mapped = execute_checked(cut.mapped, expand_all(cut.given.inputs, inputs)).activations
    for name, values in given.items():
        assert np.array_equal(values, mapped[name]), name
    after = execute_after(cut.parts, given)
    for part in cut.parts:
        assert np.array_equal(after[part.name], mapped[part.name]), part.name
        lo, hi = (np.array(ends)[:, None, None] for ends in part.kind.channel_limits or ((), ()))
        assert (lo <= after[part.name]).all() and (after[part.name] <= hi).all(), part.name


@pytest.mark.parametrize(
    ("chip", "inputs", "outputs", "parts"),
    [("edge", 6272, 10, 1), ("server", 3073, 2, 0), ("edge", 3073, 2, 0), ("edge", 16384, 10, 3), ("ulx3s", 6272, 10, 1)],
)
def test_wide_layers(chip: str, inputs: int, outputs: int, parts: int) -> None:
    cut = prepare(wide(inputs, outputs), load_chip(chip))
    assert [part.name for part in cut.parts] == [f"out~{number}" for number in range(parts)]
    assert cut.mapped.layer("out").synapses[-1].op is SynapseOp.DENSE, "the last block stays with the layer"
    sizes = [s.block.channels for layer in cut.mapped.layers for s in layer.synapses if s.block is not None]
    assert (not parts and not sizes) or (sum(sizes) == inputs and max(sizes) - min(sizes) <= parts)
    check_values(cut, (np.random.default_rng(1).random((2, 4, inputs, 1, 1)) < 0.2).astype(np.int64))


def test_layers_that_fit_stay_as_they_are() -> None:
    network = wide(200)
    cut = prepare(network, EDGE)
    assert cut.mapped is network and not cut.cuts and not cut.parts


def cut_of(network: Network, chip: ChipConfig, shape: tuple[int, ...], low: int = 0, high: int = 1) -> CutNetwork:
    cut = prepare(check_network(network), chip)
    assert cut.cuts, "nothing is cut"
    steps = network.input.timesteps
    check_values(cut, np.random.default_rng(2).integers(low, high + 1, (3, steps, *shape)))
    compile_network(network, replace(chip, width=8, height=8, tags=250, slots=32))
    return cut


@pytest.mark.parametrize("fmt", [f for f in WeightFormat if FORMATS[f].bits])
def test_formats(fmt: WeightFormat) -> None:
    info = FORMATS[fmt]
    weights = RNG.integers(info.minimum, info.maximum + 1, (5, 300))
    weights = np.where(weights == 0, 1, weights) if fmt is WeightFormat.PM1 else weights
    net = NetworkBuilder("f", input=300, values=(0, 5)).dense("out", weights, weight_format=fmt.name, theta=9)
    cut_of(net.readout("none").build(), replace(EDGE, weight_rows=30), (300, 1, 1), 0, 5)


def test_sixteen_bits() -> None:
    """Two synapses of one source, each of which is cut."""
    net = NetworkBuilder("f", input=100).dense("out", RNG.integers(-30000, 30000, (5, 100)), weight_format="int16", theta=90000)
    cut = cut_of(net.readout("none").build(), replace(EDGE, weight_rows=40), (100, 1, 1))
    assert {s.scale for layer in cut.mapped.layers for s in layer.synapses if s.weights is not None} == {0, 8}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (22, [(0, 2, row, 6) for row in range(0, 30, 6)]),  # 44 weights of an output: 3 pooled rows of 6 columns of both channels
        (10, [(channel, 1, row, 6) for channel in (0, 1) for row in range(0, 30, 6)]),  # 20: of one
        (60, [(0, 1, 0, None), (1, 1, 0, None)]),  # 120: a channel
    ],
)
def test_rows_where_that_takes_fewer_blocks(rows: int, expected: list[tuple[int, ...]]) -> None:
    net = NetworkBuilder("image", input=(2, 30, 12)).dense("out", RNG.integers(-8, 8, (5, 2 * 15 * 6)), pre_pool=2, theta=9)
    cut = cut_of(net.readout("none").build(), replace(EDGE, weight_rows=rows), (2, 30, 12))
    blocks = [s.block for layer in cut.mapped.layers for s in layer.synapses if s.block is not None]
    assert [(b.channel, b.channels, b.row, b.rows) for b in blocks] == expected


def test_convolutions_by_channels() -> None:
    net = NetworkBuilder("c", input=(40, 6, 5)).conv2d("out", RNG.integers(-8, 8, (20, 40, 3, 3)), padding=1, theta=20)
    cut = cut_of(net.readout("none").build(), replace(EDGE, weight_rows=100), (40, 6, 5))
    assert all(s.block.rows is None for layer in cut.mapped.layers for s in layer.synapses if s.block is not None)


@pytest.mark.parametrize("fmt", ["pm1", "int4"])
def test_grouped_convolutions(fmt: str) -> None:
    weights = RNG.choice([-1, 1], (8, 20, 3, 3)) if fmt == "pm1" else RNG.integers(-8, 8, (8, 20, 3, 3))
    net = NetworkBuilder("c", input=(40, 6, 5)).conv2d("out", weights, groups=2, weight_format=fmt, theta=20)
    cut_of(net.readout("none").build(), replace(EDGE, weight_rows=40), (40, 6, 5))


def test_a_block_that_was_given_is_cut_further() -> None:
    net = NetworkBuilder("b", input=(9, 8, 4)).dense("out", RNG.integers(-8, 8, (3, 5 * 6 * 4)), block=(2, 5, 1, 6), theta=9)
    cut = cut_of(net.readout("none").build(), replace(EDGE, weight_rows=10), (9, 8, 4))
    found = [s.block for layer in cut.mapped.layers for s in layer.synapses if s.block is not None]
    assert all(2 <= b.channel < b.channel + b.channels <= 7 and b.row >= 1 for b in found)
    assert sum(b.channels * (b.rows or 8) for b in found) == 5 * 6


def test_sums_of_sums() -> None:
    """A core reads two sources: 2000 inputs in blocks of 80 take a tree."""
    cut = cut_of(wide(2000, 3, 2), replace(EDGE, weight_rows=40, stream_groups=2), (2000, 1, 1))
    readers = [part for part in cut.parts if all(s.op is SynapseOp.DIRECT for s in part.synapses)]
    assert readers and all(len(layer.synapses) <= 2 for layer in cut.mapped.layers)


def test_many_sources() -> None:
    """More sources than a core has stream groups, none of which is large."""
    net = NetworkBuilder("many", input=6, timesteps=3)
    for number in range(7):
        net.dense(f"b{number}", RNG.integers(-3, 4, (5, 6)), source="input", theta=2)
    net.layer("out", [dense(RNG.integers(-3, 4, (4, 5)), source=f"b{number}") for number in range(7)], theta=4)
    cut = cut_of(net.readout("none").build(), replace(EDGE, stream_groups=3), (6, 1, 1))
    assert cut.cuts[0].resource == "stream_groups" and (cut.cuts[0].need, cut.cuts[0].limit) == (7, 3)


def test_argmax_reads_sums() -> None:
    """All channels in one core, their weights in others."""
    cut = cut_of(wide(800, 60, 3, neuron="argmax", timesteps=1), replace(EDGE, weight_rows=500), (800, 1, 1))
    program = compile_network(cut.given, replace(EDGE, weight_rows=500))
    assert sum(core.layer == "out" for core in program.cores) == 1


def test_segments_read_sums() -> None:
    cut_of(wide(500, 64, 1, neuron="ptsoftmax", shift=2, entries=64), replace(EDGE, weight_rows=300), (500, 1, 1))


def delayed(delay: int, chip: ChipConfig) -> CutNetwork:
    net = NetworkBuilder("d", input=90, timesteps=6)
    own = dense(RNG.integers(-4, 5, (90, 90)), source="hidden", delay=delay)
    net.dense("hidden", RNG.integers(-4, 5, (90, 90)), theta=20, also=own)
    return cut_of(net.readout("none").build(), chip, (90, 1, 1))


@pytest.mark.parametrize("delay", [1, 3])
def test_feedback_is_late_at_the_reader(delay: int) -> None:
    cut = delayed(delay, replace(EDGE, weight_rows=40, feedback=True))
    place = {layer.name: number for number, layer in enumerate(cut.mapped.layers)}
    assert all(s.delay == 0 for part in cut.parts for s in part.synapses)
    late = [s.source for s in cut.mapped.layer("hidden").synapses if s.delay]
    assert late and all(place[name] > place["hidden"] for name in late if name != "hidden")
    assert {s.delay for s in cut.mapped.layer("hidden").synapses} == {0, delay}


LIMITS = RandomLimits(blocks_share=0.2, sums_share=0.1)


def check_candidates(seeds: range, drawn: Callable[[np.random.Generator, ChipConfig], Network]) -> None:
    """Random networks on chips with little room, at once or in rounds: of those that compile many are cut, and none sends anything else."""
    seen = cuts = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        chip = narrow_chip(rng, f"narrow{seed}")
        network = check_network(drawn(rng, chip))
        try:
            schedule = compile_schedule(network, chip)
        except CompileError:
            continue
        seen += 1
        assert schedule.cut is not None and schedule.network is network
        cuts += bool(schedule.cut.cuts)
        check_values(schedule.cut, network_inputs(rng, network, 2))
    assert seen > len(seeds) // 3 and cuts > len(seeds) // 8


def test_random_networks() -> None:
    check_candidates(range(60), lambda rng, chip: random_candidate(rng, chip, replace(LIMITS, inputs=1 + int(rng.integers(2)))))


def test_random_networks_with_feedback() -> None:
    limits = replace(FEEDBACK_LIMITS, channels=40, extent=7, blocks_share=0.2)
    check_candidates(range(100, 160), lambda rng, chip: with_feedback(rng, chip, random_candidate(rng, chip, limits)))


def test_blocks_are_as_few_and_as_equal_as_can_be() -> None:
    synapses = Synapses("in", SynapseOp.DENSE, RNG.integers(-8, 8, (3, 50)), WeightFormat.INT4)
    found = blocks(synapses, Shape(50), lambda block: block.weights is not None and block.weights.shape[1] <= 12)
    assert [s.block for s in found] == [Block(start, 10) for start in range(0, 50, 10)]
    assert np.array_equal(np.concatenate([s.weights for s in found if s.weights is not None], axis=1), synapses.weights)
    assert blocks(synapses, Shape(50), lambda _: False) == ()
    assert blocks(synapses, Shape(50), lambda _: True) == (synapses,)


@pytest.mark.parametrize(
    ("build", "chip", "said"),
    [
        (
            lambda: wide(6272),
            replace(EDGE, wide_values=False),
            "weight_rows = 3136, .*; a chip with wide_values = true would cut it by inputs",
        ),
        (
            lambda: (
                NetworkBuilder("d", input=(1, 40, 40))
                .conv2d("out", np.ones((4, 1, 15, 15)), weight_format="int8", theta=1)
                .readout("none")
                .build()
            ),
            replace(EDGE, weight_rows=100),
            "layer out: even a core of 4 channels and one row needs weight_rows = 225",
        ),
        (
            lambda: wide(6272, 10, 1, neuron="count", theta=1),
            replace(EDGE, accumulator_bits=14, membrane_bits=14),
            "layer out: the accumulator reaches",
        ),
        (
            lambda: wide(3000, 3, 1),
            replace(EDGE, weight_rows=40, stream_groups=1),
            "layer out: even a core of 3 channels and one row needs weight_rows",
        ),
    ],
)
def test_what_is_refused(build: Callable[[], Network], chip: ChipConfig, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        compile_network(build(), chip)


def test_names_of_parts_are_no_names_of_layers() -> None:
    with pytest.raises(NetworkError, match="layer name 'out~0' is not a word"):
        NetworkBuilder("n", input=4).dense("out~0", np.eye(4), theta=1).build()


def test_parts_sum_and_keep_nothing() -> None:
    cut = prepare(wide(6272), EDGE)
    assert {type(part.neuron) for part in cut.parts} == {Sum} and not any(part.states for part in cut.parts)
