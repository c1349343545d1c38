"""Remedies: what a run would take on a chip with more of one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError

from ..compiler.program import CompileError
from ..compiler.schedule import Schedule
from ..network.input_sets import Inputs
from ..network.values import IntArray
from ..predict.predict import predict_schedule
from .schedule import optimised_schedule

PARAMETERS = ("lanes", "fire_lanes", "ingress_queue_depth", "egress_queue_depth", "link_queue_depth", "inject_queue_depth")
"""What is doubled, one at a time."""


@dataclass(frozen=True)
class Remedy:
    """A chip parameter and its new value: cycles of the run as ``predicted``, the network mapped anew, and as ``measured``, None unless tried."""

    parameter: str
    value: int
    predicted: float
    measured: int | None = None

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


def _variants(chip: ChipConfig) -> Iterator[tuple[str, int, ChipConfig]]:
    """Legal chips with twice as much of one parameter."""
    for parameter in PARAMETERS:
        value = 2 * getattr(chip, parameter)
        try:
            yield parameter, value, replace(chip, name=f"{chip.name}+{parameter}={value}", **{parameter: value})
        except ContractError:
            continue


def remedies(schedule: Schedule, inputs: Inputs, activations: Mapping[str, IntArray], *, check: bool) -> tuple[Remedy, ...]:
    """Every parameter doubled for which the chip is legal and holds the network, the fewest predicted cycles first; with ``check`` each is run as well."""
    found = []
    for parameter, value, chip in _variants(schedule.chip):
        try:
            variant = optimised_schedule(schedule.network, chip, most_layers=schedule.most_layers)
            predicted = predicted_cycles(variant, activations)
        except CompileError:
            continue
        found.append(Remedy(parameter, value, predicted, measured_cycles(variant, inputs) if check else None))
    return tuple(sorted(found, key=lambda remedy: remedy.predicted))
