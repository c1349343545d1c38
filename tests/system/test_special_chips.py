"""Difference zero on the chip with most tiles, near the I/O tile and in the far corner, and on a memory that hardly ever takes a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler import compile as compiler
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.mapping.placement import place
from shiftfire.compiler.program import CoreSlice
from shiftfire.compiler.schedule import Schedule, compile_rounds
from shiftfire.network.graph import Network
from shiftfire.network.values import IntArray
from shiftfire.verification.verify import Verification, verify
from shiftfire_spec.address import Space, parameter_offset
from shiftfire_spec.chip import ChipConfig
from support.random_networks import RandomLimits, random_network
from support.special_chips import most_tiles, stalling_memory

LARGE = RandomLimits(layers=8, channels=40, extent=12, samples=1)
FIRST_SEEDS = (1, 101)  # where to look for a network from


def far_corner(network: Any, slices: Sequence[CoreSlice], chip: ChipConfig) -> tuple[CoreSlice, ...]:
    """As `place`, turned by half a turn: the last tile takes the place of the first."""
    return tuple(replace(part, tile=chip.tiles - 1 - part.tile) for part in place(network, slices, chip))


def spread_network(chip: ChipConfig, first: int) -> tuple[Network, IntArray]:
    """The first random network, of seeds from ``first`` on, that takes more tiles than a row of the mesh has."""
    for seed in range(first, first + 100):
        network, inputs = random_network(np.random.default_rng(seed), chip, LARGE)
        if len({core.tile for core in compile_network(network, chip).cores}) > chip.width:
            return network, inputs
    raise AssertionError(f"no network of seeds {first} to {first + 99} takes more than {chip.width} tiles: raise {LARGE}")


def equal(schedule: Any, inputs: IntArray, what: str) -> Verification:
    verification = verify(schedule, inputs)
    assert verification.passed and verification.events_compared > 0, f"{what}: {verification.as_dict()}"
    assert verification.cycles_sim == verification.cycles_rtl
    return verification


@pytest.mark.slow
@pytest.mark.parametrize("corner", ["near", "far"])
@pytest.mark.parametrize("seed", FIRST_SEEDS)
def test_most_tiles(monkeypatch: pytest.MonkeyPatch, seed: int, corner: str) -> None:
    """The counters of all tiles are read through the whole configuration chain, and compared."""
    chip = most_tiles()
    network, inputs = spread_network(chip, seed)
    if corner == "far":
        monkeypatch.setattr(compiler, "place", far_corner)
    program = compile_network(network, chip)
    tiles = {core.tile for core in program.cores}
    assert len(tiles) > chip.width and (chip.tiles - 1 if corner == "far" else 0) in tiles
    equal(program, inputs, f"{chip.name}, spread_network from seed {seed}, {corner}")


@pytest.mark.slow
def test_a_fault_in_the_last_tile_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is the last tile that computes there."""
    chip = most_tiles()
    network, inputs = spread_network(chip, FIRST_SEEDS[0])
    monkeypatch.setattr(compiler, "place", far_corner)
    bias = Fault(chip.tiles - 1, Space.PARAMETER, parameter_offset(0, 0, chip.lanes, threshold=False), 12)
    found = verify(compile_network(network, chip), inputs, fault=bias)
    assert not found.passed and found.first_divergence is not None
    assert found.first_divergence.tile == chip.tiles - 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_memory_that_hardly_ever_takes_a_request(seed: int) -> None:
    """At once, and in rounds: configuration, injection, stores and the counters' read-out all wait for it."""
    chip = stalling_memory()
    network, inputs = random_network(np.random.default_rng(seed), chip)
    schedules: list[Schedule] = [compile_rounds(network, chip)]
    if len(network.layers) > 1:
        schedules.append(compile_rounds(network, chip, most_layers=1))
    for schedule in schedules:
        equal(schedule, inputs, f"{chip.name}, random_network seed {seed}, {len(schedule.rounds)} rounds")
