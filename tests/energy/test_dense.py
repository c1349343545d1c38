"""The dense machines against numbers worked out by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from shiftfire.energy.clock import Unit
from shiftfire.energy.corners import Corner
from shiftfire.energy.dense.arithmetic import ARITHMETICS, FP32, INT8, INTEGERS, Arithmetic
from shiftfire.energy.dense.ideal import estimate_ideal
from shiftfire.energy.dense.machine import Machine, estimate_machine
from shiftfire.energy.dense.machines import MACHINES
from shiftfire.energy.dense.output_stationary import OutputStationary, ZeroSkipping
from shiftfire.energy.dense.weight_stationary import WeightStationary
from shiftfire.energy.dense.work import Product, activation_bits, dense_macs, work_of
from shiftfire.energy.hardware import tile_hardware
from shiftfire.energy.parts import Clock, EnergyEstimate
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.chip import load_chip
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat

ADD, COMPARE, HOP = 0.040, 0.018, 0.93  # pJ, typed from the sources
PAIR, STEADY, PRODUCT, PARTIAL = 0.00196, 0.00084, 0.034, 0.0156  # a pair of operand bits, the addition of a product
FLIT_BITS = 38
WEIGHT_READ = (0.69 + 1.045) / 2  # pJ, edge: 2048 x 16
WORD_READ, WORD_WRITE = (1.336 + 2.015) / 2, (1.264 + 2.253) / 2  # 1024 x 64: words of activations
EVERYTHING = {"in": 1.0, "conv": 1.0}


def lif(channels: int) -> Lif:
    return Lif(np.ones(channels, np.int64), np.zeros(channels, np.int64))


def network() -> Network:
    """Input 1x8x8 of 4 bits -> conv 3x3 to 2x8x8 (T=5) -> 2x2-summed dense to 10."""
    kernel = np.ones((2, 1, 3, 3), np.int64)
    conv = Layer("conv", Shape(2, 8, 8), (Synapses("in", SynapseOp.CONV2D, kernel, WeightFormat.INT4, padding=(1, 1)),), lif(2), 5)
    weights = np.ones((10, 32), np.int64)
    dense = Layer(
        "out", Shape(10), (Synapses("conv", SynapseOp.DENSE, weights, WeightFormat.INT8, pre_pool=2),), Argmax(np.zeros(10))
    )
    return Network("n", Input("in", Shape(1, 8, 8), 1, PayloadKind.COUNT, 0, 15), (conv, dense), "out", Readout.EVENT)


def test_bits_of_an_activation() -> None:
    def bits(timesteps: int) -> int:
        return activation_bits(Input("x", Shape(1), timesteps))

    assert [bits(t) for t in (1, 2, 3, 4, 5, 7, 8, 15, 16)] == [1, 2, 2, 3, 3, 3, 4, 4, 5]  # ceil(log2(T + 1))
    assert activation_bits(Input("x", Shape(1), 1, PayloadKind.COUNT, 0, 255)) == 8
    one = np.ones(1, np.int64)
    assert activation_bits(Layer("s", Shape(1), (), Count(one, one, -8, 7))) == 4


def test_by_hand() -> None:
    net = network()
    assert dense_macs(net) == 18 * 64 + 320
    pairs = 18 * 64 * 4 * 4 + 320 * 8 * 3
    products, pooled = 18 * 64 + 320, 2 * 64  # pre_pool sums all 128 inputs
    neurons = 128 + 10
    slices = (18 * 4 + 320 * 8) / 16  # of 16 lanes
    read, written = 64 / 16 + 128 / 21, 128 / 21 + 10 / 64  # words of 64 bits, activations of 4, 3 and 1 bits
    expected = (
        pairs * STEADY
        + products * PARTIAL
        + (pooled + neurons) * ADD
        + 2 * neurons * COMPARE
        + slices * WEIGHT_READ
        + read * WORD_READ
        + written * WORD_WRITE
        + (64 * 4 + 128 * 3) * HOP / FLIT_BITS
    )
    assert estimate_ideal(net, load_chip("edge"), 3, EVERYTHING).per_inference.nominal == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("machine", [OutputStationary(), WeightStationary()], ids=lambda machine: machine.name)
def test_the_ideal_machine_is_a_bound(machine: Machine) -> None:
    """At every corner, of what happens alone."""
    for chip, density in product(("nano", "edge", "server"), (1.0, 0.3, 0.0)):
        known = dict.fromkeys(EVERYTHING, density)
        ideal = estimate_ideal(network(), load_chip(chip), 1, known).per_inference
        built = estimate_machine(machine, INTEGERS, network(), load_chip(chip), 1, known).per_inference
        assert all(ideal.at(corner) < built.at(corner) for corner in Corner)


def test_other_synapses() -> None:
    net = network()
    pooled = Layer("p", Shape(2, 4, 4), (), lif(2))
    pool = Synapses("conv", SynapseOp.POOL, kernel=(2, 2), stride=(2, 2))
    assert (work_of(net, pooled, pool).macs, work_of(net, pooled, pool).additions) == (0, 128)
    same = Layer("d", Shape(2, 8, 8), (), lif(2))
    depthwise = Synapses("conv", SynapseOp.DEPTHWISE, np.ones((2, 3, 3), np.int64), WeightFormat.INT2, padding=(1, 1))
    assert work_of(net, same, depthwise).macs == 2 * 64 * 9
    direct = Synapses("conv", SynapseOp.DIRECT)
    assert (work_of(net, same, direct).macs, work_of(net, same, direct).additions) == (0, 128)
    repeated = Synapses("conv", SynapseOp.UPSAMPLE, kernel=(2, 1))
    assert work_of(net, Layer("u", Shape(2, 16, 8), (), lif(2)), repeated).additions == 256
    odd = Synapses("in", SynapseOp.DENSE, np.ones((10, 4), np.int64), WeightFormat.INT4, pre_pool=3)
    assert work_of(net, Layer("o", Shape(10), (), lif(10)), odd).additions == 36  # 2 x 2 windows of 3 x 3


def test_products_of_activations() -> None:
    """Two heads of 3 features on 5 tokens: the twin multiplies what this chip loads as dynamic weights."""
    inputs = Input("q", Shape(6, 5), 1, PayloadKind.SIGNED, -7, 7)
    keys = Layer("k", Shape(6, 5), (Synapses("q", SynapseOp.DIRECT),), Count(np.ones(6), np.zeros(6), 0, 3))
    qk = Synapses("q", SynapseOp.QK, weight_format=WeightFormat.INT4, rows="k", heads=2)
    scores = Layer("s", Shape(10, 5), (qk,), Count(np.ones(10), np.zeros(10)))
    pv = Synapses("s", SynapseOp.PV, weight_format=WeightFormat.INT4, rows="k", heads=2)
    out = Layer("o", Shape(6, 5), (pv,), Count(np.ones(6), np.zeros(6)))
    net = Network("n", inputs, (keys, scores, out), "o", Readout.NONE)
    work = work_of(net, scores, qk)
    assert (work.macs, work.weights, work.weight_bits, work.activation_bits) == (2 * 5 * 5 * 3, 0, 2, 4)
    assert work_of(net, out, pv).macs == 2 * 5 * 5 * 3
    kv = Synapses("q", SynapseOp.KV, weight_format=WeightFormat.INT4, rows="k", heads=2)
    assert work_of(net, Layer("kv", Shape(6, 3), (kv,), Count(np.ones(6), np.zeros(6))), kv).macs == 2 * 3 * 3 * 5


CYCLES = 64 * 9 + 32  # a group of 16 lanes holds both channels, and all ten outputs


def counts(estimate: EnergyEstimate) -> dict[str, float]:
    """Per inference, over the layers."""
    found: dict[str, float] = {}
    for part in estimate.parts:
        found[part.name] = found.get(part.name, 0.0) + part.count / estimate.samples
    return found


def test_output_stationary_by_hand() -> None:
    """Each cycle reads a weight of every lane and one activation, and clocks the sums; outputs are written once."""
    estimate = estimate_machine(OutputStationary(), INTEGERS, network(), load_chip("edge"), 3, EVERYTHING)
    found = counts(estimate)
    assert found["memory:weights read"] == 64 * 9 * 4 + 32 * 8  # slices: a bit of every lane's weight
    assert found["memory:activations read"] == pytest.approx(64 * 9 / 16 + 32 / 21)  # 16 of 4 bits and 21 of 3 bits in a word of 64
    assert found["memory:activations write"] == pytest.approx(128 / 21 + 10 / 64)
    assert found["registers:partial sums"] == CYCLES * 16 * 24
    parts = (found[name] * price for name, price in (("memory:weights read", WEIGHT_READ), ("memory:activations read", WORD_READ)))
    expected = sum(parts) + found["memory:activations write"] * WORD_WRITE + CYCLES * 384 * 0.002
    expected += (
        (18 * 64 * 16 + 320 * 24) * PAIR
        + (18 * 64 + 320) * PRODUCT
        + (128 + 138) * ADD
        + 276 * COMPARE
        + (256 + 384) * HOP / FLIT_BITS
    )
    assert estimate.per_inference.nominal == pytest.approx(expected, rel=1e-12)


def test_weight_stationary_by_hand() -> None:
    """Weights are read once; sums go to memory and back, but for the first product of each."""
    found = counts(estimate_machine(WeightStationary(), INTEGERS, network(), load_chip("edge"), 3, EVERYTHING))
    assert found["memory:weights read"] == 9 * 4 + 32 * 8
    assert found["memory:partial sums write"] == CYCLES
    assert found["memory:partial sums read"] == CYCLES - 64 - 1
    assert "registers:partial sums" not in found


def test_zeros_are_skipped() -> None:
    """A quarter of the input and half of the conv layer say something: so many cycles, and a bit looked at for each that could have been."""
    chip, some = load_chip("edge"), {"in": 0.25, "conv": 0.5}
    found = counts(estimate_machine(ZeroSkipping(), INTEGERS, network(), chip, 3, some))
    assert found["memory:weights read"] == pytest.approx(64 * 9 * 4 / 4 + 32 * 8 / 2)
    assert found["multiply"] == pytest.approx(18 * 64 * 16 / 4 + 320 * 24 / 2)
    assert found["memory:zeros read"] == pytest.approx(CYCLES / 64)
    full = counts(estimate_machine(OutputStationary(), INTEGERS, network(), chip, 3, EVERYTHING))
    all_of_it = counts(estimate_machine(ZeroSkipping(), INTEGERS, network(), chip, 3, EVERYTHING))
    assert {**full, "memory:zeros read": CYCLES / 64} == pytest.approx(all_of_it)


def test_zeros_toggle_nothing() -> None:
    """Integers of an output-stationary machine are charged where they are not zero; a weight-stationary one adds zeros to its sums all the same; fp32 has a price an operation."""
    some = {"in": 0.25, "conv": 0.5}

    def of(machine: Machine, arithmetic: Arithmetic) -> tuple[float, float]:
        found = counts(estimate_machine(machine, arithmetic, network(), load_chip("edge"), 3, some))
        return found["multiply"], found["accumulate"]

    pairs, products, pooled = 18 * 64 * 16 / 4 + 320 * 24 / 2, 18 * 64 / 4 + 320 / 2, 2 * 64
    assert of(OutputStationary(), INTEGERS) == pytest.approx((pairs, products + pooled))
    assert of(WeightStationary(), INTEGERS) == pytest.approx((pairs, 18 * 64 + 320 + pooled))
    assert of(OutputStationary(), FP32) == pytest.approx((18 * 64 + 320, 18 * 64 + 320 + pooled))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=lambda arithmetic: arithmetic.name)
def test_layers_add_up_and_samples_scale(machine: Machine, arithmetic: Arithmetic) -> None:
    one, five = (
        estimate_machine(machine, arithmetic, network(), load_chip("edge"), samples, {"in": 0.3, "conv": 0.6}) for samples in (1, 5)
    )
    for clock in Clock:
        assert one.total(clock).as_dict() == pytest.approx(five.total(clock).as_dict())
    assert sum(band.nominal for band in five.by_layer().values()) == pytest.approx(five.per_inference.nominal)
    assert set(five.by_layer()) == {"conv", "out"}


def test_the_clock_of_a_dense_machine() -> None:
    """A cycle clocks what a beat of the chip does; as built, all tiles are clocked while all of them work."""
    estimate = estimate_machine(OutputStationary(), INTEGERS, network(), load_chip("edge"), 1, EVERYTHING)
    hardware = tile_hardware(load_chip("edge"))
    as_built, gated = (estimate.sum_of(estimate.clocks[clock]).nominal for clock in Clock)
    assert as_built == pytest.approx(CYCLES * sum(unit.always for unit in hardware.bits.values()) * 0.002)
    assert gated == pytest.approx(CYCLES * hardware.bits[Unit.INTEGRATE].working * 0.002)


def test_other_arithmetic() -> None:
    """int8 takes its own multiplier and 8 slices a weight; fp32 32, two words for a partial sum of 32 bits, and two activations a word."""
    estimates = {
        a.name: counts(estimate_machine(WeightStationary(), a, network(), load_chip("edge"), 1, EVERYTHING)) for a in (INT8, FP32)
    }
    assert estimates["int8"]["memory:weights read"] == (9 + 32) * 8
    assert estimates["fp32"]["memory:weights read"] == (9 + 32) * 32
    assert estimates["fp32"]["memory:partial sums write"] == 2 * CYCLES
    assert estimates["fp32"]["memory:activations read"] == CYCLES / 2
    assert estimates["int8"]["multiply"] == estimates["fp32"]["multiply"] == 18 * 64 + 320


def test_groups_of_lanes() -> None:
    assert Product(1, 17, 3, 5).cycles(16) == 2 * 15
    assert Product(4, 2, 3, 5).cycles(16) == 4 * 15  # blocks share no activations, so no cycles
    assert Product(4, 2, 3, 5).operations == 4 * 2 * 15
