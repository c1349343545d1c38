"""A run beside its dense twin in a number format, and what either counts."""

from __future__ import annotations

from dataclasses import replace

from ..api.result import Result
from ..energy.dense.arithmetic import Arithmetic
from ..energy.dense.machine import estimate_machine
from ..energy.dense.main_memory import dense_traffic
from ..energy.dense.output_stationary import OutputStationary
from ..energy.main_memory import main_memory_parts
from ..energy.parts import EnergyEstimate
from ..energy.table import load_table


def dense_twin(result: Result, arithmetic: Arithmetic) -> EnergyEstimate:
    """The run's network on an output-stationary machine that computes in ``arithmetic``, which loads weights from main memory as often as the run did."""
    twin = estimate_machine(OutputStationary(), arithmetic, result.network, result.chip, result.samples, result.densities)
    loads = 0 if result.traffic is None else result.traffic.loads
    traffic = dense_traffic(result.network, arithmetic, result.samples, loads)
    return replace(twin, main_memory=main_memory_parts(traffic, load_table()))


def additions(result: Result) -> float:
    """Lane operations per inference: a weight added for an event."""
    estimate = result.energies[0]
    return sum(part.count for part in estimate.parts if part.group == "accumulate") / estimate.samples
