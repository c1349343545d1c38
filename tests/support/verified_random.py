"""Random networks on a chip, held to golden, simulator and RTL, until enough of them show what a test is about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from shiftfire.compiler.compile import compile_network
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import ChipConfig

from .random_networks import RandomLimits, random_network

Draw = Callable[[np.random.Generator, ChipConfig], tuple[Network, Inputs]]
MOST = 5
"""Times as many networks as were to be run, before a test gives up."""


def drawn_within(limits: RandomLimits) -> Draw:
    """Networks without feedback, within ``limits``."""
    return lambda rng, chip: random_network(rng, chip, limits)


def verified_random(chip: ChipConfig, seed: int, draw: Draw, *, membranes: bool = True) -> tuple[Network, Inputs]:
    """The network of ``seed`` and its inputs; AssertionError at any difference, of what its neurons keep as well."""
    network, inputs = draw(np.random.default_rng(seed), chip)
    found = verify(compile_network(network, chip), inputs, membranes=membranes)
    assert found.passed and not found.membrane_mismatches, f"chip {chip.name}, seed {seed}: {found.sentence()}"
    return network, inputs


def verify_until(
    chip: ChipConfig,
    draw: Draw,
    shows: Callable[[Network, Inputs], int],
    *,
    networks: int,
    wanted: int,
    seed: int = 0,
    membranes: bool = True,
) -> None:
    """At least so many ``networks`` from ``seed`` on, and as many more as it takes for ``wanted`` of what they show; AssertionError when `MOST` times as many have less."""
    found = 0
    for number in range(MOST * networks):
        if number >= networks and found >= wanted:
            return
        found += shows(*verified_random(chip, seed + number, draw, membranes=membranes))
    assert found >= wanted, f"{MOST * networks} networks on chip {chip.name} show {found}, not {wanted}"
