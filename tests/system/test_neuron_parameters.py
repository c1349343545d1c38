"""Biases and thresholds of each neuron: golden, simulator and RTL agree, and a wrong bit is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, core_register_offset, parameter_offset
from shiftfire_spec.chip import load_chip
from shiftfire_spec.fire import FIRE_CONTROL
from support.odd_chip import odd_chip
from support.random_chips import random_chip
from support.random_networks import RandomLimits
from support.verified_random import drawn_within, verify_until

CHIP = replace(odd_chip(), parameter_groups=64)
LIMITS = RandomLimits(extent=6, shift_share=0.1, current_share=0.3, spiking_share=0.4, each_share=0.9)


def shown(network: Network, _: Inputs) -> int:
    """Layers with parameters of each neuron."""
    return sum(layer.kind.neuron_parameters and layer.shape.height * layer.shape.width > 1 for layer in network.layers)


def test_random_networks_on_an_odd_chip() -> None:
    verify_until(CHIP, drawn_within(LIMITS), shown, networks=12, wanted=5)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(4))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(120 + chip_seed), f"each{chip_seed}", max_tiles=4)
    verify_until(chip, drawn_within(LIMITS), shown, networks=12, wanted=2, seed=1000 * chip_seed)


def network() -> Network:
    """A convolution whose thresholds and biases differ everywhere, and a dense layer that reads it."""
    rng = np.random.default_rng(11)
    net, limits = NetworkBuilder("each", input=(2, 6, 5), timesteps=6), {"v_min": -2000, "v_max": 2000}
    each = {"theta": rng.integers(2, 20, (6, 6, 5)), "bias": rng.integers(-3, 6, (6, 6, 5))}
    net.conv2d("field", rng.integers(-4, 8, (6, 2, 3, 3)), padding=1, neuron="lif", leak=3, **each, **limits)
    net.dense("out", rng.integers(-4, 8, (5, 180)), neuron="lif", theta=40, **limits)
    return net.build()


INPUTS = (np.random.default_rng(12).random((3, 6, 2, 6, 5)) < 0.4).astype(np.int64)


def test_a_layer_over_several_cores() -> None:
    """Parameter groups, not accumulators, set how many rows a core takes."""
    program = compile_network(network(), replace(CHIP, parameter_groups=20), spread=False)
    assert [core.rows for core in program.cores if core.layer == "field"] == [2, 2, 2]
    assert verify(program, INPUTS, membranes=True).passed


@pytest.mark.parametrize(
    ("space", "offset", "bit"),
    [
        (Space.REGISTER, core_register_offset(FIRE_CONTROL), FIRE_CONTROL.offset("neuron_parameters")),
        (Space.PARAMETER, parameter_offset(7, 1, CHIP.lanes, True), 2),
        (Space.PARAMETER, parameter_offset(11, 0, CHIP.lanes, False), 1),
    ],
)
def test_a_flipped_bit_is_found(space: Space, offset: int, bit: int) -> None:
    program = compile_network(network(), CHIP, spread=False)
    tile = next(core.tile for core in program.cores if core.layer == "field")
    assert not verify(program, INPUTS, fault=Fault(tile, space, offset, bit), membranes=True).passed


def test_chips_without() -> None:
    with pytest.raises(CompileError, match="layer field: LIF needs neuron parameters, chip odd has neuron_parameters = false"):
        compile_network(network(), replace(CHIP, neuron_parameters=False))


def test_too_few_parameter_groups_for_a_row() -> None:
    with pytest.raises(CompileError, match=r"one row needs parameter_groups = 5, the limit is 4; .*, or parameters per channel"):
        compile_network(network(), replace(CHIP, parameter_groups=4))


def test_the_preset_of_the_examples_has_them() -> None:
    assert load_chip("edge").neuron_parameters and not load_chip("nano").neuron_parameters
