"""A run beside its dense twin in a number format, and what either counts."""

from __future__ import annotations

from ..api.result import Result
from ..energy.dense.arithmetic import Arithmetic
from ..energy.dense.machine import estimate_machine
from ..energy.dense.main_memory import with_main_memory
from ..energy.dense.output_stationary import OutputStationary
from ..energy.parts import EnergyEstimate


def dense_twin(result: Result, arithmetic: Arithmetic) -> EnergyEstimate:
    """The run's network on an output-stationary machine that computes in ``arithmetic``, which loads weights from main memory as often as the run did."""
    twin = estimate_machine(OutputStationary(), arithmetic, result.network, result.chip, result.samples, result.densities)
    return with_main_memory(twin, result.network, arithmetic, result.traffic)


def additions(result: Result) -> float:
    """Lane operations per inference: a weight added for an event."""
    estimate = result.energies[0]
    return sum(part.count for part in estimate.parts if part.group == "accumulate") / estimate.samples
