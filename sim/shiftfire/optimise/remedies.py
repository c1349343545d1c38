"""Remedies: what a run would take on a chip with more of one thing, and cut otherwise on the same chip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError

from ..compiler.optimised import Objective
from ..compiler.prepare import mapped_activations
from ..compiler.program import CompileError
from ..compiler.schedule import Schedule, compile_schedule
from ..network.input_sets import Inputs
from ..network.values import IntArray
from ..predict.activity import known_activity
from ..predict.predict import predict_schedule
from .cut_words import changed_cuts
from .mapper import PredictedMapper
from .model import MOST_SAMPLES
from .schedule import optimised_schedule
from .search import WORTH, by_layer

PARAMETERS = ("lanes", "fire_lanes", "ingress_queue_depth", "egress_queue_depth", "link_queue_depth", "inject_queue_depth")
"""What is doubled, one at a time; beside it the mesh gets a row or a column more."""


_EFFORT = 1  # of the search for another cut: twice as many mappings as without


@dataclass(frozen=True)
class Remedy:
    """A chip parameter, its value now and the new one: cycles of the run as ``predicted``, the network mapped anew, and as ``measured``, None unless tried."""

    parameter: str
    now: int
    value: int
    predicted: float
    measured: int | None = None

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.parameter} {self.value:,} instead of {self.now:,}"

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return asdict(self)


def predicted_cycles(schedule: Schedule, activations: Mapping[str, IntArray]) -> float:
    """Of all rounds."""
    return sum(prediction.cycles for prediction in predict_schedule(schedule, activations))


def measured_cycles(schedule: Schedule, inputs: Inputs) -> int:
    """Of all rounds, in the simulator. Raises RunError."""
    from ..system.plan import plan_rounds  # lazy: whoever runs nothing needs no kernels
    from ..system.simulate import simulate_rounds

    return sum(result.cycles or 0 for result in simulate_rounds(plan_rounds(schedule, inputs)))


@dataclass(frozen=True)
class Recut:
    """The same network on the same chip in another way, which is predicted to be better: ``words`` say what is cut otherwise, ``cores`` are those of each layer.

    ``predicted`` and ``measured`` as of `Remedy`.
    """

    words: str
    cores: dict[str, int]
    predicted: float
    measured: int | None = None

    @property
    def sentence(self) -> str:
        """For people."""
        return self.words

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return asdict(self)


def changed(chip: ChipConfig, parameter: str, value: int) -> ChipConfig:
    """The chip with another value. Raises ContractError when there is none."""
    return replace(chip, name=f"{chip.name}+{parameter}={value}", **{parameter: value})


def doubled(chip: ChipConfig, parameter: str) -> ChipConfig:
    """The chip with twice as much. Raises ContractError when there is none."""
    return changed(chip, parameter, 2 * getattr(chip, parameter))


def _variants(chip: ChipConfig) -> Iterator[tuple[str, ChipConfig]]:
    """Legal chips with twice as much of one parameter, named, and one with a larger mesh: its shorter side grows by one."""
    side = "width" if chip.width <= chip.height else "height"
    for parameter in (*PARAMETERS, side):
        try:
            yield parameter, changed(chip, side, getattr(chip, side) + 1) if parameter == side else doubled(chip, parameter)
        except ContractError:
            continue


def remedies(schedule: Schedule, inputs: Inputs, activations: Mapping[str, IntArray], *, check: bool) -> tuple[Remedy, ...]:
    """Every parameter of which there can be more and the chip still holds the network, the fewest predicted cycles first; with ``check`` each is run as well."""
    found = []
    for parameter, chip in _variants(schedule.chip):
        try:
            variant = optimised_schedule(schedule.network, chip, most_layers=schedule.most_layers)
            predicted = predicted_cycles(variant, activations)
        except CompileError:
            continue
        measured = measured_cycles(variant, inputs) if check else None
        found.append(Remedy(parameter, getattr(schedule.chip, parameter), getattr(chip, parameter), predicted, measured))
    return tuple(sorted(found, key=lambda remedy: remedy.predicted))


def recut(schedule: Schedule, inputs: Inputs, activations: Mapping[str, IntArray], *, check: bool) -> Recut | None:
    """The best mapping that the search finds when it knows the vectors, if that saves a hundredth by prediction; with ``check`` it is run as well."""
    now = predicted_cycles(schedule, activations)
    known = mapped_activations(schedule.cut, {name: values[:MOST_SAMPLES] for name, values in activations.items()})
    mapper = PredictedMapper(Objective.THROUGHPUT, _EFFORT, lambda part: known_activity(part, known))
    try:
        other = compile_schedule(schedule.network, schedule.chip, most_layers=schedule.most_layers, mapper=mapper)
        predicted = predicted_cycles(other, activations)
    except CompileError:  # the finer cuts of one round leave no room for what another one has to play
        return None
    if predicted > now * WORTH:
        return None
    before, after = (by_layer(tuple(c for part in one.rounds for c in part.program.cores)) for one in (schedule, other))
    counts = {name: len(cores) for name, cores in after.items()}
    return Recut(changed_cuts(before, after), counts, predicted, measured_cycles(other, inputs) if check else None)
