"""Re-centred streams: the same results from fewer events, whatever the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.recentre import can_recentre, most_frequent, recentre, recentred
from shiftfire.golden.execute import execute
from shiftfire.network.check import check_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.chip import load_chip
from shiftfire_spec.fire import Rounding
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.random_networks import RandomLimits, random_candidate, random_inputs

EDGE = load_chip("edge")


@settings(max_examples=60, deadline=None, print_blob=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_nothing_is_lost_without_a_dead_zone(seed: int) -> None:
    """Every layer that can be is re-centred, saving or not; every value is the old one less the level."""
    rng = np.random.default_rng(seed)
    network = random_candidate(rng, EDGE, RandomLimits())
    inputs = random_inputs(rng, network.input, 2)
    old = execute(network, inputs).activations
    levels = {}
    new = network
    for layer in network.layers:
        level = int(rng.integers(-6, 7))
        if can_recentre(new, new.layer(layer.name), level, 0):
            new, levels[layer.name] = recentred(new, new.layer(layer.name), level, 0), level
    trace = execute(check_network(new), inputs)
    for name, values in trace.activations.items():
        assert np.array_equal(values + levels.get(name, 0), old[name]), name


def chain(**changes: object) -> Network:
    """Counts of 0..15 around 8, read by a pooling and a dense layer."""
    rng = np.random.default_rng(3)
    first = Synapses("in", SynapseOp.CONV2D, rng.integers(-8, 8, (6, 2, 1, 1)), WeightFormat.INT4)
    counts = Layer("counts", Shape(6, 4, 4), (first,), Count(np.full(6, 5), np.full(6, 42), 0, 15))
    pool = Layer(
        "pool",
        Shape(6, 2, 2),
        (Synapses("counts", SynapseOp.POOL, kernel=(2, 2), stride=(2, 2)),),
        Requant(np.zeros(6, np.int64), 2, 0, 15),
    )
    dense = Synapses("counts", SynapseOp.DENSE, rng.integers(-8, 8, (3, 24)), WeightFormat.INT4, pre_pool=2)
    last = Synapses("pool", SynapseOp.DENSE, rng.integers(-8, 8, (3, 24)), WeightFormat.INT4)
    out = Layer("out", Shape(3), (dense, last), Argmax(np.zeros(3, np.int64)))
    return replace(
        Network("chain", Input("in", Shape(2, 4, 4), 1, PayloadKind.COUNT, 0, 3), (counts, pool, out), "out", Readout.EVENT),
        **changes,
    )  # type: ignore[arg-type]


def test_saves_events_and_says_so() -> None:
    inputs = np.random.default_rng(1).integers(0, 4, (20, 2, 4, 4))
    network, changed = recentre(chain(), inputs, EDGE)
    before, after = execute(chain(), inputs), execute(network, inputs)
    assert np.array_equal(before.predictions, after.predictions)  # type: ignore[arg-type]
    (counts, *_) = changed
    assert (counts.layer, counts.level) == ("counts", most_frequent(before.activations["counts"]))
    for record in changed:
        assert record.events_before == np.count_nonzero(before.activations[record.layer])
        assert record.events_after == np.count_nonzero(after.activations[record.layer]) < record.events_before
    assert network.layer("counts").payload_kind is PayloadKind.SIGNED


def test_a_dead_zone_saves_more_and_changes_values_by_at_most_its_width() -> None:
    inputs = np.random.default_rng(1).integers(0, 4, (20, 2, 4, 4))
    exact, wide = (recentre(chain(), inputs, EDGE, dead_zone=k) for k in (0, 2))
    assert wide[1][0].events_after < exact[1][0].events_after
    one, other = (execute(network, inputs).activations["counts"] for network, _ in (exact, wide))
    assert np.array_equal(other, np.where(np.abs(one) <= 2, 0, one))
    with pytest.raises(NetworkError, match="dead_zone = 16 is out of range"):
        recentre(chain(), inputs, EDGE, dead_zone=16)


@pytest.mark.parametrize(
    ("reason", "change", "level"),
    [
        ("output", {"output": "counts", "readout": Readout.NONE, "layers": chain().layers[:1]}, 8),
        ("nothing to do", {}, 0),
        ("out of the payload's range", {}, 200),
    ],
)
def test_streams_that_stay(reason: str, change: dict, level: int) -> None:
    network = chain(**change)
    assert not can_recentre(network, network.layer("counts"), level, 0), reason


def test_padding_and_ties_stay() -> None:
    network = chain()
    counts, pool, out = network.layers
    padded = replace(pool, synapses=(replace(pool.synapses[0], kernel=(4, 4), padding=(1, 1)),))
    assert not can_recentre(replace(network, layers=(counts, padded, out)), counts, 8, 0)
    even = replace(counts, neuron=Requant(np.zeros(6, np.int64), 2, 0, 15, Rounding.HALF_EVEN))
    network = replace(network, layers=(even, pool, out))
    assert can_recentre(network, even, 8, 0) and not can_recentre(network, even, 7, 0)


def test_levels_stay() -> None:
    """A count with levels sends no counts that could be shifted."""
    network = chain()
    counts, *others = network.layers
    assert can_recentre(network, counts, 8, 0)
    levelled = replace(counts, neuron=replace(counts.neuron, levels=np.arange(16)))  # type: ignore[arg-type]
    assert not can_recentre(replace(network, layers=(levelled, *others)), levelled, 8, 0)


def requants(*ranges: tuple[int, int, int]) -> Network:
    """A chain of one value: requants of (shift, lo, hi)."""
    source = Input("in", Shape(1), 1, PayloadKind.COUNT, 0, 255)
    layers, before = [], "in"
    for index, (shift, lo, hi) in enumerate(ranges):
        neuron = Requant(np.zeros(1, np.int64), shift, lo, hi)
        layers.append(Layer(f"q{index}", Shape(1), (Synapses(before, SynapseOp.DIRECT),), neuron))
        before = f"q{index}"
    return Network("requants", source, tuple(layers), before, Readout.NONE)


@pytest.mark.parametrize(
    ("shift", "accumulator_bits", "codes"),
    [
        (31, 32, False),  # the bias moves by 2^32: past the word
        (12, 12, False),  # past the chip's accumulators
        (12, 14, True),
    ],
)
def test_a_moved_bias_that_does_not_fit_leaves_the_stream_as_it_was(shift: int, accumulator_bits: int, codes: bool) -> None:
    """What runs without re-centring runs with it."""
    network, chip = requants((shift, 2, 5), (0, 0, 255)), replace(EDGE, accumulator_bits=accumulator_bits, membrane_bits=8)
    inputs = np.full((3, 1, 1, 1, 1), 60, np.int64)
    compile_network(network, chip)
    assert can_recentre(network, network.layers[0], 2, 0)
    coded, changes = recentre(network, inputs, chip)
    compile_network(coded, chip)
    assert [change.layer for change in changes] == (["q0"] if codes else [])
    assert codes or coded is network
