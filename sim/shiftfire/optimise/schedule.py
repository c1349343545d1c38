"""A schedule whose mapping is chosen by prediction, and with effort by the simulator."""

from __future__ import annotations

from dataclasses import replace

from shiftfire_spec.chip import ChipConfig

from ..compiler.compile import compile_network
from ..compiler.optimised import Objective
from ..compiler.prepare import prepare
from ..compiler.schedule import Schedule, compile_schedule, resident_schedule
from ..golden.execute import execute_checked
from ..network.check import check_network
from ..network.graph import Network
from ..network.input_sets import Inputs, expand_all, plain, take_samples
from ..predict.activity import assumed_activity, known_activity
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
    hold, the search tries more, and the simulator runs up to ``effort`` mappings, of which the best is taken; of a network in rounds the predicted best.
    Raises as `compile_schedule`; without ``rounds`` CompileError when the network does not fit at once.
    """
    mapper, samples = PredictedMapper(objective, effort, assumed_activity), None
    if effort:
        mapped = prepare(check_network(network), chip).mapped
        samples = take_samples(assumed_inputs(network) if inputs is None else inputs, slice(MOST_SAMPLES))
        given = expand_all(network.inputs, samples)
        activations = {**given, **execute_checked(mapped, given).activations}
        mapper = PredictedMapper(objective, effort, lambda part: known_activity(part, activations))
    if rounds:
        schedule = compile_schedule(network, chip, most_layers=most_layers, mapper=mapper)
    else:
        schedule = resident_schedule(compile_network(network, chip, mapper=mapper))
    if samples is not None and schedule.resident and schedule.rounds[0].program.cores in mapper.chosen:
        return _measured(schedule, mapper, effort, plain(expand_all(network.inputs, samples)))
    return replace(schedule, optimised=tuple(mapper.chosen.get(part.program.cores) for part in schedule.rounds))


def _measured(schedule: Schedule, mapper: PredictedMapper, effort: int, inputs: Inputs) -> Schedule:
    """The best that the simulator ran."""
    from .measure import measured  # lazy: whoever runs nothing needs no kernels

    chosen = mapper.chosen[schedule.rounds[0].program.cores]
    found = measured(mapper.model, mapper.candidates, effort, inputs)
    best = resident_schedule(replace(found[0].program, cut=schedule.cut))
    hops = mapper.model.hops(found[0].program.cores)
    note = replace(chosen, evaluated=mapper.model.evaluated, hops=(chosen.hops[0], hops), trials=tuple(one.trial for one in found))
    return replace(best, optimised=(note,))
