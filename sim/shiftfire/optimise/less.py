"""Less of something: smaller chips on which a network is faster than here, and what it waits less for on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError

from ..compiler.compile import program_of
from ..compiler.mapping.slicing import fits
from ..compiler.optimised import Cores
from ..compiler.prepare import mapped_activations
from ..compiler.program import CompileError
from ..compiler.schedule import Schedule
from ..network.input_sets import Inputs
from ..network.values import IntArray
from ..predict.moments import Cause
from ..predict.predict import predict, predict_schedule
from ..predict.waits import waits
from .cut_words import changed_cuts
from .remedies import PARAMETERS, measured_cycles
from .schedule import optimised_schedule
from .search import by_layer

WORTH = 1.02  # of the cycles there: what more hardware may cost without a word


@dataclass(frozen=True)
class Less:
    """A chip parameter, its value now and the smaller one with which the run is faster: its cycles as ``predicted``, the network mapped anew, and as ``measured``, None unless tried.

    Of all that the longest chain waits for, ``cause`` at ``layer`` takes most ``cycles`` less there. ``cut``: how the layers are cut there, where the same cut on the
    same tiles is predicted to be as fast here, so that not the hardware but the mapping makes the difference; else empty.
    """

    parameter: str
    now: int
    value: int
    predicted: float
    measured: int | None
    layer: str
    cause: Cause
    cycles: float
    cut: str

    @property
    def sentence(self) -> str:
        """For people."""
        waits = f"{self.cause} of {self.layer} takes {self.cycles:,.0f} cycles less there"
        why = f"for another cut, as fast here ({self.cut}): {waits}" if self.cut else f"because {waits}"
        return f"with less hardware it is faster: {self.parameter} {self.value:,} instead of {self.now:,}, {why}"

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return {**asdict(self), "cause": str(self.cause)}


def _smaller(chip: ChipConfig) -> Iterator[tuple[str, ChipConfig]]:
    """Legal chips with half of one parameter, named, and one with a smaller mesh: its longer side falls by one."""
    fewer = {parameter: getattr(chip, parameter) // 2 for parameter in PARAMETERS}
    side = "width" if chip.width >= chip.height else "height"
    for parameter, value in (*fewer.items(), (side, getattr(chip, side) - 1)):
        try:
            yield parameter, replace(chip, name=f"{chip.name}-{parameter}={value}", **{parameter: value})
        except ContractError:
            continue


def _chain(schedule: Schedule, activations: Mapping[str, IntArray]) -> tuple[float, dict[tuple[str, Cause], float]]:
    """Predicted cycles of all rounds, and what the longest chains wait for by layer and cause."""
    cycles: dict[tuple[str, Cause], float] = {}
    predictions = predict_schedule(schedule, mapped_activations(schedule.cut, activations))
    for part, prediction in zip(schedule.rounds, predictions, strict=True):
        for wait in waits(part.program, prediction):
            name = schedule.owner(wait.layer), wait.cause
            cycles[name] = cycles.get(name, 0.0) + wait.cycles
    return sum(prediction.cycles for prediction in predictions), cycles


def _moved(cores: Cores, there: ChipConfig, here: ChipConfig) -> Cores:
    """The cores at the same places of a larger mesh."""
    return tuple(replace(core, tile=core.tile // there.width * here.width + core.tile % there.width) for core in cores)


def _cut_here(schedule: Schedule, variant: Schedule, activations: Mapping[str, IntArray], most: float) -> str:
    """What the mapping to another chip cuts otherwise, if it runs on this one in ``most`` cycles by prediction; else, and in rounds, nothing."""
    if not (schedule.resident and variant.resident):
        return ""
    now, other = schedule.rounds[0].program, variant.rounds[0].program
    cores = _moved(other.cores, variant.chip, schedule.chip)
    if not all(fits(other.network, core, schedule.chip) for core in cores):
        return ""
    try:
        program = program_of(other.network, cores, schedule.chip, spread=True)
    except CompileError:
        return ""
    if predict(program, mapped_activations(variant.cut, activations)).cycles > most:
        return ""
    before, after = by_layer(now.cores), by_layer(other.cores)
    return changed_cuts(before, after) if before.keys() == after.keys() else ""


def less_is_faster(schedule: Schedule, inputs: Inputs, activations: Mapping[str, IntArray], *, check: bool) -> tuple[Less, ...]:
    """Every parameter of which half makes the run faster by prediction, by more than a fiftieth, the fewest cycles first; with ``check`` each is run as well.

    ``activations`` by name, of the inputs and layers of the network as given.
    """
    now, here = _chain(schedule, activations)
    found = []
    for parameter, chip in _smaller(schedule.chip):
        try:
            variant = optimised_schedule(schedule.network, chip, most_layers=schedule.most_layers)
            predicted, there = _chain(variant, activations)
        except CompileError:
            continue
        if predicted * WORTH >= now:
            continue
        (layer, cause), cycles = max(((name, spent - there.get(name, 0.0)) for name, spent in here.items()), key=lambda one: one[1])
        measured = measured_cycles(variant, inputs) if check else None
        values = getattr(schedule.chip, parameter), getattr(chip, parameter)
        cut = _cut_here(schedule, variant, activations, now / WORTH)
        found.append(Less(parameter, *values, predicted, measured, layer, cause, cycles, cut))
    return tuple(sorted(found, key=lambda less: less.predicted))
