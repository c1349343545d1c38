"""Spreading over idle tiles: the estimate against plain counting, every step against its rule, and limits that hold it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.compiler.compile import compile_checked, compile_network, describe
from shiftfire.compiler.lowering.core_program import Intake
from shiftfire.compiler.mapping.slicing import block_slices, slice_network
from shiftfire.compiler.mapping.spread import WORTH_SHARE, spread_slices, spread_steps
from shiftfire.compiler.mapping.work import (
    INPUT_ACTIVITY,
    LAYER_ACTIVITY,
    core_cycles,
    fire_cycles,
    integrate_cycles,
    slowest_cycles,
)
from shiftfire.compiler.program import CompileError, CoreSlice, Program
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_candidate

EDGE = load_chip("edge")
ROOMY = replace(EDGE, name="roomy", lanes=4, fire_lanes=2, tags=256, slots=32)


def zeros(n: int) -> np.ndarray:
    return np.zeros(n, dtype=np.int64)


def count(n: int, hi: int = 15) -> Count:
    return Count(zeros(n) + 1, zeros(n), 0, hi)


def conv_synapses(source: str, outputs: int, inputs: int, **values: object) -> Synapses:
    weights = np.ones((outputs, inputs, 3, 2), dtype=np.int64)
    return Synapses(source, SynapseOp.CONV2D, weights, WeightFormat.PM1, kernel=(3, 2), **values)  # type: ignore[arg-type]


def dense(source: str, outputs: int, inputs: int) -> Synapses:
    return Synapses(source, SynapseOp.DENSE, np.ones((outputs, inputs), dtype=np.int64), WeightFormat.INT4)


def chain(hidden: int = 64, inputs: int = 40, output: int = 10) -> Network:
    """A dense layer of four lane groups on edge, then ARGMAX."""
    layers = (
        Layer("hidden", Shape(hidden), (dense("in", hidden, inputs),), count(hidden)),
        Layer("out", Shape(output), (dense("hidden", output, hidden),), Argmax(zeros(output))),
    )
    return Network("chain", Input("in", Shape(inputs)), layers, "out", Readout.EVENT)


SOURCE = Shape(6, 8, 7)
WINDOWS = {"stride": (2, 1), "padding": (1, 0)}
COUNTED = {
    "conv": (conv_synapses("in", 10, 6, **WINDOWS), Shape(10, 4, 6)),
    "pooled_conv": (conv_synapses("in", 10, 6, pre_pool=2), Shape(10, 2, 2)),
    "depthwise": (
        Synapses("in", SynapseOp.DEPTHWISE, np.ones((6, 3, 2), dtype=np.int64), WeightFormat.PM1, kernel=(3, 2), **WINDOWS),  # type: ignore[arg-type]
        Shape(6, 4, 6),
    ),
    "pool": (Synapses("in", SynapseOp.POOL, kernel=(3, 2), **WINDOWS), Shape(6, 4, 6)),  # type: ignore[arg-type]
    "direct": (Synapses("in", SynapseOp.DIRECT), SOURCE),
    "upsample": (Synapses("in", SynapseOp.UPSAMPLE, kernel=(2, 3)), Shape(6, 16, 21)),
    "dense": (dense("in", 10, SOURCE.size), Shape(10)),
}


def beats(synapses: Synapses, part: CoreSlice, element: tuple[int, int, int], lanes: int) -> int:
    """Words of the accumulator that an event of this element reaches in the slice, counted one output position at a time."""
    channel, *place = element
    groups = -(-part.channels // lanes)
    if synapses.op is SynapseOp.DENSE:
        return groups
    if synapses.op is not SynapseOp.CONV2D:
        if not part.channel_base <= channel < part.channel_base + part.channels:
            return 0
        groups = 1
    if synapses.op is SynapseOp.DIRECT:
        return int(part.row_base <= place[0] < part.row_base + part.rows)
    if synapses.op is SynapseOp.UPSAMPLE:
        rows = range(part.row_base, part.row_base + part.rows)
        return sum(row // synapses.kernel[0] == place[0] for row in rows) * synapses.kernel[1]
    pooled = [x // synapses.pre_pool for x in place]
    if any(x >= extent // synapses.pre_pool for x, extent in zip(pooled, (SOURCE.height, SOURCE.width), strict=True)):
        return 0
    hit = 0
    for out in product(range(part.row_base, part.row_base + part.rows), range(part.columns)):
        offsets = [x - o * s + p for x, o, s, p in zip(pooled, out, synapses.stride, synapses.padding, strict=True)]
        hit += all(0 <= tap < kernel for tap, kernel in zip(offsets, synapses.kernel, strict=True))
    return hit * groups


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("blocks", [(100, 100), (4, 100), (8, 1), (4, 3)], ids=str)
def test_integrate_estimate(name: str, blocks: tuple[int, int]) -> None:
    """A cycle per beat, one for an event without beats, for half of the elements that a binary input has."""
    synapses, shape = COUNTED[name]
    layer = Layer("a", shape, (synapses,), count(shape.channels))
    network = Network("net", Input("in", SOURCE, 3), (layer,), "a", Readout.NONE)
    for part in block_slices(layer, *blocks):
        elements = product(range(SOURCE.channels), range(SOURCE.height), range(SOURCE.width))
        cycles = sum(max(1, beats(synapses, part, e, ROOMY.lanes)) for e in elements)
        assert integrate_cycles(network, Intake(synapses, rows=False), part, ROOMY) == pytest.approx(3 * cycles * INPUT_ACTIVITY)


@pytest.mark.parametrize(
    ("kind", "high", "fmt", "passes"),
    [
        (PayloadKind.COUNT, 15, WeightFormat.INT4, 2),
        (PayloadKind.COUNT, 15, WeightFormat.PM1, 1),
        (PayloadKind.POW2, 8, WeightFormat.INT4, 1),
        (PayloadKind.COUNT, 1, WeightFormat.INT4, 1),
    ],
)
def test_graded_payloads_take_half_their_bits(kind: PayloadKind, high: int, fmt: WeightFormat, passes: int) -> None:
    synapses = replace(dense("in", 4, 40), weight_format=fmt)
    layer = Layer("a", Shape(4), (synapses,), count(4))
    network = Network("net", Input("in", Shape(40), 1, kind, 0, high), (layer,), "a", Readout.NONE)
    assert (
        integrate_cycles(network, Intake(synapses, rows=False), block_slices(layer, 4, 1)[0], EDGE) == 40 * INPUT_ACTIVITY * passes
    )


def test_fire_estimate_and_overlap() -> None:
    """12 positions x 5 steps of 2 lanes; COUNT 0..15 takes 4 cycles a step. The busier engine counts."""
    shape = Shape(10, 4, 3)
    lif = Layer("a", shape, (Synapses("in", SynapseOp.DIRECT),), Lif(zeros(10), zeros(10)), 5)
    counted = replace(lif, neuron=count(10), timesteps=1)
    part = block_slices(lif, 12, 4)[0]
    assert fire_cycles(lif, part, ROOMY) == 60 * 5
    assert fire_cycles(counted, part, ROOMY) == 60 * 4
    network = Network(
        "net",
        Input("in", shape),
        (lif, replace(chain(4, shape.size).layers[1], synapses=(dense("a", 10, 120),))),
        "a",
        Readout.NONE,
    )
    assert core_cycles(network, part, ROOMY) == 60 * 5
    after = network.layers[1]
    assert core_cycles(network, block_slices(after, 12, 1)[0], ROOMY) == 120 * 3 * 5 * LAYER_ACTIVITY


def random_programs(seed: int) -> Iterator[tuple[Network, ChipConfig]]:
    """Random networks on a random chip with tiles to spare, those that compile over the fewest cores, as they are mapped."""
    rng = np.random.default_rng(seed)
    chip = replace(random_chip(rng, f"random{seed}", max_tiles=12), tags=int(rng.choice([20, 40, 256])))
    for _ in range(12):
        network = random_candidate(rng, chip, RandomLimits(layers=4, channels=24, extent=8))
        try:
            yield compile_network(network, chip, spread=False).network, chip
        except CompileError:
            continue


def covers_once(network: Network, slices: tuple[CoreSlice, ...], lanes: int) -> bool:
    """Whether every neuron lies in exactly one slice; blocks of channels start at whole lane groups of their head, or at a segment."""
    for layer in network.layers:
        head = layer.shape.channels // max((x.heads for x in layer.synapses if x.dynamic), default=1)
        segment = layer.neuron.segment_channels or lanes
        seen = np.zeros((layer.shape.channels, layer.shape.height), dtype=int)
        for s in (s for s in slices if s.layer == layer.name):
            seen[s.channel_base : s.channel_base + s.channels, s.row_base : s.row_base + s.rows] += 1
            within = s.channel_base % head
            if (within % lanes and within % segment) or within + s.channels > head or s.columns != layer.shape.width:
                return False
        if np.any(seen != 1):
            return False
    return [s.layer for s in slices] == sorted((s.layer for s in slices), key=[x.name for x in network.layers].index)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_step_shortens_the_slowest_layer(seed: int) -> None:
    for network, chip in random_programs(seed):
        steps = list(spread_steps(network, slice_network(network, chip), chip))
        for slices in steps:
            assert covers_once(network, slices, chip.lanes) and len(slices) <= chip.tiles
        for before, after in pairwise(steps):
            parts = [{n: [s for s in x if s.layer == n] for n in (y.name for y in network.layers)} for x in (before, after)]
            (changed,) = (n for n in parts[0] if parts[0][n] != parts[1][n])
            old, new = (slowest_cycles(network, p[changed], chip) for p in parts)
            assert old == slowest_cycles(network, before, chip), "the slowest layer is split"
            assert new <= WORTH_SHARE * old and len(parts[1][changed]) > len(parts[0][changed])
            assert slowest_cycles(network, after, chip) <= old
            assert not isinstance(network.layer(changed).neuron, Argmax)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_compiles_still_compiles(seed: int) -> None:
    """On random chips, some short of tags and slots: every limit holds after spreading."""
    for network, chip in random_programs(seed):
        program = compile_checked(network, chip, spread=True)
        assert all(need.fits for use in describe(program) for need in use.needs)
        assert len({c.tile for c in program.cores}) == len(program.cores)
        assert all(s.tag < chip.tags and s.slot_mask < 1 << chip.slots for s in program.streams)


def cores_by_layer(program: Program) -> dict[str, int]:
    return {layer.name: sum(c.layer == layer.name for c in program.cores) for layer in program.network.layers}


def test_spreads_over_idle_tiles() -> None:
    """64 neurons are four blocks of 16 lanes; the ARGMAX layer stays whole although it is the slowest then."""
    assert cores_by_layer(compile_network(chain(), EDGE, spread=False)) == {"hidden": 1, "out": 1}
    assert cores_by_layer(compile_network(chain(), EDGE)) == {"hidden": 4, "out": 1}
    slow_end = chain(output=80)
    assert cores_by_layer(compile_network(slow_end, EDGE)) == {"hidden": 1, "out": 1}


@pytest.mark.parametrize(
    ("limit", "value", "hidden"),
    [
        ("width", 2, 1),  # with height 1: no idle tile
        ("width", 3, 2),
        ("slots", 1, 1),
        ("slots", 2, 2),
        ("tags", 5, 1),  # 3 streams and 2 credits
        ("tags", 7, 2),
        ("tags", 8, 2),  # the next step, to 4 cores, needs 11
        ("tags", 11, 4),
    ],
)
def test_limits_hold_it_back(limit: str, value: int, hidden: int) -> None:
    """Spreading stops where tiles, slots or tags run out, and never refuses."""
    chip = replace(EDGE, **({"height": 1} if limit == "width" else {}), **{limit: value})
    program = compile_network(chain(), chip)
    assert cores_by_layer(program) == {"hidden": hidden, "out": 1}
    if hidden == 1:
        fewest = compile_network(chain(), chip, spread=False)
        assert program.cores == fewest.cores and np.array_equal(program.image, fewest.image)


def test_nothing_to_gain_nothing_changed() -> None:
    """A layer of one lane group and one row stays as it is."""
    network = chain(hidden=16)
    slices = slice_network(network, EDGE)
    assert spread_slices(network, slices, EDGE) == slices


def test_too_big_is_refused_as_before() -> None:
    """The message speaks of the fewest cores, not of a spread that was tried."""
    network, chip = chain(), replace(EDGE, tags=4)
    messages = []
    for spread in (False, True):
        with pytest.raises(CompileError) as error:
            compile_network(network, chip, spread=spread)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_blocks_of_rows_must_hold_their_weights() -> None:
    """Weights of both lane groups do not fit a core: three blocks of rows with both would be faster, but cannot be."""
    weights = np.ones((32, 32, 3, 3), dtype=np.int64)
    conv = Synapses("in", SynapseOp.CONV2D, weights, WeightFormat.INT4, kernel=(3, 3), padding=(1, 1))
    layer = Layer("conv", Shape(32, 9, 9), (conv,), count(32))
    network = Network("net", Input("in", Shape(32, 9, 9)), (layer,), "conv", Readout.NONE)
    chip = replace(EDGE, weight_rows=150, width=3, height=1)
    assert {c.channels for c in compile_network(network, replace(chip, weight_rows=300)).cores} == {32}
    cores = compile_network(network, chip).cores
    assert [(c.channels, c.rows) for c in cores] == [(16, 9), (16, 9)]
