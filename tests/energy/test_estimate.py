"""Energy of a run against sums worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.program import CoreSlice, Program
from shiftfire.energy.estimate import estimate_energy, fire_operations
from shiftfire.energy.table import EnergyError
from shiftfire.network.graph import (
    Argmax,
    Bspn,
    Count,
    Input,
    Layer,
    LeakTerm,
    Lif,
    Network,
    Ptsoftmax,
    Readout,
    Requant,
    Shape,
    ShiftLif,
    SynapseOp,
    Synapses,
    Table,
)
from shiftfire_spec.chip import load_chip
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.shift_units import LevelRounding
from shiftfire_spec.weights import WeightFormat

ADD, SRAM, LOIHI = 0.05448, 0.098454, 3.0  # pJ, typed from the sources, not read from the table
FLIT_BITS = 2 + 8 + 20 + 8  # kind, tag, axon, payload


def program() -> Program:
    """Two layers on tiles 0 and 1 of a chip with 16 lanes, 4 fire lanes, 24-bit accumulators, 16-bit membranes."""
    zeros = np.zeros(4, np.int64)
    hidden = Layer(
        "hidden",
        Shape(4),
        (Synapses("in", SynapseOp.DENSE, np.ones((4, 3), np.int64), WeightFormat.INT4),),
        Lif(theta=zeros + 5, bias=zeros, leak=(LeakTerm(3),)),
        timesteps=2,
    )
    out = Layer(
        "out", Shape(2), (Synapses("hidden", SynapseOp.DENSE, np.ones((2, 4), np.int64), WeightFormat.PM1),), Argmax(zeros[:2])
    )
    network = Network("toy", Input("in", Shape(3), timesteps=2), (hidden, out), "out", Readout.EVENT)
    cores = (CoreSlice(0, "hidden", 0, 4, 0, 1, 1), CoreSlice(1, "out", 0, 2, 0, 1, 1))
    return Program(network, load_chip("edge"), cores, (), np.zeros((0, 2), np.uint32), spread=False, order=(0,))


def counters(**values: tuple[int, int]) -> np.ndarray:
    """Counters of the 16 tiles; ``values`` are those of tiles 0 and 1."""
    table = np.zeros((16, COUNTERS), np.int64)
    for name, (first, second) in values.items():
        table[0, Counter[name]], table[1, Counter[name]] = first, second
    return table


def test_by_hand() -> None:
    table = counters(
        LANE_ADDS=(100, 20),
        WEIGHT_SLICES=(40, 5),
        ACC_READS=(10, 2),
        ACC_WRITES=(11, 3),
        MEMBRANE_READS=(7, 0),
        MEMBRANE_WRITES=(8, 0),
        FIRE_STEPS=(8, 4),
        FLITS_EAST=(6, 0),
        FLITS_WEST=(0, 2),
        FLITS_LOCAL=(3, 6),
    )
    estimate = estimate_energy(program(), table, 2)
    fire = 8 * 4 * (2 + 1 + 2) + 4 * 4 * (1 + 1)  # LIF with one leak term; ARGMAX
    bits = 45 * 16 + 26 * 16 * 24 + 15 * 4 * 16 + 12 * 4 * 2 * 24
    expected = 120 * ADD + fire * ADD + bits * SRAM + 17 * FLIT_BITS * LOIHI
    assert estimate.picojoules == pytest.approx(expected, rel=1e-12)
    assert estimate.per_inference == pytest.approx(expected / 2, rel=1e-12)
    group = estimate.group()
    assert list(group) == ["accumulate", "fire", "memory", "movement"]
    assert group["memory"] == pytest.approx(bits * SRAM / 2, rel=1e-12)
    assert sum(group.values()) == pytest.approx(estimate.per_inference, rel=1e-12)


@pytest.mark.parametrize("counter", list(Counter))
def test_what_costs_energy(counter: Counter) -> None:
    """Cycles, events and beats cost nothing of their own; everything else does."""
    free = {
        Counter.INTEGRATE_BUSY,
        Counter.INTEGRATE_WAIT_EVENT,
        Counter.INTEGRATE_WAIT_FIRE,
        Counter.FIRE_BUSY,
        Counter.FIRE_STALL,
        Counter.EGRESS_WAIT_CREDIT,
        Counter.EGRESS_STALL,
        Counter.EVENTS_IN,
        Counter.VECTORS_IN,
        Counter.EVENTS_OUT,
        Counter.VECTORS_OUT,
        Counter.BEATS,
    }
    energy = estimate_energy(program(), counters(**{counter.name: (1, 1)}), 1).picojoules
    assert (energy == 0) == (counter in free)


def test_another_movement_constant() -> None:
    table = counters(FLITS_NORTH=(1, 0))
    for name, value in (("loihi", 3.0), ("script", 0.18), ("circuit", 0.25)):
        assert estimate_energy(program(), table, 1, movement=name).picojoules == pytest.approx(FLIT_BITS * value)
    with pytest.raises(EnergyError, match=r"movement constant 'warp': choose one of loihi, script, circuit"):
        estimate_energy(program(), table, 1, movement="warp")
    with pytest.raises(ValueError, match="samples = 0"):
        estimate_energy(program(), table, 0)


def test_fire_operations() -> None:
    one = np.ones(1, np.int64)
    assert fire_operations(Lif(one, one)) == {"accumulate": 2, "compare": 1, "subtract": 1}
    assert fire_operations(Count(one, one, 0, 15)) == {"accumulate": 1, "compare": 4, "subtract": 4}
    assert fire_operations(Count(one, one, -8, 8)) == {"accumulate": 1, "compare": 5, "subtract": 5}
    assert fire_operations(Requant(one, 3, 0, 15)) == {"accumulate": 2, "compare": 2, "subtract": 0}
    assert fire_operations(Argmax(one)) == {"accumulate": 1, "compare": 1, "subtract": 0}
    assert fire_operations(Ptsoftmax(one, 0, 1)) == {"accumulate": 5, "compare": 3, "subtract": 2}
    assert fire_operations(Bspn(one, one, one, one)) == {"accumulate": 5, "compare": 4, "subtract": 2}
    assert fire_operations(ShiftLif(one, one, 1, LevelRounding.LOG, (LeakTerm(1),))) == {
        "accumulate": 2,
        "compare": 2,
        "subtract": 2,
    }
    assert fire_operations(Table(one, 0, np.zeros(32, np.int64))) == {"accumulate": 2, "compare": 2, "subtract": 0}


def test_parameters_are_read_in_every_pass() -> None:
    base, table = program(), counters(FIRE_STEPS=(8, 4))
    hidden = base.network.layer("hidden")
    zeros = np.zeros(4, np.int64)
    three = replace(hidden, neuron=Ptsoftmax(zeros, 0, 4))
    passes = replace(base, network=replace(base.network, layers=(three, base.network.layer("out"))))
    read = [{p.name: p.count for p in estimate_energy(x, table, 1).parts}["memory:parameters"] for x in (base, passes)]
    assert read == [12 * 4 * 2 * 24, (3 * 8 + 4) * 4 * 2 * 24]


def test_document() -> None:
    document = estimate_energy(program(), counters(LANE_ADDS=(1, 0)), 1).as_dict()
    assert document["picojoules_per_inference"] == pytest.approx(ADD)
    assert {"name", "count", "constant", "constant_value", "constant_unit", "picojoules"} <= set(document["parts"][0])
