"""Runs in rounds: what each round took, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from shiftfire_spec.counters import Counter

from ..compiler.mapping.rounds import Schedule
from ..energy.dense import estimate_dense
from ..energy.estimate import estimate_energy
from ..energy.parts import EnergyEstimate, EnergyPart
from ..system.result import RunResult
from .document import counter_totals, provenance
from .layers import layer_rows, layer_table
from .summary import accuracy, tile_rows
from .tables import energy_table, grid, prediction_rows, show


def total_cycles(results: Sequence[RunResult]) -> int | None:
    """Cycles from the first configuration to the last run: the phases one after the other, without the host's register writes. None without cycles."""
    phases = [(result.config_cycles, result.phase_cycles) for result in results]
    return sum((before or 0) + (phase or 0) for before, phase in phases) if all(p is not None for _, p in phases) else None


def start_cycles(results: Sequence[RunResult]) -> list[int]:
    """Cycle, from the start of the first run, in which each round's run starts; zeros without cycles."""
    starts, now = [], 0
    for number, result in enumerate(results):
        now += (result.config_cycles or 0) if number else 0
        starts.append(now)
        now += result.phase_cycles or 0
    return starts


def rounds_energy(schedule: Schedule, results: Sequence[RunResult], movement: str) -> tuple[EnergyEstimate, ...]:
    """Energy of all rounds, and of the dense twin; empty without counters."""
    estimates = [
        estimate_energy(part.program, result.counters, result.samples, movement=movement)
        for part, result in zip(schedule.rounds, results, strict=True)
        if result.counters is not None
    ]
    if not estimates:
        return ()
    parts: dict[str, EnergyPart] = {}
    for part in (part for estimate in estimates for part in estimate.parts):
        known = parts.get(part.name)
        parts[part.name] = part if known is None else replace(part, count=known.count + part.count)
    samples = results[0].samples
    return replace(estimates[0], parts=tuple(parts.values())), estimate_dense(schedule.network, samples)


def rounds_document(
    schedule: Schedule,
    results: Sequence[RunResult],
    labels: NDArray[np.int64] | None,
    energy: tuple[EnergyEstimate, ...],
    movement: str,
) -> dict[str, Any]:
    """Document of ``shiftfire run`` in rounds; figures that the backend does not know are None."""
    final = next((result for result in results if result.predictions is not None), results[-1])
    total = total_cycles(results)
    return {
        **provenance(schedule.rounds[0].program),
        "backend": final.backend,
        "samples": final.samples,
        "predictions": None if final.predictions is None else final.predictions.tolist(),
        "labels": None if labels is None else labels[: final.samples].tolist(),
        "accuracy": accuracy(final, labels),
        "total_cycles": total,
        "inferences_per_second": None if not total else final.samples * schedule.chip.clock_mhz * 1e6 / total,
        "rounds": [
            {
                "layers": [row.as_dict() for row in layer_rows(part.program, result, movement)],
                "stored": list(part.program.network.stored),
                "config_cycles": result.config_cycles,
                "cycles": result.cycles,
                "loading_cycles": result.loading_cycles,
                "tiles": [row.as_dict() for row in tile_rows(part.program, result)],
                "counters": counter_totals(result),
            }
            for part, result in zip(schedule.rounds, results, strict=True)
        ],
        "energy": [estimate.as_dict() for estimate in energy],
    }


def print_rounds(
    console: Console,
    schedule: Schedule,
    results: Sequence[RunResult],
    labels: NDArray[np.int64] | None,
    energy: tuple[EnergyEstimate, ...],
    movement: str,
) -> None:
    """Predictions, rounds, layers and energy of a run in rounds."""
    final = next((result for result in results if result.predictions is not None), results[-1])
    head = grid("", "")
    head.columns[1].justify = "left"
    prediction_rows(head, final, labels)
    total, clock = total_cycles(results), schedule.chip.clock_mhz
    if total is not None:
        head.add_row("cycles", f"{total:,}  (configurations and runs; {total / clock / 1e3:,.3f} ms at {clock:g} MHz)")
    network, count = schedule.network.name, len(schedule.rounds)
    show(console, f"{network} on {schedule.chip.name} in {count} rounds: {final.samples} samples, backend {final.backend}", head)
    console.print()
    show(console, "rounds; the next one's weights are loaded beside the run as far as possible", _rounds_table(schedule, results))
    rows = [
        row for part, result in zip(schedule.rounds, results, strict=True) for row in layer_rows(part.program, result, movement)
    ]
    if rows:
        console.print()
        show(console, "layers: cycles of the busiest core, counts and energy of all cores", layer_table(rows))
    if energy:
        console.print()
        show(console, "energy per inference, nJ (an estimate: docs/reference/energy.md)", energy_table(energy))


def _rounds_table(schedule: Schedule, results: Sequence[RunResult]) -> Table:
    table = grid("round", "layers", "cores", "configuration", "run", "loading beside", "events", "stored")
    for number, (part, result) in enumerate(zip(schedule.rounds, results, strict=True)):
        program = part.program
        names = [layer.name for layer in program.network.layers]
        events = "-" if result.counters is None else f"{int(result.counters[:, Counter.EVENTS_OUT].sum()):,}"
        cycles = (result.config_cycles, result.cycles, result.loading_cycles)
        table.add_row(
            str(number),
            names[0] if len(names) == 1 else f"{names[0]} .. {names[-1]}",
            str(len(program.cores)),
            *("-" if c is None else f"{c:,}" for c in cycles),
            events,
            ", ".join(program.network.stored) or "-",
        )
    return table
