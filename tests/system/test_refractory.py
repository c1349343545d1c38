"""Refractory periods: golden, simulator and RTL agree, what is left of a period included; a wrong bit of it is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError, Program
from shiftfire.energy.estimate import estimate_energy
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.values import IntArray
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, core_register_offset
from shiftfire_spec.fire import FIRE_CONTROL
from support.odd_chip import odd_chip
from support.one_round import run_sim
from support.random_chips import random_chip
from support.random_networks import RandomLimits
from support.verified_random import drawn_within, verify_until

CHIP = replace(odd_chip(), regions=16)
SPIKING = RandomLimits(shift_share=0.1, current_share=0.4, timesteps=12, spiking_share=0.8, refractory_share=0.7)
WITHOUT = replace(CHIP, refractory=False)


def periods(network: Network, inputs: IntArray) -> int:
    """Layers whose neurons would fire otherwise without their refractory periods."""
    found = 0
    for layer in network.layers:
        if layer.kind.refractory:
            other = replace(layer, neuron=replace(layer.kind, refractory=0))
            changed = replace(network, layers=tuple(other if x is layer else x for x in network.layers))
            ours, theirs = execute(network, inputs), execute(changed, inputs)
            found += not np.array_equal(ours.activations[layer.name], theirs.activations[layer.name])
    return found


def test_random_networks_on_an_odd_chip() -> None:
    verify_until(CHIP, drawn_within(SPIKING), periods, networks=14, wanted=5)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(4))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(90 + chip_seed), f"silent{chip_seed}", max_tiles=4)
    verify_until(chip, drawn_within(SPIKING), periods, networks=14, wanted=3, seed=1000 * chip_seed)


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    """Both kinds of neurons, periods that end and begin, a reset that is due after its period."""
    rng = np.random.default_rng(6)
    net, limits = NetworkBuilder("periods", input=12, timesteps=12), {"v_min": -2000, "v_max": 2000}
    current = {"current_leak": 2, "i_min": -300, "i_max": 300}
    net.dense("current", rng.integers(-4, 8, (8, 12)), neuron="cubalif", theta=12, leak=3, refractory=2, **current, **limits)
    net.dense("owed", rng.integers(-4, 8, (8, 8)), neuron="lif", theta=5, leak=4, delayed_reset=True, refractory=1, **limits)
    net.dense("out", rng.integers(-4, 8, (6, 8)), neuron="lif", theta=3, refractory=5, **limits)
    return compile_network(net.build(), CHIP, spread=False), (rng.random((4, 12, 12)) < 0.5).astype(np.int64)


def test_without_a_fault_it_passes(case: tuple[Program, IntArray]) -> None:
    program, inputs = case
    assert periods(program.network, inputs.reshape(4, 12, 12, 1, 1)) == 3
    assert verify(program, inputs, membranes=True).passed


@pytest.mark.parametrize(("layer", "bit"), [("current", 0), ("current", 1), ("owed", 0), ("owed", 3), ("out", 2)])
def test_a_flipped_bit_is_found(case: tuple[Program, IntArray], layer: str, bit: int) -> None:
    program, inputs = case
    tile = next(core.tile for core in program.cores if core.layer == layer)
    place = FIRE_CONTROL.offset("refractory") + bit
    fault = Fault(tile, Space.REGISTER, core_register_offset(FIRE_CONTROL), place)
    verification = verify(program, inputs, fault=fault, membranes=True)
    membrane = verification.first_membrane_divergence
    assert not verification.passed
    assert verification.first_divergence is not None or (membrane is not None and membrane.layer == f"{layer} (refractory)")


def test_the_rest_of_a_period_is_named(case: tuple[Program, IntArray]) -> None:
    """A period that is one too long shows in the step of the spike, when no packet tells."""
    program, inputs = case
    tile = next(core.tile for core in program.cores if core.layer == "out")
    fault = Fault(tile, Space.REGISTER, core_register_offset(FIRE_CONTROL), FIRE_CONTROL.offset("refractory") + 3)
    first = verify(program, inputs, fault=fault, membranes=True).first_membrane_divergence
    assert first is not None and (first.golden, first.rtl) == (5, 13)
    assert "layer out, " in first.sentence() and "the rest of the refractory period is 5 in golden, 13 in rtl" in first.sentence()


def test_chips_without() -> None:
    net = NetworkBuilder("n", input=4, timesteps=3).dense("only", np.eye(4), theta=3, v_min=-99, v_max=99, refractory=1)
    compile_network(net.build(), CHIP)
    with pytest.raises(CompileError, match="layer only: LIF needs refractory, chip odd has refractory = false"):
        compile_network(net.build(), WITHOUT)


def counted(program: Program, inputs: IntArray) -> IntArray:
    counters = run_sim(program, inputs).counters
    assert counters is not None
    return counters


def test_energy_charges_the_memory_of_cores_with_periods(case: tuple[Program, IntArray]) -> None:
    program, inputs = case
    counters = counted(program, inputs)
    parts = {part.name: part.count for part in estimate_energy(program, counters, 4, 1).merged().parts}
    for access in ("read", "write"):
        assert parts[f"memory:refractory {access}"] == parts[f"memory:membranes {access}"] > 0
    other = NetworkBuilder("n", input=4, timesteps=3).dense("only", np.eye(4), theta=3, v_min=-99, v_max=99)
    program = compile_network(other.build(), CHIP)
    counters = counted(program, np.ones((1, 3, 4), np.int64))
    parts = {part.name: part.count for part in estimate_energy(program, counters, 1, 1).merged().parts}
    assert "memory:refractory write" not in parts and parts["memory:membranes write"] > 0
    assert not any(
        "refractory" in part.name for part in estimate_energy(compile_network(other.build(), WITHOUT), counters, 1, 1).parts
    )
