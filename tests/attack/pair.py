"""One pair of the attack: a random network on a chip, from the seed and two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from shiftfire.backends.golden import Golden
from shiftfire.backends.sim import Simulator
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.optimised import Mapper, Objective
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.recentre import recentre
from shiftfire.compiler.schedule import Schedule, compile_schedule, resident_schedule
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs, take_samples
from shiftfire.network.real_time import RealTime
from shiftfire.optimise.mapper import PredictedMapper
from shiftfire.predict.activity import assumed_activity
from shiftfire.system.plan import RunError, plan_rounds
from shiftfire.verification.compare import compare
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import ChipConfig
from support.cut_kinds import cut_kinds
from support.random_chips import RTL_TILES, chips_at_every_end, suits_rtl
from support.random_cuts import narrow_chip, random_cut
from support.random_mapping import RandomMapper
from support.random_networks import RandomLimits, random_network
from support.random_pieces import random_pieces
from support.random_recurrence import random_recurrent_network
from support.random_times import random_times
from support.special_chips import few_weights, many_lanes, stalling_memory, wide_lanes

LADDER = (  # sizes, largest first: small chips hold small networks only
    RandomLimits(ends_share=0.25, inputs=3, outputs_share=0.2, each_share=0.2, leaks_share=0.2, long_share=0.15, sums_share=0.1),
    RandomLimits(layers=3, channels=40, extent=4, shift_share=0.8, levels_share=0.4, ends_share=0.1, leaks_share=0.2),
    RandomLimits(layers=2, channels=12, extent=5, timesteps=3, ends_share=0.25, inputs=2, outputs_share=0.2, blocks_share=0.3),
    RandomLimits(layers=2, channels=6, extent=3, timesteps=2, ends_share=0.1, each_share=0.3, leaks_share=0.4),
    RandomLimits(layers=1, channels=3, extent=1, timesteps=1, samples=1),
)
TRIES = 20
RECENTRE_SHARE, ROUNDS_SHARE, FEEDBACK_SHARE, TIMED_SHARE, CUT_SHARE = 0.3, 0.25, 0.3, 0.25, 0.4
PIECES_SHARE, PIECES_TILES = 0.3, 4
NARROW_CHIPS, LANES = 4, (16, 32)  # chips that are there for cuts
BY_WORK_SHARE, BY_PREDICTION_SHARE = 0.3, 0.3  # of the mappings; the others are random


def attack_chips(seed: int, count: int) -> tuple[ChipConfig, ...]:
    """The chips of a seed: those on which a defect was found once, some that cut many layers by inputs or below a lane group, then both ends of every parameter's range. Raises ValueError for a count too small."""
    rng = np.random.default_rng([seed, count])
    narrow = (narrow_chip(rng, f"narrow{number}", max_tiles=RTL_TILES) for number in range(NARROW_CHIPS))
    directed = (wide_lanes(), stalling_memory(), few_weights(), *narrow, *map(many_lanes, LANES))
    return (*directed, *chips_at_every_end(rng, count - len(directed)))


def run_pair(seed: int, chip: ChipConfig, index: int, number: int) -> dict[str, Any]:
    """Outcome of pair ``number`` on chip ``index``: ``equal`` with what was compared, or ``refused`` with the reason. Raises whatever is a defect."""
    rng = np.random.default_rng([seed, index, number])
    pieces = _pieces(rng, chip)
    if pieces is not None:
        return _outcome(rng, *pieces, timed=False)
    drawn = _network(rng, chip)
    if drawn is None:
        return {"outcome": "refused", "reason": "no network drawn fits the chip"}
    network, inputs = drawn
    compile_network(network, chip, spread=bool(rng.random() < 0.7))
    if rng.random() < RECENTRE_SHARE:
        network = _recentred(network, inputs, chip)
    try:
        schedule = _schedule(rng, network, chip)
    except CompileError as error:
        return {"outcome": "refused", "reason": str(error)}
    return _outcome(rng, schedule, inputs, timed=bool(rng.random() < TIMED_SHARE))


def _outcome(rng: np.random.Generator, schedule: Schedule, inputs: Inputs, *, timed: bool) -> dict[str, Any]:
    """What comes of a run, or of one with a single sample."""
    reason = ""
    for values in (inputs, take_samples(inputs, slice(1))):
        part = _timed(rng, schedule, values) if timed else values
        try:
            plan_rounds(schedule, part)
            return {"outcome": "equal", "cuts": cut_kinds(schedule), **_compared(schedule, part)}
        except RunError as error:  # the RTL's run takes more memory than the plan: its configuration and its counters' read-out
            if "words of memory" not in str(error):
                raise
            reason = str(error)
    return {"outcome": "refused", "reason": reason}


def _pieces(rng: np.random.Generator, chip: ChipConfig) -> tuple[Schedule, Inputs] | None:
    """A network of which a layer does not fit the chip alone, for some pairs of chips of few tiles; None for the others, and where none is found."""
    if chip.tiles > PIECES_TILES or rng.random() >= PIECES_SHARE:
        return None
    try:
        return random_pieces(rng, chip, tries=TRIES)
    except RuntimeError:
        return None


def _network(rng: np.random.Generator, chip: ChipConfig) -> tuple[Network, Inputs] | None:
    """A network of the largest drawn size that fits, or None."""
    for limits in LADDER[int(rng.integers(len(LADDER))) :]:
        try:
            if chip.wide_values and rng.random() < CUT_SHARE:
                schedule, inputs = random_cut(
                    rng, chip, limits, feedback=chip.feedback and rng.random() < FEEDBACK_SHARE, tries=TRIES, most_rounds=1
                )
                return schedule.network, inputs
            if chip.feedback and rng.random() < FEEDBACK_SHARE:
                return random_recurrent_network(rng, chip, replace(limits, timesteps=int(rng.integers(2, 13))), tries=TRIES)
            return random_network(rng, chip, limits, tries=TRIES)
        except RuntimeError:  # none fits
            continue
    return None


def _recentred(network: Network, inputs: Inputs, chip: ChipConfig) -> Network:
    """Coded without loss: it must compile, as the network did, and say the same."""
    coded, _ = recentre(network, inputs, chip)
    compile_network(coded, chip)
    one, other = execute(network, inputs), execute(coded, inputs)
    for name in network.outputs:
        assert np.array_equal(one.activations[name], other.activations[name]), f"re-centring changed output {name}"
    return coded


def _timed(rng: np.random.Generator, schedule: Schedule, inputs: Inputs) -> Inputs | RealTime:
    """In real time, where that can be."""
    if not schedule.chip.timed_inputs or not schedule.resident or isinstance(inputs, Mapping):
        return inputs
    return random_times(rng, schedule.chip, schedule.network.input, inputs)


def _schedule(rng: np.random.Generator, network: Network, chip: ChipConfig) -> Schedule:
    """At once, or in rounds of one or two layers; mapped by the work of single cores, by prediction for any objective, or anyhow."""
    mapper = _mapper(rng)
    if len(network.layers) > 1 and rng.random() < ROUNDS_SHARE:
        return compile_schedule(network, chip, most_layers=int(rng.integers(1, 3)), mapper=mapper)
    return resident_schedule(compile_network(network, chip, mapper=mapper))


def _mapper(rng: np.random.Generator) -> Mapper | None:
    kind = rng.random()
    if kind < BY_WORK_SHARE:
        return None
    if kind < BY_WORK_SHARE + BY_PREDICTION_SHARE:
        return PredictedMapper(Objective(str(rng.choice([o.value for o in Objective]))), 0, assumed_activity)
    return RandomMapper(rng)


def _compared(schedule: Schedule, inputs: Inputs | RealTime) -> dict[str, Any]:
    """Run and compare; AssertionError at any difference. Chips too large for RTL: golden and simulator only."""
    if suits_rtl(schedule.chip):
        verification = verify(schedule, inputs)
        verification.assert_equal()
        return {
            "rtl": True,
            "rounds": len(schedule.rounds),
            "events": verification.events_compared,
            "cycles": verification.cycles_sim,
        }
    plans = plan_rounds(schedule, inputs)
    sim, golden = Simulator().run(plans, trace=True), Golden().run(plans, trace=True)
    parts = [
        compare(plan.program, one, two, replace(two, backend="rtl")) for plan, one, two in zip(plans, golden, sim, strict=True)
    ]
    for part in parts:
        assert part.passed, part.as_dict()
    return {
        "rtl": False,
        "rounds": len(parts),
        "events": sum(p.events_compared for p in parts),
        "cycles": sum(p.cycles_sim for p in parts),
    }
