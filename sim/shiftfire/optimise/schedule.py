"""A schedule whose mapping is chosen by prediction, and with effort by the simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shiftfire_spec.chip import ChipConfig

from ..compiler.compile import compile_network
from ..compiler.optimised import Objective
from ..compiler.prepare import prepare
from ..compiler.schedule import Round, Schedule, compile_schedule, resident_schedule
from ..golden.execute import execute_checked
from ..network.check import check_network
from ..network.graph import Network
from ..network.input_sets import Inputs, expand_all, plain, take_samples
from ..predict.activity import SourceActivity, assumed_activity, known_activity
from ..predict.predict import predict_schedule
from .effort import RoundTrials, samples_that_fit, shares
from .inputs import assumed_inputs
from .mapper import PredictedMapper
from .model import MOST_SAMPLES


def optimised_schedule(
    network: Network,
    chip: ChipConfig,
    *,
    objective: Objective = Objective.THROUGHPUT,
    effort: int = 0,
    inputs: Inputs | None = None,
    most_layers: int | None = None,
    rounds: bool = True,
) -> Schedule:
    """`compile_schedule` with a mapping that is good for ``objective``.

    Without ``effort`` predictions of assumed densities choose. With it golden says what ``inputs`` (the first samples of them, or random ones)
    hold, the search tries more, and the simulator runs up to ``effort`` mappings, of which the best is taken. Of a network in rounds it runs those of each round, the more the longer it is predicted to take.
    Raises as `compile_schedule`; without ``rounds`` CompileError when the network does not fit at once.
    """
    if not effort:
        mapper = PredictedMapper(objective, 0, assumed_activity)
        return _best_way(_noted(_compiled(network, chip, most_layers, rounds, mapper), mapper))
    prepared = prepare(check_network(network), chip)
    samples = take_samples(assumed_inputs(network) if inputs is None else inputs, slice(MOST_SAMPLES))
    given = expand_all(network.inputs, samples)
    activations = {**given, **execute_checked(prepared.mapped, given).activations}

    def known(part: Network) -> Mapping[str, SourceActivity]:
        return known_activity(part, activations)

    mapper = PredictedMapper(objective, effort, known)
    schedule = _noted(_compiled(network, chip, most_layers, rounds, mapper), mapper)
    tried = samples_that_fit(schedule, plain(given))
    if tried is None:
        return _best_way(schedule)
    if schedule.resident:
        return _measured(schedule, mapper, effort, tried)
    cycles = [
        0.0 if chosen is None else prediction.cycles
        for chosen, prediction in zip(schedule.optimised, predict_schedule(schedule, activations), strict=True)
    ]
    efforts = shares(cycles, effort)
    mapper = PredictedMapper(objective, max(efforts), known)
    refine = RoundTrials(mapper, efforts, prepared, tried)
    return _best_way(_noted(compile_schedule(network, chip, most_layers=most_layers, mapper=mapper, refine=refine), mapper))


def _compiled(network: Network, chip: ChipConfig, most_layers: int | None, rounds: bool, mapper: PredictedMapper) -> Schedule:
    if rounds:
        return compile_schedule(network, chip, most_layers=most_layers, mapper=mapper)
    return resident_schedule(compile_network(network, chip, mapper=mapper))


def _noted(schedule: Schedule, mapper: PredictedMapper) -> Schedule:
    """The schedule with what each round's mapping was chosen for."""
    return replace(schedule, optimised=tuple(mapper.chosen.get(part.program.cores) for part in schedule.rounds))


def _best_way(schedule: Schedule) -> Schedule:
    """The schedule with its rounds run in the best way."""
    if schedule.resident:
        return schedule
    from .policies import best_policy  # lazy: what fits at once needs no model of rounds

    return best_policy(schedule)


def _measured(schedule: Schedule, mapper: PredictedMapper, effort: int, inputs: Inputs) -> Schedule:
    """The best that the simulator ran, of a network that fits at once."""
    assert schedule.cut is not None
    refine = RoundTrials(mapper, [effort], schedule.cut, inputs)
    return _noted(replace(schedule, rounds=(Round(refine((), schedule.rounds[0].program)),)), mapper)
