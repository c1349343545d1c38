"""Leaks of each channel or neuron: golden, simulator and RTL agree, and a wrong bit is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.energy.estimate import estimate_energy
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs
from shiftfire.network.neurons.membrane import LeakTerm, leak_array
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, core_register_offset, leak_offset
from shiftfire_spec.chip import load_chip
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.errors import ContractError
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_LEAK, LEAK_TERMS
from support.odd_chip import odd_chip
from support.random_chips import random_chip
from support.random_networks import RandomLimits
from support.verified_random import drawn_within, verify_until

CHIP = replace(odd_chip(), parameter_groups=64)
LIMITS = RandomLimits(extent=6, shift_share=0.2, current_share=0.4, spiking_share=0.3, each_share=0.2, leaks_share=0.9)


def shown(network: Network, _: Inputs) -> int:
    """Layers with leaks of channels or neurons."""
    return sum(layer.kind.neuron_leaks for layer in network.layers)


def test_random_networks_on_an_odd_chip() -> None:
    verify_until(CHIP, drawn_within(LIMITS), shown, networks=24, wanted=15)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(4))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(140 + chip_seed), f"leaks{chip_seed}", max_tiles=4)
    verify_until(chip, drawn_within(LIMITS), shown, networks=12, wanted=5, seed=1000 * chip_seed)


def drawn(rng: np.random.Generator, count: int) -> np.ndarray:
    return leak_array([tuple(LeakTerm(int(rng.integers(1, 6)), bool(k)) for k in range(rng.integers(1, 3))) for _ in range(count)])


def network() -> Network:
    """CUBALIF with currents that leak otherwise in every channel, LIF that does at every position, and LI."""
    rng = np.random.default_rng(11)
    net, limits = NetworkBuilder("leaks", input=(2, 6, 5), timesteps=6), {"v_min": -2000, "v_max": 2000}
    currents = {"i_min": -2000, "i_max": 2000, "current_leak": drawn(rng, 6)}
    field = drawn(rng, 180).reshape(LEAK_TERMS, 6, 6, 5)
    net.conv2d("syn", rng.integers(-4, 8, (6, 2, 3, 3)), padding=1, neuron="cubalif", theta=9, leak=3, **currents, **limits)
    net.conv2d("field", rng.integers(-4, 8, (6, 6, 3, 3)), padding=1, neuron="lif", theta=20, leak=field, **limits)
    net.dense("out", rng.integers(-4, 8, (5, 180)), neuron="li", leak=[3, 4, 5, 2, 1][:3], v_min=-4000, v_max=4000)
    return net.build()


INPUTS = (np.random.default_rng(12).random((3, 6, 2, 6, 5)) < 0.4).astype(np.int64)


def test_a_layer_over_several_cores() -> None:
    """Rows of positions are cut as the parameter groups allow, channels with their own leaks."""
    program = compile_network(network(), CHIP, spread=False)
    assert [core.rows for core in program.cores if core.layer == "field"] == [6]
    assert verify(program, INPUTS, membranes=True).passed
    program = compile_network(network(), replace(CHIP, parameter_groups=20), spread=False)
    assert [core.rows for core in program.cores if core.layer == "field"] == [2, 2, 2]
    assert verify(program, INPUTS, membranes=True).passed


ENABLE = FIRE_LEAK.offset("enable0")


@pytest.mark.parametrize(
    ("layer", "space", "offset", "bit"),
    [
        ("syn", Space.REGISTER, core_register_offset(FIRE_CONTROL), FIRE_CONTROL.offset("neuron_leaks")),
        ("syn", Space.LEAK, leak_offset(0, 1, CHIP.lanes, True), FIRE_LEAK.offset("shift0")),
        ("syn", Space.LEAK, leak_offset(1, 1, CHIP.lanes, False), ENABLE),
        ("field", Space.LEAK, leak_offset(7, 1, CHIP.lanes, False), ENABLE),
        ("field", Space.LEAK, leak_offset(11, 0, CHIP.lanes, False), FIRE_LEAK.offset("negative0")),
    ],
)
def test_a_flipped_bit_is_found(layer: str, space: Space, offset: int, bit: int) -> None:
    program = compile_network(network(), CHIP, spread=False)
    tile = next(core.tile for core in program.cores if core.layer == layer)
    assert not verify(program, INPUTS, fault=Fault(tile, space, offset, bit), membranes=True).passed


def test_layers_without_have_no_words() -> None:
    net = NetworkBuilder("plain", input=4, timesteps=2).dense("out", np.eye(4), theta=3, leak=2, v_min=-9, v_max=9).build()
    with_option, without = (compile_network(net, replace(CHIP, neuron_leaks=on)).image for on in (True, False))
    assert np.array_equal(with_option, without)


def test_reads_of_leaks_cost_energy() -> None:
    program = compile_network(network(), CHIP, spread=False)
    counters = np.zeros((CHIP.tiles, COUNTERS), np.int64)
    counters[:, Counter.FIRE_STEPS] = 10 ** np.arange(CHIP.tiles)
    own = sum(int(counters[c.tile, Counter.FIRE_STEPS]) for c in program.cores if c.layer != "out")
    part = next(p for p in estimate_energy(program, counters, 1, 1).merged().parts if p.name == "memory:leaks read")
    assert part.count == own and part.band.low > 0


def test_chips_without() -> None:
    with pytest.raises(CompileError, match="layer syn: CUBALIF needs neuron leaks, chip odd has neuron_leaks = false; take a chip"):
        compile_network(network(), replace(CHIP, neuron_leaks=False))
    with pytest.raises(CompileError, match=r"layer syn: leak terms = 2, the chip's leak_terms = 1; use fewer terms"):
        compile_network(network(), replace(CHIP, leak_terms=1))
    with pytest.raises(CompileError, match="layer field: LIF needs neuron parameters, chip odd has neuron_parameters = false"):
        compile_network(network(), replace(CHIP, neuron_parameters=False))
    with pytest.raises(ContractError, match="chip odd: neuron_leaks = true with leak_terms = 0; give it some, or"):
        replace(CHIP, leak_terms=0)


def test_the_preset_of_the_examples_has_them() -> None:
    assert load_chip("edge").neuron_leaks and not load_chip("nano").neuron_leaks
