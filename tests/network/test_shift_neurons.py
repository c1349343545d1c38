"""Neurons of the shift units: what they send, and their way through the container."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shiftfire.network.check import check_network
from shiftfire.network.container import load_network, save_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.registry import Neuron
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.neurons.table import Table
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.shift_units import DenominatorRule, GroupScale, LevelRounding, UnitOutput

ZERO = np.zeros(8, np.int64)
COUNTS, CODES = np.arange(32) % 16, np.arange(33) - 16
BSPN = Bspn(ZERO, ZERO + 6, ZERO, ZERO, group=4, guard=3)
NEURONS: dict[str, tuple[Neuron, PayloadKind, tuple[int, int]]] = {
    "ptsoftmax": (Ptsoftmax(ZERO + 1, 3, 4, DenominatorRule.CEIL), PayloadKind.POW2, (0, 1 << 14)),
    "ptsoftmax counts": (Ptsoftmax(ZERO, 0, 8, counts=COUNTS), PayloadKind.COUNT, (0, 15)),
    "bspn": (BSPN, PayloadKind.POW2, (-32, 32)),  # 2^(6 + 2) of y less 3 guard bits
    "bspn without a power": (replace(BSPN, shift=ZERO - 20), PayloadKind.POW2, (0, 0)),
    "bspn codes": (
        replace(BSPN, output=UnitOutput.TABLE, codes=CODES, scale=GroupScale.CEIL),
        PayloadKind.SIGNED,
        (-16, 16),
    ),
    "bspn requantised": (
        replace(BSPN, output=UnitOutput.REQUANT, requant_shift=4, hi=200, negative=ZERO + 1),
        PayloadKind.COUNT,
        (0, 200),
    ),
    "shiftlif": (
        ShiftLif(ZERO + 5, ZERO, 3, LevelRounding.LINEAR, (LeakTerm(2, True),), -9, 99, 7),
        PayloadKind.POW2,
        (0, 8),
    ),
    "table": (Table(ZERO, 2, COUNTS), PayloadKind.COUNT, (0, 15)),
    "signed table": (Table(ZERO, 2, COUNTS - 16), PayloadKind.SIGNED, (-16, 0)),
}


def network_of(neuron: Neuron, timesteps: int = 1) -> Network:
    layer = Layer("only", Shape(8, 2, 3), (Synapses("in", SynapseOp.DIRECT),), neuron, timesteps)
    return Network("shift", Input("in", Shape(8, 2, 3), 1, PayloadKind.COUNT, 0, 9), (layer,), "only", Readout.NONE)


@pytest.mark.parametrize("name", NEURONS)
def test_what_a_layer_sends(name: str) -> None:
    neuron, kind, limits = NEURONS[name]
    layer = check_network(network_of(neuron)).layers[0]
    assert (layer.payload_kind, layer.value_limits) == (kind, limits)


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


def test_constant_drive_is_for_membranes() -> None:
    check_network(network_of(NEURONS["shiftlif"][0], timesteps=4))
    with pytest.raises(
        NetworkError, match=r"only: timesteps = 4 .* for Lif and ShiftLif and MultiSpikeIf and Li and CubaLif and CubaLi only"
    ):
        check_network(network_of(NEURONS["table"][0], timesteps=4))
