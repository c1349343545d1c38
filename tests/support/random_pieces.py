"""Random networks of which some layer is in pieces: too large for the chip alone, so in several rounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_schedule
from shiftfire.network.input_sets import Inputs
from shiftfire_spec.chip import ChipConfig

from .odd_chip import odd_chip
from .random_networks import RandomLimits, network_inputs, random_candidate

LIMITS = RandomLimits(
    layers=3, channels=24, extent=5, timesteps=3, ends_share=0.1, inputs=2, outputs_share=0.2, each_share=0.2, leaks_share=0.2
)
ROOM = 4  # tiles of the chip that networks are drawn for


def few_cores(width: int) -> ChipConfig:
    """A row of small cores; the memory stalls, queues are short."""
    return replace(
        odd_chip(),
        name=f"cores{width}",
        width=width,
        height=1,
        weight_rows=100,
        accumulator_groups=12,
        parameter_groups=12,
        regions=width,
        tags=24,
    )


def layers_in_pieces(schedule: Schedule) -> set[str]:
    """Names of the layers that lie in several rounds."""
    homes = {(core.layer, number) for number, part in enumerate(schedule.rounds) for core in part.program.cores}
    layers = [layer for layer, _ in homes]
    return {layer for layer in layers if layers.count(layer) > 1}


def random_pieces(
    rng: np.random.Generator, chip: ChipConfig, limits: RandomLimits = LIMITS, tries: int = 60
) -> tuple[Schedule, Inputs]:
    """A network with a layer in pieces on ``chip``, and inputs. Raises RuntimeError when ``tries`` candidates in a row have none, or do not fit."""
    larger = chip if chip.tiles >= ROOM else replace(chip, width=ROOM, height=1)
    for _ in range(tries):
        network = random_candidate(rng, larger, limits)
        try:
            schedule = compile_schedule(network, chip)
        except CompileError:
            continue
        if layers_in_pieces(schedule):
            return schedule, network_inputs(rng, network, limits.samples)
    raise RuntimeError(f"none of {tries} random networks is in pieces on chip {chip.name}: lower its size, or raise the limits")
