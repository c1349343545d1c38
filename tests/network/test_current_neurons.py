"""Neurons with a current and those whose membranes are sent: values, container, read-outs, what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.check import check_network
from shiftfire.network.container import load_network, save_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.fire import Reset
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.stream import RECODE_ENTRIES
from shiftfire_spec.weights import WeightFormat

ZERO = np.zeros(4, np.int64)
LEAK, SLOW = (LeakTerm(2, True), LeakTerm(0)), (LeakTerm(5),)
NEURONS: dict[str, tuple[Any, PayloadKind, tuple[int, int]]] = {
    "li": (Li(ZERO + 1, LEAK, -70, 90, 7), PayloadKind.POW2, (-70, 90)),
    "i": (Li(ZERO), PayloadKind.POW2, (-(1 << 15), (1 << 15) - 1)),
    "cubalif": (CubaLif(ZERO + 9, ZERO, LEAK, SLOW, Reset.ZERO, True, -5, 50, 3, -8, 9, True, 2), PayloadKind.UNIT, (0, 1)),
    "cubalif delayed": (CubaLif(ZERO + 9, ZERO, LEAK, SLOW, delayed_reset=True), PayloadKind.UNIT, (0, 1)),
    "cubali": (CubaLi(ZERO, LEAK, SLOW, -5, 6, 3, -8, 9, True), PayloadKind.POW2, (-5, 6)),
    "sum": (Sum(ZERO + 1, np.array([-20, 0, -3, -4]), ZERO + 30), PayloadKind.POW2, (-20, 30)),
    "lif with resets": (Lif(ZERO + 3, ZERO, reset=Reset.ZERO, v_reset=-2), PayloadKind.UNIT, (0, 1)),
    "lif delayed": (Lif(ZERO + 3, ZERO, delayed_reset=True), PayloadKind.UNIT, (0, 1)),
}


def network_of(neuron: Any, timesteps: int = 3, readout: Readout = Readout.NONE) -> Network:
    layer = Layer("only", Shape(4), (Synapses("in", SynapseOp.DIRECT),), neuron, timesteps)
    return Network("net", Input("in", Shape(4), timesteps, PayloadKind.SIGNED, -9, 9), (layer,), "only", readout)


@pytest.mark.parametrize("name", NEURONS)
def test_what_a_layer_sends(name: str) -> None:
    neuron, kind, limits = NEURONS[name]
    layer = check_network(network_of(neuron)).layers[0]
    assert (layer.payload_kind, layer.value_limits, layer.kind.wide) == (kind, limits, kind is PayloadKind.POW2)
    assert layer.states == (() if name == "sum" else ("only", "only (current)") if "cuba" in name else ("only",))


@pytest.mark.parametrize("name", NEURONS)
def test_round_trip(name: str, tmp_path: Path) -> None:
    neuron = NEURONS[name][0]
    save_network(network_of(neuron), tmp_path)
    read = load_network(tmp_path).layers[0].neuron
    assert type(read) is type(neuron)
    for field, value in vars(neuron).items():
        other: Any = getattr(read, field)
        same = np.array_equal(value, other) if isinstance(value, np.ndarray) else (type(value), value) == (type(other), other)
        assert same, f"{field}: {value}, read back {other}"


def test_by_keywords() -> None:
    net = NetworkBuilder("n", input=4, timesteps=5).dense("c", np.eye(4), neuron="cubalif", theta=3, leak=2, current_leak=(3, -5))
    net.dense("out", np.eye(4), neuron="li", leak=4)
    built = net.readout("max").build()
    neuron: Any = built.layers[0].neuron
    assert neuron.current_leak == (LeakTerm(3), LeakTerm(5, True)) and neuron.leak == (LeakTerm(2),)
    assert built.readout is Readout.MAX
    with pytest.raises(NetworkError, match="current_leak = 'x' is neither a shift"):
        NetworkBuilder("n", input=4).dense("c", np.eye(4), neuron="cubalif", theta=3, current_leak="x")


def scores(readout: Readout) -> tuple[Network, np.ndarray]:
    """Four integrators that hold their drive of the step; three samples that each read-out judges otherwise."""
    network = network_of(Li(ZERO, (LeakTerm(0),)), readout=readout)
    drives = np.array(
        [
            [[9, 0, 5, 0], [-9, 4, 5, 0], [0, 4, 1, 0]],  # largest in all: 0; sum: 2; last: 1
            [[-1, -2, -3, -4], [-1, -2, -3, -4], [-4, -3, -2, -1]],
            [[-3, -3, -5, -3], [0, 0, 0, -1], [-3, -3, -3, -3]],  # nothing sent is 0
        ]
    )
    return network, drives


@pytest.mark.parametrize(("readout", "expected"), [(Readout.SUM, [2, 0, 0]), (Readout.MAX, [0, 0, 0]), (Readout.LAST, [1, 3, 0])])
def test_readouts(readout: Readout, expected: list[int]) -> None:
    network, drives = scores(readout)
    predictions = execute(network, drives).predictions
    assert predictions is not None and predictions.tolist() == expected
    by_hand = []
    for sample in drives.tolist():
        columns = [[step[c] for step in sample] for c in range(4)]
        score = {Readout.SUM: sum, Readout.MAX: max, Readout.LAST: lambda column: column[-1]}[readout]
        values = [score(column) for column in columns]
        by_hand.append(values.index(max(values)))
    assert by_hand == expected


def test_readouts_need_one_position() -> None:
    layer = Layer("only", Shape(4, 2, 1), (Synapses("in", SynapseOp.DIRECT),), Li(ZERO), 3)
    network = Network("net", Input("in", Shape(4, 2, 1), 3), (layer,), "only", Readout.LAST)
    with pytest.raises(NetworkError, match=r"readout 'last' needs an output of shape \(channels, 1, 1\)"):
        check_network(network)


def test_sums_of_wide_values_fit_the_hosts_words() -> None:
    wide = Li(ZERO, v_min=-(1 << 28), v_max=(1 << 28) - 1)
    check_network(network_of(wide, 8, Readout.SUM))
    check_network(network_of(wide, 9, Readout.MAX))
    with pytest.raises(NetworkError, match=r"the sum of layer only reaches -2415919104\.\.2415919095 over 9 timesteps"):
        check_network(network_of(wide, 9, Readout.SUM))


def second(**synapses: Any) -> Network:
    first = network_of(Li(ZERO)).layers[0]
    layer = Layer("next", Shape(4), (Synapses("only", **synapses),), Lif(ZERO + 1, ZERO), 3)
    return replace(network_of(Li(ZERO)), layers=(first, layer), output="next")


def test_a_wide_value_is_an_input_like_any_other() -> None:
    trace = execute(
        second(op=SynapseOp.DENSE, weights=np.eye(4, dtype=np.int64) * 3, weight_format=WeightFormat.INT4), scores(Readout.SUM)[1]
    )
    assert trace.activations["next"].any()


def test_wide_values_are_not_recoded() -> None:
    with pytest.raises(NetworkError, match="recode is for powers of two of up to 32768, only sends others"):
        check_network(second(op=SynapseOp.DIRECT, recode=np.zeros(RECODE_ENTRIES, np.int64)))


def test_wide_values_are_not_weights() -> None:
    narrow = Layer("rows", Shape(4), (Synapses("in", SynapseOp.DIRECT),), Li(ZERO, v_min=-8, v_max=7), 1)
    source = Input("in", Shape(4), 1, PayloadKind.SIGNED, -9, 9)
    uses = Synapses("in", SynapseOp.KV, rows="rows", weight_format=WeightFormat.INT4)
    layer = Layer("used", Shape(4), (uses,), Lif(ZERO + 1, ZERO))
    with pytest.raises(NetworkError, match="rows sends wide values, in several packets each, which are no weights"):
        check_network(Network("net", source, (narrow, layer), "used", Readout.NONE))
