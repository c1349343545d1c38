"""Delays of any length: golden, simulator and RTL agree, a sample leaves nothing to the next, and what breaks the ring is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import if_, input_node, output_node
from quantise.test_from_nir import SOFT, dyadic, spikes
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import core_program, ordered_intakes
from shiftfire.compiler.program import CompileError, Program
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.cycle.configuration import Configuration, configure
from shiftfire.energy.estimate import estimate_energy
from shiftfire.golden.execute import execute
from shiftfire.network.check import check_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.input_sets import Inputs
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.system import simulate
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, core_register_offset, group_register_offset
from shiftfire_spec.core_program import Opcode
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.stream import GROUP_AHEAD, RING
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip
from support.one_round import run_sim
from support.random_chips import random_chip
from support.random_recurrence import random_recurrent_network
from support.verified_random import verify_until

STEPS, SIZE = 9, 6


def rings_used(network: Network) -> bool:
    return any(intake.ahead for layer in network.layers for intake in ordered_intakes(network, layer))


def keeps_sums(network: Network, _: Inputs) -> int:
    """Whether the network keeps sums for later steps."""
    return int(rings_used(network))


def test_random_networks_on_an_odd_chip() -> None:
    verify_until(odd_chip(), random_recurrent_network, keeps_sums, networks=12, wanted=6)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(4))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = replace(random_chip(np.random.default_rng(40 + chip_seed), f"delays{chip_seed}", max_tiles=6), delay_words=200)
    verify_until(chip, random_recurrent_network, keeps_sums, networks=15, wanted=6, seed=1000 * chip_seed)


def line(*delays: int, steps: int = STEPS) -> Network:
    """A layer that hands its input on after each of the ``delays``, each time as its own power of two."""
    source = Input("in", Shape(SIZE), steps, PayloadKind.UNIT, 0, 1)
    synapses = tuple(Synapses("in", SynapseOp.DIRECT, scale=number, delay=delay) for number, delay in enumerate(delays))
    layer = Layer("a", Shape(SIZE), synapses, Requant(np.zeros(SIZE, np.int64), 0, 0, 127), steps)
    return check_network(Network("line", source, (layer,), "a", Readout.SUM))


@pytest.mark.parametrize("delays", [(0, 1), (2,), (1,), (1, 3, 3), (32, 5), (8, 9, 63), (4, 0, 2)])
def test_a_delay_line(delays: tuple[int, ...]) -> None:
    """Each value comes out after its delays and never in another sample: said here by indices alone."""
    rng = np.random.default_rng(sum(delays))
    steps = 36 if max(delays) == 32 else STEPS
    inputs = (rng.random((3, steps, SIZE)) < 0.5).astype(np.int64)
    want = np.zeros((3, steps, SIZE), np.int64)
    for number, delay in enumerate(delays):
        want[:, delay:] += inputs[:, : max(0, steps - delay)] << number
    network = line(*delays, steps=steps)
    assert np.array_equal(execute(network, inputs).activations["a"][..., 0, 0], want)
    verify(compile_network(network, odd_chip()), inputs).assert_equal()


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    """Two words of sums per step, ahead of them by 0, 2 and 3; three samples."""
    rng = np.random.default_rng(1)
    return compile_network(line(0, 2, 3), odd_chip()), (rng.random((3, STEPS, SIZE)) < 0.5).astype(np.int64)


def test_the_cost_of_a_step(case: tuple[Program, IntArray]) -> None:
    """W words move in W cycles, in every step but the first; nothing else of a sample is longer than it is without a ring."""
    program, inputs = case
    code = core_program(program.network, program.network.layer("a"))
    assert [i.opcode for i in code].count(Opcode.STEP) == 2 and code[0].first and code[0].count == STEPS - 1
    counters = run_sim(program, inputs).counters.sum(axis=0)
    words, moved = 2, 3 * (STEPS - 1) * 2
    assert program.cores[0].channels == SIZE and words == -(-SIZE // odd_chip().lanes)
    assert counters[Counter.INTEGRATE_BUSY] == counters[Counter.BEATS] + moved
    assert counters[Counter.ACC_WRITES] - counters[Counter.ACC_READS] == moved


def test_energy_charges_the_ring(case: tuple[Program, IntArray]) -> None:
    program, inputs = case
    counters = run_sim(program, inputs).counters
    parts = {part.name: part.count for part in estimate_energy(program, counters, 3, 1).merged().parts}
    assert parts["memory:later sums read"] > 0 and "memory:accumulators read" not in parts


@pytest.mark.parametrize(
    ("layout", "field", "bit"), [(RING, "words", 1), (RING, "length", 1), (GROUP_AHEAD, "words", 1), (GROUP_AHEAD, "steps", 1)]
)
def test_a_flipped_bit_is_found(case: tuple[Program, IntArray], layout: Any, field: str, bit: int) -> None:
    program, inputs = case
    offset = core_register_offset(layout) if layout is RING else group_register_offset(1, layout)
    fault = Fault(program.cores[0].tile, Space.REGISTER, offset, layout.offset(field) + bit)
    assert not verify(program, inputs, fault=fault).passed


@pytest.mark.parametrize("what", ["words", "ahead"])
def test_a_wrong_constant_in_the_kernels_is_found(
    case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def wrong(*arguments: Any, **options: Any) -> Configuration:
        right = configure(*arguments, **options)
        if what == "words":
            return right._replace(ring_words=right.ring_words + 1)
        groups = right.groups.copy()
        groups["ahead"][:, 2] = 0
        return right._replace(groups=groups)

    monkeypatch.setattr(simulate, "configure", wrong)
    assert not verify(*case).passed


def test_rounds_hand_delayed_vectors_over() -> None:
    rng = np.random.default_rng(2)
    network = line(0, 1)
    second = Layer(
        "b",
        Shape(4),
        (
            Synapses("a", SynapseOp.DENSE, rng.integers(-2, 3, (4, SIZE)), WeightFormat.INT4, delay=3),
            Synapses("in", SynapseOp.DENSE, rng.integers(-2, 3, (4, SIZE)), WeightFormat.INT4),
        ),
        Requant(np.zeros(4, np.int64), 0, -100, 100),
        STEPS,
    )
    network = check_network(replace(network, layers=(*network.layers, second), output="b"))
    inputs = (rng.random((2, STEPS, SIZE)) < 0.5).astype(np.int64)
    schedule = compile_rounds(network, replace(odd_chip(), regions=16), most_layers=1)
    assert len(schedule.rounds) == 2
    verify(schedule, inputs).assert_equal()


def test_nir_delay_nodes() -> None:
    """A Delay before the neurons, and a path around it: the float interpreter's spikes, exactly."""
    rng = np.random.default_rng(3)
    nodes = {
        "in": input_node(16),
        "fc": nir.Affine(dyadic(rng, 8, 16), np.zeros(8)),
        "late": nir.Delay(np.full(8, 4.0)),
        "n1": if_(8, theta=1.5),
        "fc2": nir.Affine(dyadic(rng, 5, 8), np.zeros(5)),
        "late2": nir.Delay(np.full(5, 2.0)),
        "fc3": nir.Affine(dyadic(rng, 5, 8), np.zeros(5)),
        "n2": if_(5, theta=1.5),
        "out": output_node(5),
    }
    edges = [("in", "fc"), ("fc", "late"), ("late", "n1"), ("n1", "fc2"), ("fc2", "late2"), ("late2", "n2"), ("n1", "fc3")]
    edges += [("fc3", "n2"), ("n2", "out")]
    x = spikes(rng, 6, 20, 16)
    net = sf.from_nir(nir.NIRGraph(nodes, edges), SOFT, calibrate=x, chip=odd_chip())
    assert [layer.agreement for layer in net.fidelity.layers] == [1.0, 1.0]  # type: ignore[union-attr]
    assert net.fidelity.layers[1].rate_float > 0.05  # type: ignore[union-attr]
    assert [[s.delay for s in layer.synapses] for layer in net.network.layers] in ([[4], [2, 0]], [[4], [0, 2]])
    verify(compile_network(net.network, odd_chip()), net.integers(x[:2])).assert_equal()


def test_refusals() -> None:
    for chip, words in (
        (
            replace(odd_chip(), delay_words=0),
            r"layer a: its delays keep sums for 3 steps, chip odd has delay_words = 0; take a chip",
        ),
        (replace(odd_chip(), chains=False), "several synapses from in"),
        (replace(odd_chip(), delay_words=2), "needs delay_words = 3, the limit is 2; use shorter delays"),
    ):
        with pytest.raises(CompileError, match=words):
            compile_network(line(0, 2, 3), chip)
