"""Networks with feedback: golden, sim and RTL agree, and `verify` sees what breaks the loop or ends the run too early."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.backends.golden import Golden
from shiftfire.backends.rtl import run_rtl
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import core_program
from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.cycle.configuration import Configuration, configure
from shiftfire.host.image import program_image
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.system import simulate
from shiftfire.system.plan import RunPlan
from shiftfire.verification.compare import compare
from shiftfire.verification.verify import Verification, verify
from shiftfire_spec.address import Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.image import HEADER_INDEX, RUN
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip
from support.one_core import one_core
from support.one_round import plan_run, run_sim
from support.random_chips import random_chip
from support.random_recurrence import FEEDBACK_LIMITS, random_recurrent_network

STEPS = 9


def _assert_zero(verification: Verification, what: str) -> None:
    where = verification.first_divergence.sentence() if verification.first_divergence else ""
    assert verification.passed and verification.cycles_sim == verification.cycles_rtl, f"{what}: {where} {verification.as_dict()}"
    assert verification.events_compared > 0


def _verify_random(chip: ChipConfig, seed: int, **limits: Any) -> None:
    network, inputs = random_recurrent_network(np.random.default_rng(seed), chip, replace(FEEDBACK_LIMITS, **limits))
    _assert_zero(verify(compile_network(network, chip), inputs), f"chip {chip.name}, random_recurrent_network seed {seed}")


@pytest.mark.parametrize("seed", range(20))
def test_random_networks_on_an_odd_chip(seed: int) -> None:
    _verify_random(odd_chip(), seed)


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_on_one_core(seed: int) -> None:
    """A layer that feeds itself, its packets from the router's local input to its local output."""
    _verify_random(one_core(), seed, channels=8, extent=3, layers=1)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(2))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(300 + chip_seed), f"feedback{chip_seed}", max_tiles=9)
    for seed in range(12):
        _verify_random(chip, 1000 * chip_seed + seed)


def _dense(rng: np.random.Generator, source: str, outputs: int, inputs: int, delay: int = 0) -> Synapses:
    return Synapses(source, SynapseOp.DENSE, rng.integers(-2, 3, (outputs, inputs)), WeightFormat.INT4, delay=delay)


def _loop(rng: np.random.Generator) -> Network:
    """A hidden layer over several cores that feeds itself and is fed by the output; a layer before it, for rounds."""
    lif = {"leak": (LeakTerm(3),), "v_min": -200, "v_max": 200}
    layers = (
        Layer("first", Shape(8), (_dense(rng, "in", 8, 10),), Count(np.full(8, 2), np.full(8, 1), 0, 3), STEPS),
        Layer(
            "hidden",
            Shape(12),
            (_dense(rng, "first", 12, 8), _dense(rng, "hidden", 12, 12, 1), _dense(rng, "out", 12, 6, 1)),
            Lif(np.full(12, 5), np.ones(12, np.int64), **lif),
            STEPS,
        ),
        Layer("out", Shape(6), (_dense(rng, "hidden", 6, 12),), Lif(np.full(6, 3), np.zeros(6, np.int64), **lif), STEPS),
    )
    return Network("loop", Input("in", Shape(10), STEPS), layers, "out", Readout.SUM)


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    rng = np.random.default_rng(8)
    program = compile_network(_loop(rng), odd_chip())
    assert sum(core.layer == "hidden" for core in program.cores) > 1
    return program, (rng.random((3, STEPS, 10, 1, 1)) < 0.4).astype(np.int64)


def test_a_layer_over_several_cores(case: tuple[Program, IntArray]) -> None:
    _assert_zero(verify(*case), "loop")


def test_a_firmware_image_says_that_it_drains(case: tuple[Program, IntArray]) -> None:
    words = program_image([plan_run(*case)])
    record = int(words[HEADER_INDEX["RUNS"]])
    assert words[record + [word.name for word in RUN].index("DRAIN")] == 1


def test_in_rounds(case: tuple[Program, IntArray]) -> None:
    """The loop's round drains, the one before does not."""
    program, inputs = case
    schedule = compile_rounds(program.network, program.chip, most_layers=2)
    assert [len(part.program.network.layers) for part in schedule.rounds] == [1, 2]
    _assert_zero(verify(schedule, inputs), "loop in rounds")


def test_a_vector_that_is_not_dropped_is_found(case: tuple[Program, IntArray]) -> None:
    """The flag of the last step's vectors, flipped in the RTL: their sums end up in the next sample's first step."""
    program, inputs = case
    core = next(c for c in program.cores if c.layer == "hidden")
    code = core_program(program.network, program.network.layer("hidden"))
    place = next(i for i, instruction in enumerate(code) if instruction.discard)
    verification = verify(program, inputs, fault=Fault(core.tile, Space.PROGRAM, place, INSTRUCTION.offset("discard")))
    assert not verification.passed and verification.first_divergence is not None


def test_vectors_that_are_dropped_always_are_found(case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that never drop: beats where the RTL has none."""

    def wrong(*arguments: Any, **options: Any) -> Configuration:
        right = configure(*arguments, **options)
        code = right.program.copy()
        code[..., [f.name for f in INSTRUCTION].index("discard")] = 0
        return right._replace(program=code)

    monkeypatch.setattr(simulate, "configure", wrong)
    assert not verify(*case).passed


class Undrained(RunPlan):
    """A run that ends with the last END."""

    drains = False  # type: ignore[assignment]


def test_a_run_that_does_not_wait_is_found(case: tuple[Program, IntArray]) -> None:
    """Without the drain bit the RTL's run ends before the last vectors are back, and the simulator's likewise: golden knows of more."""
    program, inputs = case
    plan = plan_run(program, inputs)
    assert plan.drains
    early = Undrained(**{f.name: getattr(plan, f.name) for f in fields(plan)})
    rtl = run_rtl([early], trace=True)[0]
    golden, sim = Golden().run([plan], trace=True)[0], run_sim(program, inputs, trace=True)
    assert rtl.cycles is not None and sim.cycles is not None and rtl.cycles < sim.cycles
    assert not compare(program, golden, sim, rtl).passed


def test_the_bit_changes_nothing_but_the_end() -> None:
    """A network without feedback, drained: the same events in the same cycles, and two cycles more for the registers to show it."""
    rng = np.random.default_rng(2)
    layer = Layer("out", Shape(6), (_dense(rng, "in", 6, 10),), Count(np.full(6, 2), np.zeros(6, np.int64), 0, 3), 4)
    program = compile_network(Network("plain", Input("in", Shape(10), 4), (layer,), "out", Readout.SUM), odd_chip())
    plan = plan_run(program, (rng.random((2, 4, 10, 1, 1)) < 0.4).astype(np.int64))
    drained = type("Drained", (RunPlan,), {"drains": True})(**{f.name: getattr(plan, f.name) for f in fields(plan)})
    one, two = (run_rtl([given], trace=True)[0] for given in (plan, drained))
    assert np.array_equal(one.events, two.events)  # type: ignore[arg-type]
    assert one.cycles is not None and two.cycles == one.cycles + 2
