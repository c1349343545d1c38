"""A random network on a chip, held to golden, simulator and RTL with its states."""

from __future__ import annotations

import numpy as np
from shiftfire.compiler.compile import compile_network
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import ChipConfig

from .random_networks import RandomLimits, random_network


def verified_random(chip: ChipConfig, seed: int, limits: RandomLimits) -> tuple[Network, Inputs]:
    """The network of ``seed`` and its inputs; AssertionError at any difference, of what its neurons keep as well."""
    network, inputs = random_network(np.random.default_rng(seed), chip, limits)
    found = verify(compile_network(network, chip), inputs, membranes=True)
    assert found.passed and not found.membrane_mismatches, f"chip {chip.name}, seed {seed}: {found.sentence()}"
    return network, inputs
