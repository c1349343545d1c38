"""Operands of the units: what golden has, and the RTL makes of them what golden has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from amaranth.lib import wiring
from amaranth.sim import Simulator
from shiftfire.cost.gates.fire_trace import fire_trace
from shiftfire.cost.gates.operands import (
    lane_additions,
    lane_stimuli,
    lif_stimuli,
    multiplications,
    product_additions,
    random_flits,
    routed_events,
    traced_beats,
)
from shiftfire.cost.gates.product_trace import finer
from shiftfire.cost.gates.runs import Runs
from shiftfire.cost.gates.stimuli import MOST, Stimuli, in_pieces, in_sequence
from shiftfire.golden.sums import synapse_sums
from shiftfire.network.values import NetworkError
from shiftfire_hw.core.lane import Lane
from shiftfire_hw.noc.router import Router
from shiftfire_hw.synthesis.lif_step import LifStep
from shiftfire_spec.chip import load_chip
from shiftfire_spec.packet import FLIT, Port

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


def test_products_are_those_of_the_layer(runs: Runs) -> None:
    """The last partial sum and product make the layer's sum over all timesteps."""
    network, trace = runs.of("spikformer-tiny")
    layer = network.layer("query")
    sums = synapse_sums(layer, layer.synapses[0], trace.activations).sum(axis=1) >> layer.synapses[0].scale
    found = product_additions(runs, "spikformer-tiny", "query")
    products = multiplications(runs, "spikformer-tiny", "query")
    assert (found.values["b"] == products.values["weight"] * products.values["activation"]).all()
    outputs = len(found.values["a"][0]) // (network.source("embed").shape.channels - 1)
    last = (found.values["a"] + found.values["b"])[1, -outputs:]
    assert set(last.tolist()) <= set(sums.reshape(-1).tolist()) and len(set(last.tolist())) > 10


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
    with pytest.raises(NetworkError, match="no matrix product"):
        multiplications(runs, "digits-cnn", "conv2")
