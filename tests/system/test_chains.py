"""Several synapses from one source: all three executions agree, and what breaks a chain is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import ordered_intakes
from shiftfire.compiler.mapping.work import core_cycles
from shiftfire.compiler.program import CompileError, Program
from shiftfire.cycle.configuration import Configuration, configure
from shiftfire.golden.execute import execute
from shiftfire.network.check import check_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.input_sets import Inputs
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, NetworkError, Shape
from shiftfire.system import simulate
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, group_register_offset
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.stream import GROUP_CONTROL, RECODE_ENTRIES
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network
from support.random_recurrence import random_recurrent_network
from support.verified_random import verify_until

STEPS = 4
CHAINED = RandomLimits(chains_share=0.8, ends_share=0.1)


def chains_of(network: Network) -> int:
    """Groups that another one of a chain follows."""
    return sum(intake.chain for layer in network.layers for intake in ordered_intakes(network, layer))


def draw_chains(rng: np.random.Generator, chip: ChipConfig) -> tuple[Network, Inputs]:
    """Every third network has feedback."""
    return random_recurrent_network(rng, chip) if rng.random() < 1 / 3 else random_network(rng, chip, CHAINED)


def shown_chains(network: Network, _: Inputs) -> int:
    return chains_of(network)


def test_random_networks_on_an_odd_chip() -> None:
    verify_until(odd_chip(), draw_chains, shown_chains, networks=15, wanted=9)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(4))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(80 + chip_seed), f"chains{chip_seed}", max_tiles=6)
    verify_until(chip, draw_chains, shown_chains, networks=15, wanted=6, seed=1000 * chip_seed)


def mixed(rng: np.random.Generator) -> Network:
    """One source by four synapses of all kinds, whose beats are many and few; a second layer sums over time."""
    source = Input("in", Shape(6, 5, 5), STEPS, PayloadKind.SIGNED, -5, 5)
    window = {"kernel": (3, 3), "padding": (1, 1)}
    synapses = (
        Synapses("in", SynapseOp.DIRECT, scale=2),
        Synapses("in", SynapseOp.CONV2D, rng.integers(-8, 8, (6, 6, 3, 3)), WeightFormat.INT4, 1, **window),  # type: ignore[arg-type]
        Synapses("in", SynapseOp.POOL, stride=(1, 1), **window),  # type: ignore[arg-type]
        Synapses("in", SynapseOp.DEPTHWISE, rng.choice([-1, 1], (6, 3, 3)), WeightFormat.PM1, **window),  # type: ignore[arg-type]
    )
    limits = {"v_min": -3000, "v_max": 3000}
    mid = Layer("mid", Shape(6, 5, 5), synapses, Lif(np.full(6, 60), np.zeros(6, int), **limits), STEPS)  # type: ignore[arg-type]
    halves = [
        Synapses("mid", SynapseOp.DENSE, rng.integers(-2, 2, (7, 150)), WeightFormat.INT2),
        Synapses("mid", SynapseOp.DENSE, rng.integers(0, 2, (7, 150)), WeightFormat.BIT, 3),
    ]
    out = Layer("out", Shape(7), tuple(halves), Requant(np.zeros(7, np.int64), 1, -100, 100), 1)
    return check_network(Network("mixed", source, (mid, out), "out", Readout.SUM))


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    rng = np.random.default_rng(3)
    inputs = rng.integers(-5, 6, (3, STEPS, 6, 5, 5)) * (rng.random((3, STEPS, 6, 5, 5)) < 0.4)
    return compile_network(mixed(rng), odd_chip(), spread=False), inputs


def test_four_kinds_of_synapses_from_one_source(case: tuple[Program, IntArray]) -> None:
    program, inputs = case
    verify(program, inputs).assert_equal()
    assert execute(program.network, inputs).activations["mid"].any() and chains_of(program.network) == 4


def test_sums_of_a_chain_are_those_of_merged_weights() -> None:
    """Independent of how a chain is executed: two dense synapses from one source are one with their weights added."""
    rng = np.random.default_rng(4)
    one, other = rng.integers(-8, 8, (9, 12)), rng.integers(-8, 8, (9, 12))
    neuron = Lif(np.full(9, 20), np.zeros(9, int), v_min=-200, v_max=200)
    source = Input("in", Shape(12), STEPS, PayloadKind.UNIT, 0, 1)

    def network(*synapses: Synapses) -> Network:
        return Network("n", source, (Layer("a", Shape(9), synapses, neuron, STEPS),), "a", Readout.SUM)

    chained = network(*(Synapses("in", SynapseOp.DENSE, w, WeightFormat.INT4, scale) for w, scale in ((one, 0), (other, 1))))
    merged = network(Synapses("in", SynapseOp.DENSE, one + 2 * other, WeightFormat.INT8))
    inputs = (rng.random((4, STEPS, 12)) < 0.4).astype(np.int64)
    spikes = [execute(n, inputs).activations["a"] for n in (chained, merged)]
    assert spikes[0].any() and np.array_equal(*spikes)
    verify(compile_network(chained, odd_chip()), inputs).assert_equal()


def test_recode_within_a_chain() -> None:
    """The same powers of two, as they are and recoded by a table of the second group's own."""
    rng = np.random.default_rng(5)
    source = Input("in", Shape(10), STEPS, PayloadKind.POW2, -8, 8)
    table = rng.integers(-20, 21, RECODE_ENTRIES)
    weights = rng.integers(-8, 8, (2, 9, 10))
    synapses = tuple(
        Synapses("in", SynapseOp.DENSE, w, WeightFormat.INT4, recode=r) for w, r in zip(weights, (None, table), strict=True)
    )
    layer = Layer("a", Shape(9), synapses, Requant(np.zeros(9, np.int64), 3, -100, 100), STEPS)
    network = check_network(Network("n", source, (layer,), "a", Readout.SUM))
    inputs = rng.choice([-8, -4, -2, -1, 0, 1, 2, 4, 8], (3, STEPS, 10))
    verify(compile_network(network, odd_chip()), inputs).assert_equal()


def test_the_work_estimate_knows_two_cycles() -> None:
    """A chain of direct synapses, a beat each: twice the cycles per event and entry of a single one."""
    source = Input("in", Shape(8), 1, PayloadKind.UNIT, 0, 1)
    chip = odd_chip()

    def cycles(count: int) -> float:
        synapses = tuple(Synapses("in", SynapseOp.DIRECT) for _ in range(count))
        layer = Layer("a", Shape(8), synapses, Lif(np.ones(8, int), np.zeros(8, int), v_min=-9, v_max=9), 1)
        program = compile_network(Network("n", source, (layer,), "a", Readout.SUM), chip, spread=False)
        return core_cycles(program.network, program.cores[0], chip)

    assert cycles(2) == 4 * cycles(1) and cycles(3) == 6 * cycles(1)


@pytest.mark.parametrize(
    ("layer", "group", "field"), [("mid", 0, "chain"), ("mid", 2, "chain"), ("out", 0, "chain"), ("out", 1, "scale")]
)
def test_a_flipped_bit_is_found(case: tuple[Program, IntArray], layer: str, group: int, field: str) -> None:
    program, inputs = case
    tile = next(core.tile for core in program.cores if core.layer == layer)
    fault = Fault(tile, Space.REGISTER, group_register_offset(group, GROUP_CONTROL), GROUP_CONTROL.offset(field))
    found = verify(program, inputs, fault=fault)
    assert not found.passed


def test_a_chain_that_the_kernels_miss_is_found(case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any, **options: Any) -> Configuration:
        right = configure(*arguments, **options)
        groups = right.groups.copy()
        groups["chain"][:, 2] = 0
        return right._replace(groups=groups)

    monkeypatch.setattr(simulate, "configure", wrong)
    found = verify(*case)
    assert not found.passed and found.counter_differences


def test_refusals() -> None:
    network = mixed(np.random.default_rng(3))
    for name in ("nano", "ulx3s"):
        with pytest.raises(
            CompileError, match=f"layer mid: several synapses from in .* needs chains, chip {name} has chains = false"
        ):
            compile_network(network, replace(load_chip(name), requant=True))
    with pytest.raises(CompileError, match="stream_groups = 4, the limit is 3"):
        compile_network(network, replace(odd_chip(), stream_groups=3, wide_values=False))
    source = Input("in", Shape(4, 3), 1, PayloadKind.UNIT, 0, 1)
    twice = Layer(
        "a", Shape(3, 3), (Synapses("in", SynapseOp.QK, None, WeightFormat.BIT, rows="in"),), Requant(np.zeros(3, int), 0, 0, 9), 1
    )
    with pytest.raises(NetworkError, match=r"layer a names a source twice .in., once for weights that another layer sends"):
        check_network(Network("n", source, (twice,), "a", Readout.NONE))
