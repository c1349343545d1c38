"""Runs of a compiled program, a schedule of one round, for tests that look at that one."""

from __future__ import annotations

from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import resident_schedule
from shiftfire.network.values import IntArray
from shiftfire.system.plan import RunPlan, plan_rounds
from shiftfire.system.result import RunResult
from shiftfire.system.simulate import Progress, simulate_rounds


def plan_run(program: Program, inputs: IntArray) -> RunPlan:
    """The plan of the one round."""
    return plan_rounds(resident_schedule(program), inputs)[0]


def run_sim(program: Program, inputs: IntArray, *, trace: bool = False, progress: Progress | None = None) -> RunResult:
    """The simulator's run of the one round."""
    return simulate_rounds([plan_run(program, inputs)], trace=trace, progress=progress)[0]
