"""A prediction beside the simulator's run of the same program and samples."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import resident_schedule
from shiftfire.golden.execute import execute_checked
from shiftfire.network.input_sets import Inputs, expand_all
from shiftfire.predict.predict import Prediction, predict
from shiftfire.system.plan import plan_rounds
from shiftfire.system.result import RunResult
from shiftfire.system.simulate import simulate_rounds


@dataclass(frozen=True, eq=False)
class Predicted:
    """``error`` is the share by which the predicted cycles miss those of the run, with its sign."""

    prediction: Prediction
    run: RunResult

    @property
    def error(self) -> float:
        assert self.run.cycles is not None
        return self.prediction.cycles / self.run.cycles - 1


def predicted(program: Program, inputs: Inputs) -> Predicted:
    """Of golden's events of ``inputs``."""
    given = expand_all(program.network.inputs, inputs)
    activations = {**given, **execute_checked(program.network, given).activations}
    return Predicted(predict(program, activations), simulate_rounds(plan_rounds(resident_schedule(program), inputs))[0])
