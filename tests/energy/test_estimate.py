"""Energy of a run against sums worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.program import CoreSlice, Program
from shiftfire.energy.clock import ClockedBits, Unit
from shiftfire.energy.corners import Corner
from shiftfire.energy.estimate import core_memories, estimate_energy, leakage
from shiftfire.energy.hardware import TileHardware, tile_hardware
from shiftfire.energy.parts import Clock, summed
from shiftfire.energy.sram import load_sram
from shiftfire.energy.table import EnergyError, load_table
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.kind import Operations
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.neurons.table import Table
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.chip import load_chip
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.shift_units import LevelRounding
from shiftfire_spec.weights import WeightFormat

ENDS = ("low", "nominal", "high")
ADD, LANE, COMPARE, LEAKY = (
    (0.018, 0.040, 0.0545),
    (0.024, 0.07, 0.15),
    (0.0067, 0.018, 0.0327),
    (0.115, 0.388, 0.528),
)  # pJ, typed from the sources, not read from the table
HOP, DELIVERY = (0.55, 0.93, 3.5), (0.35, 0.53, 1.7)


def memory(low_power: float, low_leakage: float) -> tuple[float, float, float]:
    """Low, nominal and high of two figures of CACTI."""
    return low_power, (low_power + low_leakage) / 2, 1.5 * low_leakage


WEIGHT, WEIGHT_WRITE = memory(0.69, 1.045), memory(0.367, 0.656)  # 2048 x 16
ACC, ACC_WRITE = memory(4.37, 7.241), memory(7.612, 13.564)  # 256 x 384
MEMBRANE, MEMBRANE_WRITE = memory(1.336, 2.015), memory(1.264, 2.253)  # 1024 x 64
PARAMETER = memory(1.536, 2.461)  # 256 x 192


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
        WEIGHT_WRITES=(0, 9),
        ACC_READS=(10, 2),
        ACC_WRITES=(11, 3),
        MEMBRANE_READS=(7, 0),
        MEMBRANE_WRITES=(8, 0),
        FIRE_STEPS=(8, 4),
        FLITS_EAST=(6, 0),
        FLITS_WEST=(0, 2),
        FLITS_LOCAL=(3, 6),
    )
    estimate = estimate_energy(program(), table, 2, 1000)
    leaky, additions, comparisons = 8 * 4, 4 * 4, 4 * 4  # LIF with leak; ARGMAX
    expected = {}
    for end, index in zip(ENDS, range(3), strict=True):
        words = 45 * WEIGHT[index] + 9 * WEIGHT_WRITE[index] + 12 * ACC[index] + 14 * ACC_WRITE[index]
        words += 7 * MEMBRANE[index] + 8 * MEMBRANE_WRITE[index] + 12 * PARAMETER[index]
        operations = 120 * LANE[index] + leaky * LEAKY[index] + additions * ADD[index] + comparisons * COMPARE[index]
        expected[end] = operations + words + 8 * HOP[index] + 9 * DELIVERY[index]
    assert list(estimate.per_inference.as_dict().items()) == [(end, pytest.approx(expected[end] / 2, rel=1e-12)) for end in ENDS]
    group = estimate.by_group()
    assert list(group) == ["accumulate", "fire", "memory", "movement"]
    assert group["movement"].nominal == pytest.approx((8 * 0.93 + 9 * 0.53) / 2, rel=1e-12)
    layers = estimate.by_layer()
    assert layers["hidden"].nominal == pytest.approx(
        sum(
            (
                100 * 0.07
                + 32 * 0.388
                + 40 * WEIGHT[1]
                + 10 * ACC[1]
                + 11 * ACC_WRITE[1]
                + 7 * MEMBRANE[1]
                + 8 * MEMBRANE_WRITE[1],
                8 * PARAMETER[1] + 6 * 0.93 + 3 * 0.53,
            )
        )
        / 2,
        rel=1e-12,
    )


def test_the_nominal_accesses_of_edge() -> None:
    """Rounded, as they are quoted: pJ per access of the memories of `edge`."""
    sram = load_sram(load_table().constant("sram_margin"))
    quoted = {"weights": (0.9, None), "accumulators": (5.8, 10.6), "membranes": (1.7, 1.8), "parameters": (2.0, None)}
    for name, values in quoted.items():
        for access, value in zip(("read", "write"), values, strict=True):
            if value is not None:
                assert sram.constant(*core_memories(load_chip("edge"))[name], access).value == pytest.approx(value, rel=0.04)


@pytest.mark.parametrize("counter", list(Counter))
def test_what_costs_energy(counter: Counter) -> None:
    """Cycles, events and beats cost nothing of their own; everything else does."""
    free = {
        Counter.INTEGRATE_BUSY,
        Counter.INTEGRATE_WAIT_EVENT,
        Counter.INTEGRATE_WAIT_FIRE,
        Counter.INTEGRATE_WAIT_DOWNSTREAM,
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
    energy = estimate_energy(program(), counters(**{counter.name: (1, 1)}), 1, 0).per_inference.nominal
    assert (energy == 0) == (counter in free)


def random_counters(seed: int) -> np.ndarray:
    """Counters of 16 tiles; those without a core pass packets on."""
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 1000, (16, COUNTERS))
    passing = [Counter.FLITS_NORTH, Counter.FLITS_EAST, Counter.FLITS_SOUTH, Counter.FLITS_WEST]
    table[2:, [counter for counter in Counter if counter not in passing]] = 0
    return table


@pytest.mark.parametrize("seed", range(3))
def test_parts_and_layers_add_up_to_the_whole(seed: int) -> None:
    """At every corner, and with what the clock and leakage take."""
    estimate = estimate_energy(program(), random_counters(seed), 3, 12_345)
    assert set(estimate.by_layer()) == {"hidden", "out", None}
    for corner in Corner:
        whole = estimate.per_inference.at(corner)
        assert sum(part.band.at(corner) for part in estimate.parts) / 3 == pytest.approx(whole, rel=1e-12)
        for split in (estimate.by_group(), estimate.by_layer()):
            assert sum(band.at(corner) for band in split.values()) == pytest.approx(whole, rel=1e-12)
        for clock in Clock:
            beside = [*estimate.clocks[clock], *estimate.leakage]
            more = sum(part.band.at(corner) for part in beside) / 3
            assert estimate.total(clock).at(corner) == pytest.approx(whole + more, rel=1e-12)
        assert estimate.merged().per_inference.at(corner) == pytest.approx(whole, rel=1e-12)


def test_rounds_add_up() -> None:
    first, second = (estimate_energy(program(), random_counters(seed), 3, 1000 + seed) for seed in (1, 2))
    both = summed([first, second])
    for clock in Clock:
        assert both.total(clock).high == pytest.approx(first.total(clock).high + second.total(clock).high, rel=1e-12)
    renamed = both.of_layers({"hidden": "out", "out": "out"}.__getitem__)
    assert set(renamed.by_layer()) == {"out", None} and renamed.per_inference.low == pytest.approx(both.per_inference.low)


def test_a_doubled_memory_costs_what_the_table_says() -> None:
    """Accumulators of 256 words of 192 bits against 384: both are sizes of the file."""
    table = counters(ACC_READS=(5, 0))
    narrow = replace(program(), chip=replace(load_chip("edge"), lanes=8))
    wide, half = (estimate_energy(x, table, 1, 0).per_inference for x in (program(), narrow))
    assert (wide.low, half.low) == pytest.approx((5 * 4.37, 5 * 1.536))
    assert wide.nominal / half.nominal == pytest.approx((4.37 + 7.241) / (1.536 + 2.461))


def test_the_clock_by_hand() -> None:
    """Of 16 tiles: as built every bit in every cycle, gated the bits of units that work."""
    table = counters(INTEGRATE_BUSY=(70, 20), VECTORS_IN=(2, 1), FIRE_BUSY=(5, 4), FLITS_EAST=(9, 0), EVENTS_OUT=(3, 0))
    estimate = estimate_energy(program(), table, 4, 500)
    bits = tile_hardware(load_chip("edge")).bits
    always = sum(unit.always for unit in bits.values())
    as_built, gated = (estimate.sum_of(estimate.clocks[clock]) for clock in Clock)
    assert as_built.nominal == pytest.approx(always * 16 * 500 * 0.002 / 4)
    working = {Unit.INTEGRATE: 93, Unit.FIRE: 9, Unit.ROUTER: 9, Unit.EGRESS: 3}
    assert gated.low == pytest.approx(sum(bits[unit].working * cycles for unit, cycles in working.items()) * 0.001 / 4)
    assert (as_built.low, as_built.high) == pytest.approx((0.5 * as_built.nominal, 1.5 * as_built.nominal))


def test_leakage_by_hand() -> None:
    """Two microseconds of a chip with two tiles at 50 MHz: milliwatts times time, of every memory that is one."""
    hardware = TileHardware({unit: ClockedBits(0, 0) for unit in Unit}, ((256, 384, 2), (1024, 64, 1)))
    parts = leakage(hardware, load_sram(load_table().constant("sram_margin")), 2, 100, 50.0)
    low, high = (sum(getattr(part.band, end) for part in parts) for end in ("low", "high"))
    assert low == pytest.approx(2 * 2000 * (2 * 0.00026 + 0.00019))  # mW x ns = pJ
    assert high == pytest.approx(1.5 * 2 * 2000 * (2 * 0.107 + 0.07503))


def test_another_movement_constant() -> None:
    """A flit is charged as one thing, not by its bits."""
    table = counters(FLITS_NORTH=(1, 0), FLITS_LOCAL=(0, 1))
    for name, (hop, delivery) in {"dsent": (0.93, 0.53), "loihi": (3.5, 1.7)}.items():
        assert estimate_energy(program(), table, 1, 0, movement=name).per_inference.nominal == pytest.approx(hop + delivery)
    with pytest.raises(EnergyError, match=r"movement constant 'warp': choose one of dsent, loihi"):
        estimate_energy(program(), table, 1, 0, movement="warp")
    with pytest.raises(ValueError, match="samples = 0"):
        estimate_energy(program(), table, 0, 0)


def test_fire_operations() -> None:
    one = np.ones(1, np.int64)
    assert Lif(one, one).operations == Operations(2, 1, 1)
    assert Lif(one, one, (LeakTerm(1), LeakTerm(3))).operations == Operations(0, 0, 0, 1)
    assert Count(one, one, 0, 15).operations == Operations(1, 0, division_step=4)
    assert Count(one, one, -8, 8).operations == Operations(1, 0, division_step=5)
    assert Requant(one, 3, 0, 15).operations == Operations(2, 2, 0)
    assert Argmax(one).operations == Operations(1, 1, 0)
    assert Ptsoftmax(one, 0, 1).operations == Operations(3, 0, softmax_entry=1)
    assert Bspn(one, one, one, one).operations == Operations(2, 0, norm_channel=1)
    assert ShiftLif(one, one, 1, LevelRounding.LOG, (LeakTerm(1),)).operations == Operations(2, 2, 2)
    assert Table(one, 0, np.zeros(32, np.int64)).operations == Operations(2, 2, 0)
    assert MultiSpikeIf(one, one, (LeakTerm(1),), hi=9).operations == Operations(2, 1, 1, division_step=4)


def test_parameters_are_read_in_every_pass() -> None:
    base, table = program(), counters(FIRE_STEPS=(8, 4))
    hidden = base.network.layer("hidden")
    zeros = np.zeros(4, np.int64)
    three = replace(hidden, neuron=Ptsoftmax(zeros, 0, 4))
    passes = replace(base, network=replace(base.network, layers=(three, base.network.layer("out"))))
    read = [
        {p.name: p.count for p in estimate_energy(x, table, 1, 0).merged().parts}["memory:parameters read"] for x in (base, passes)
    ]
    assert read == [12, 3 * 8 + 4]


def test_document() -> None:
    document = estimate_energy(program(), counters(LANE_ADDS=(1, 0)), 1, 0).as_dict()
    assert document["picojoules_per_inference"] == pytest.approx(0.07)
    assert (document["picojoules_per_inference_low"], document["picojoules_per_inference_high"]) == pytest.approx((0.024, 0.15))
    assert document["parts"][0] == {
        "name": "accumulate",
        "layer": None,
        "count": 1,
        "what": "lane operations",
        "factor": 1.0,
        "constant": "lane_operation",
        "constant_value": 0.07,
        "constant_low": 0.024,
        "constant_high": 0.15,
        "constant_unit": "pJ",
        "picojoules": 0.07,
    }
