"""Operands of the units: what golden has, and the RTL makes of them what golden has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from amaranth.lib import wiring
from amaranth.sim import Simulator
from shiftfire.cost.gates.count_trace import count_trace
from shiftfire.cost.gates.fire_stimuli import count_stimuli, lif_stimuli
from shiftfire.cost.gates.fire_trace import fire_trace
from shiftfire.cost.gates.flit_stimuli import random_flits, routed_events
from shiftfire.cost.gates.lane_stimuli import lane_additions, lane_stimuli, traced_beats
from shiftfire.cost.gates.product_stimuli import multiplications, product_additions
from shiftfire.cost.gates.product_trace import Order, finer, product_trace
from shiftfire.cost.gates.row_stimuli import bspn_stimuli, softmax_stimuli
from shiftfire.cost.gates.row_trace import row_trace
from shiftfire.cost.gates.runs import Runs
from shiftfire.cost.gates.stimuli import MOST, Stimuli, in_pieces, in_sequence
from shiftfire.golden.bspn import bspn_values
from shiftfire.golden.ptsoftmax import pow2_codes, ptsoftmax
from shiftfire.golden.sums import synapse_sums
from shiftfire.network.neurons import bspn as network_bspn
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.values import NetworkError
from shiftfire_hw.core.bspn import Bspn
from shiftfire_hw.core.count import Count
from shiftfire_hw.core.lane import Lane
from shiftfire_hw.core.ptsoftmax import PtSoftmax
from shiftfire_hw.noc.router import Router
from shiftfire_hw.synthesis.lif_step import LifStep
from shiftfire_spec.chip import load_chip
from shiftfire_spec.packet import FLIT, Port
from shiftfire_spec.shift_units import BSPN_GROUP, BSPN_VALUE_BITS, PTSOFTMAX_EXPONENT_BITS

CHIP = load_chip("edge")
LANES = [("digits-cnn", "conv2"), ("digits-cnn", "conv1"), ("sorbet-tiny", "layer0.context")]


@pytest.fixture(scope="module")
def runs() -> Runs:
    return Runs()


def port(unit: Any, name: str) -> Any:
    """``i__3__payload`` -> ``unit.i[3].payload``."""
    for part in name.split("__"):
        unit = unit[int(part)] if part.isdigit() else getattr(unit, part)
    return unit.as_value() if hasattr(unit, "as_value") else unit


def rtl(
    unit: wiring.Component, stimuli: Stimuli, stream: int, outputs: tuple[str, ...], clocked: bool
) -> Iterator[tuple[int, ...]]:
    """What Amaranth's simulator has at the outputs in every cycle of a stream."""
    found: list[tuple[int, ...]] = []

    async def bench(context: Any) -> None:
        for cycle in range(stimuli.cycles):
            for name, values in stimuli.values.items():
                if name != "rst":
                    signal = port(unit, name)
                    context.set(signal, int(values[cycle, stream]))
            await context.delay(1e-9)
            found.append(tuple(int(context.get(port(unit, name))) for name in outputs))
            if clocked:
                await context.tick()

    simulator = Simulator(unit)
    if clocked:
        simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return iter(found)


@pytest.mark.parametrize(("model", "layer"), LANES)
def test_beats_add_up_to_what_golden_has(runs: Runs, model: str, layer: str) -> None:
    network, trace = runs.of(model)
    _, beats = traced_beats(runs, CHIP, model, layer)
    found = network.layer(layer)
    sums = synapse_sums(found, found.synapses[0], trace.activations)
    for sample, of_vector in enumerate(beats):
        assert (of_vector.sums == sums[sample, sample % sums.shape[1]]).all()
        assert of_vector.weight.shape == of_vector.i.shape == (len(of_vector.shift), CHIP.lanes)


@pytest.mark.parametrize(("model", "layer"), LANES)
def test_a_lane_adds_what_its_trace_says(runs: Runs, model: str, layer: str) -> None:
    """The RTL's sum on a lane's operands is the addition's on its."""
    lanes, additions = lane_stimuli(runs, CHIP, model, layer), lane_additions(runs, CHIP, model, layer)
    assert lanes.operations == additions.operations <= MOST
    for stream in range(0, lanes.streams, lanes.streams // 40):
        unit = Lane(accumulator_bits=CHIP.accumulator_bits)
        sums = [of[0] for of in rtl(unit, lanes, stream, ("o",), clocked=False)]
        assert sums == (additions.values["a"] + additions.values["b"])[:, stream].tolist()


def test_a_lif_step_fires_as_golden(runs: Runs) -> None:
    """`LifStep` in the RTL, a cycle later, has the next membrane and the spike of golden."""
    network, trace = runs.of("digits-cnn")
    steps = fire_trace(network.layer("conv2"), trace, CHIP.fire_lanes)
    stimuli = lif_stimuli(runs, CHIP, "digits-cnn", "conv2")
    unit = LifStep(accumulator_bits=CHIP.accumulator_bits, membrane_bits=CHIP.membrane_bits, leak_terms=CHIP.leak_terms)
    pieces = {name: in_pieces(getattr(steps, name), stimuli.cycles - 2, 2) for name in ("v", "u", "v_next")}
    spiking = int(np.argmax((pieces["u"] != pieces["v_next"]).sum(axis=0)))
    assert stimuli.streams == pieces["v"].shape[1] and (stimuli.values["v"] == pieces["v"]).all()
    got = list(rtl(unit, stimuli, spiking, ("v_next", "spike"), clocked=True))[1:]
    potential, after = pieces["u"][:-1, spiking], pieces["v_next"][:-1, spiking]
    assert [v for v, _ in got] == after.tolist()
    assert [spike for _, spike in got] == (potential != after).astype(int).tolist() and (potential != after).any()


@pytest.mark.parametrize("of", ["traced", "random"])
def test_one_flit_goes_from_west_to_east_in_every_counted_cycle(runs: Runs, of: str) -> None:
    stimuli = routed_events(runs, "digits-cnn", "conv1") if of == "traced" else random_flits()
    outputs = ("granted", f"o__{Port.EAST.value}__payload")
    seen = list(rtl(Router(chip=CHIP), stimuli, 3, outputs, clocked=True))[stimuli.settling :]
    assert [granted for granted, _ in seen] == [1 << Port.EAST] * (stimuli.cycles - stimuli.settling)
    sent = stimuli.values[f"i__{Port.WEST.value}__payload"][:, 3].tolist()
    assert [flit for _, flit in seen] == sent[stimuli.settling - 1 : -1]


def test_flits_are_the_events_of_a_layer(runs: Runs) -> None:
    """Axons of the first vector's events: channel, column, row from the lowest bit on."""
    network, trace = runs.of("digits-cnn")
    vector = trace.activations["conv1"][0, 0]
    stimuli = routed_events(runs, "digits-cnn", "conv1")
    flits = stimuli.values[f"i__{Port.WEST.value}__payload"][2:, 0]
    places = [FLIT.unpack(int(flit))["axon"] for flit in flits]
    assert places == sorted(places)
    assert all(vector[axon & 15, axon >> 7, axon >> 4 & 7] for axon in places)
    assert network.layer("conv1").shape.as_tuple() == (16, 8, 8)


def outer(runs: Runs) -> tuple[Any, Any]:
    """Weights (outputs, inputs) and activations (positions, inputs) of spikformer-tiny's query, all timesteps added."""
    network, trace = runs.of("spikformer-tiny")
    (synapses,) = network.layer("query").synapses
    vectors = trace.activations["embed"].sum(axis=1)
    assert synapses.weights is not None
    return synapses.weights[:, :, 0, 0], np.moveaxis(vectors, 1, 3).reshape(-1, vectors.shape[1])


def test_an_output_is_summed_by_itself(runs: Runs) -> None:
    """A unit's last partial sum and product make one of the layer's sums, as golden has them."""
    network, trace = runs.of("spikformer-tiny")
    layer = network.layer("query")
    (synapses,) = layer.synapses
    sums = synapse_sums(layer, synapses, trace.activations).sum(axis=1) >> synapses.scale
    found = product_trace(synapses, trace.activations["embed"].sum(axis=1), 512, Order.OUTPUT)
    assert found.weight.shape == found.activation.shape == found.partial.shape == (32, 512)
    chosen = np.linspace(0, sums.size - 1, 512).astype(int)  # outputs are channel by channel, position after position
    assert (found.partial[-1] + found.weight[-1] * found.activation[-1] == np.moveaxis(sums, 1, 3).reshape(-1)[chosen]).all()


def test_skipping_leaves_out_the_products_with_zeros(runs: Runs) -> None:
    network, trace = runs.of("spikformer-tiny")
    (synapses,) = network.layer("query").synapses
    vectors = trace.activations["embed"].sum(axis=1)
    all_of, kept = (product_trace(synapses, vectors, 64, order) for order in (Order.OUTPUT, Order.SKIPPING))
    wanted = [
        (w, a, p)
        for column in range(64)
        for w, a, p in zip(all_of.weight[:, column], all_of.activation[:, column], all_of.partial[:, column], strict=True)
        if a
    ]
    assert list(zip(kept.weight[:, 0], kept.activation[:, 0], kept.partial[:, 0], strict=True)) == wanted


def test_a_weight_meets_all_positions(runs: Runs) -> None:
    """Against a triple loop: weight w of (output o, input i) sees the sums of the inputs before i."""
    network, trace = runs.of("spikformer-tiny")
    (synapses,) = network.layer("query").synapses
    found = product_trace(synapses, trace.activations["embed"].sum(axis=1), 7, Order.WEIGHT)
    weights, activations = outer(runs)
    for unit, number in enumerate(int(place) for place in np.linspace(0, weights.size - 1, 7)):
        o, i = divmod(number, weights.shape[1])
        for position, row in enumerate(activations):
            before = sum(int(weights[o, k]) * int(row[k]) for k in range(i))
            seen = found.weight[position, unit], found.activation[position, unit], found.partial[position, unit]
            assert seen == (weights[o, i], row[i], before)


def test_multipliers_and_adders_see_the_same_products(runs: Runs) -> None:
    for order in Order:
        products = multiplications(runs, "spikformer-tiny", "query", order).values
        assert (
            product_additions(runs, "spikformer-tiny", "query", order).values["b"] == products["weight"] * products["activation"]
        ).all()


def test_a_division_counts_as_golden(runs: Runs) -> None:
    """`Count` in the RTL has the layer's value in the last cycle of each neuron's steps."""
    network, trace = runs.of("digits-ssf")
    of = count_trace(network.layer("hidden1"), trace, CHIP.fire_lanes)
    stimuli = count_stimuli(runs, CHIP, "digits-ssf", "hidden1")
    wanted = in_pieces(of.n, 2, 1)
    assert of.steps == stimuli.settling == 4 and wanted.shape[1] == stimuli.streams
    stream = int(np.argmax(wanted.sum(axis=0)))
    counts = [n for (n,) in rtl(Count(accumulator_bits=CHIP.accumulator_bits), stimuli, stream, ("n",), clocked=True)]
    assert counts[of.steps - 1 :: of.steps] == wanted[:, stream].tolist() and max(counts) > 1


def test_a_softmax_row_gives_the_exponents_of_golden(runs: Runs) -> None:
    """`PtSoftmax` in the RTL, in the last pass of a row; an exponent that has no code is not valid."""
    network, trace = runs.of("sorbet-tiny")
    of = row_trace(network.layer("layer0.scores"), trace)
    assert isinstance(of.neuron, Ptsoftmax)
    stimuli = softmax_stimuli(runs, CHIP, "sorbet-tiny", "layer0.scores")
    lanes, stream = CHIP.fire_lanes, 40
    row = of.entries[np.linspace(0, len(of.entries) - 1, stimuli.streams + 1).astype(int)[stream + 1]][None]
    wanted = pow2_codes(ptsoftmax(row, shift=of.neuron.shift, rule=of.neuron.rule))[0].reshape(-1, lanes)
    unit = PtSoftmax(accumulator_bits=CHIP.accumulator_bits, lanes=lanes)
    seen = list(rtl(unit, stimuli, stream, ("exponent", "exponent_valid"), clocked=True))[-len(wanted) :]
    bits = PTSOFTMAX_EXPONENT_BITS
    for (exponents, valid), codes in zip(seen, wanted, strict=True):
        got = [exponents >> bits * lane & (1 << bits) - 1 if valid >> lane & 1 else (1 << bits) - 1 for lane in range(lanes)]
        assert got == codes.tolist()
    assert stimuli.operations == stimuli.streams * row.size and len(set(wanted.reshape(-1).tolist())) > 2


def test_a_group_is_normalised_as_golden(runs: Runs) -> None:
    """`Bspn` in the RTL, in the second pass of a group."""
    network, trace = runs.of("sorbet-tiny")
    of = row_trace(network.layer("layer0.norm"), trace)
    assert isinstance(of.neuron, network_bspn.Bspn)
    stimuli = bspn_stimuli(runs, CHIP, "sorbet-tiny", "layer0.norm")
    lanes, stream = CHIP.fire_lanes, 40
    row = of.entries[np.linspace(0, len(of.entries) - 1, stimuli.streams + 1).astype(int)[stream + 1]][None]
    wanted = bspn_values(of.neuron, row)[0].reshape(-1, lanes)
    unit = Bspn(
        accumulator_bits=CHIP.accumulator_bits, lanes=lanes, group=BSPN_GROUP, value_bits=BSPN_VALUE_BITS, group_in_shift=True
    )
    seen = list(rtl(unit, stimuli, stream, ("y",), clocked=True))[-len(wanted) :]
    most = 1 << BSPN_VALUE_BITS
    got = [[((y >> BSPN_VALUE_BITS * lane) + most // 2) % most - most // 2 for lane in range(lanes)] for (y,) in seen]
    assert got == wanted.tolist() and wanted.any()
    assert stimuli.operations == stimuli.streams * row.size


def test_finer_values_are_the_same_when_coarse() -> None:
    values = np.arange(-8, 16)
    fine = finer(values, 4, np.random.default_rng(0))
    assert (fine >> 4 == values).all() and fine[8] == 0 and (fine != values << 4).any()


def test_changes_are_spread_when_there_are_many() -> None:
    stimuli = in_sequence(a=np.arange(4 * MOST).reshape(-1, 2), b=3, c=np.arange(2 * MOST))
    assert stimuli.operations == MOST and stimuli.cycles == 2
    assert (stimuli.values["a"][1] - stimuli.values["a"][0] == 2).all() and (stimuli.values["b"] == 3).all()
    assert (stimuli.values["a"] // 2 == stimuli.values["c"]).all()
    assert stimuli.values["a"].max() > 4 * MOST - 4


def test_pieces_follow_what_came_before() -> None:
    steps = np.arange(11)[:, None] + np.array([0, 100])
    assert in_pieces(steps, 4, 1).T.tolist() == [
        [0, 1, 2, 3, 4],
        [100, 101, 102, 103, 104],
        [4, 5, 6, 7, 8],
        [104, 105, 106, 107, 108],
    ]


def test_layers_that_are_not_traced(runs: Runs) -> None:
    with pytest.raises(NetworkError, match="no plain convolution that fills 16 lanes"):
        traced_beats(runs, CHIP, "sorbet-tiny", "layer0.query")  # recoded
    with pytest.raises(NetworkError, match="qk is not traced"):
        traced_beats(runs, CHIP, "sorbet-tiny", "layer0.scores")
    with pytest.raises(NetworkError, match="no LIF neurons"):
        lif_stimuli(runs, CHIP, "sorbet-tiny", "layer0.query")
    with pytest.raises(NetworkError, match="no plain COUNT neurons"):
        count_stimuli(runs, CHIP, "digits-cnn", "conv2")
    with pytest.raises(NetworkError, match="neither PTSOFTMAX nor BSPN"):
        bspn_stimuli(runs, CHIP, "digits-cnn", "conv2")
    with pytest.raises(NetworkError, match="no PTSOFTMAX"):
        softmax_stimuli(runs, CHIP, "sorbet-tiny", "layer0.norm")
    with pytest.raises(NetworkError, match="no BSPN"):
        bspn_stimuli(runs, CHIP, "sorbet-tiny", "layer0.scores")
    with pytest.raises(NetworkError, match="no matrix product"):
        multiplications(runs, "digits-cnn", "conv2")
