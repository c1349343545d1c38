"""Chips on whose cores the inputs of many random layers do not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_schedule
from shiftfire.network.check import check_network
from shiftfire.network.input_sets import Inputs
from shiftfire_spec.chip import ChipConfig

from .random_chips import random_chip
from .random_networks import RandomLimits, network_inputs, random_candidate
from .random_recurrence import with_feedback

MOST_ROUNDS = 5  # of what runs in RTL


def narrow_chip(rng: np.random.Generator, name: str, *, max_tiles: int = 16) -> ChipConfig:
    """A random chip with few weight rows or few stream groups, and with room for what parts of layers need besides."""
    chip = random_chip(rng, name, max_tiles=max_tiles)
    rows, groups = int(rng.choice([6, 12, 20, 30, 50])), int(rng.choice([2, 2, 3, 8]))
    return replace(chip, weight_rows=rows, stream_groups=groups, regions=16, tags=120, slots=32)


def random_cut(
    rng: np.random.Generator,
    chip: ChipConfig,
    limits: RandomLimits,
    *,
    feedback: bool = False,
    tries: int = 300,
    most_rounds: int = MOST_ROUNDS,
) -> tuple[Schedule, Inputs]:
    """A random network some layer of which is cut by inputs on ``chip``, compiled to at most ``most_rounds``, and inputs. Raises RuntimeError when ``tries`` candidates have none."""
    for _ in range(tries):
        network = random_candidate(rng, chip, limits)
        network = check_network(with_feedback(rng, chip, network) if feedback else network)
        try:
            schedule = compile_schedule(network, chip)
        except CompileError:
            continue
        if schedule.cut is not None and schedule.cut.cuts and len(schedule.rounds) <= most_rounds:
            return schedule, network_inputs(rng, network, limits.samples)
    raise RuntimeError(f"no layer of {tries} random networks is cut on chip {chip.name}: raise the limits {limits}")
