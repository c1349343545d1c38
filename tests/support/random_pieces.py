"""Random networks of which some layer is in pieces: too large for the chip alone, so in several rounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_schedule
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs
from shiftfire.network.values import NetworkError
from shiftfire_spec.chip import ChipConfig

from .odd_chip import odd_chip
from .random_attention import random_attention
from .random_networks import RandomLimits, network_inputs, random_candidate
from .random_recurrence import with_feedback

LIMITS = RandomLimits(
    layers=3, channels=24, extent=5, timesteps=3, ends_share=0.1, inputs=2, outputs_share=0.2, each_share=0.2, leaks_share=0.2
)
ROOM = 4  # tiles of the chip that networks are drawn for
ATTENTION_SHARE, FEEDBACK_SHARE, LOOPS = 0.2, 0.2, 0.3


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
        try:
            network = _candidate(rng, chip, larger, limits)
            schedule = compile_schedule(network, chip)
        except (CompileError, NetworkError):  # loops may not be legal
            continue
        if layers_in_pieces(schedule):
            return schedule, network_inputs(rng, network, limits.samples)
    raise RuntimeError(f"none of {tries} random networks is in pieces on chip {chip.name}: lower its size, or raise the limits")


def _candidate(rng: np.random.Generator, chip: ChipConfig, larger: ChipConfig, limits: RandomLimits) -> Network:
    """A network drawn for a larger chip: now and then attention, or with loops where the chip has feedback."""
    kind = rng.random()
    if kind < ATTENTION_SHARE and chip.dynamic_weights and chip.requant:
        return random_attention(rng, limits.channels, limits.extent, limits.timesteps)
    network = random_candidate(rng, larger, limits)
    return with_feedback(rng, chip, network, LOOPS) if kind > 1 - FEEDBACK_SHARE and chip.feedback else network
