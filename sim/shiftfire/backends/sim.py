"""The simulator: cycle kernels under SimPy."""

from __future__ import annotations

from collections.abc import Sequence

from shiftfire_spec.chip import ChipConfig

from ..system.plan import RunPlan
from ..system.result import RunResult
from .backend import Ability, Progress


class Simulator:
    """The simulator; equal to the RTL in every event, cycle and counter."""

    name = "sim"
    abilities = Ability.CYCLES | Ability.TRACE | Ability.MEMBRANES | Ability.ROUNDS

    def prepare(self, chip: ChipConfig) -> None:
        """Nothing: kernels are compiled when they first run."""

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
        """As `Backend.run`; ``progress`` counts the samples of all rounds. Raises RunError when the chip stands still."""
        from ..system.simulate import simulate_rounds  # lazy: it imports Numba

        return simulate_rounds(plans, trace=trace, progress=progress)
