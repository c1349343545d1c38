"""A prediction beside the simulator's run of the same rounds and samples."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire.compiler.schedule import Schedule
from shiftfire.golden.execute import execute_checked
from shiftfire.network.input_sets import Inputs, expand_all
from shiftfire.predict.predict import Prediction, predict_schedule
from shiftfire.system.plan import plan_rounds
from shiftfire.system.result import RunResult
from shiftfire.system.simulate import simulate_rounds


@dataclass(frozen=True, eq=False)
class Predicted:
    """By round. ``error`` is the share by which the predicted cycles of all rounds miss those of their runs, with its sign."""

    predictions: tuple[Prediction, ...]
    runs: tuple[RunResult, ...]

    @property
    def error(self) -> float:
        return sum(prediction.cycles for prediction in self.predictions) / sum(run.cycles or 0 for run in self.runs) - 1


def predicted(schedule: Schedule, inputs: Inputs) -> Predicted:
    """Of golden's events of ``inputs``."""
    given = expand_all(schedule.network.inputs, inputs)
    activations = {**given, **execute_checked(schedule.mapped, given).activations}
    return Predicted(predict_schedule(schedule, activations), simulate_rounds(plan_rounds(schedule, inputs)))
