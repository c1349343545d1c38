"""Runs a shipped model on its chips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..api.compiled import Compiled, compile
from ..api.networks import load
from ..api.result import Result
from ..api.runs import run
from ..api.sample_files import samples
from ..api.verifications import verify
from ..network.graph import Network
from ..records.measure import measure_entries
from .entry import Entry, OnChip
from .figures import KIND, ChipFigures, Differences, ModelFigures, recorded_quality

_PICOJOULES_PER_NANOJOULE = 1e3


def measure_models(path: Path, names: Sequence[str], entries: tuple[Entry, ...]) -> None:
    """Measure the models of those names (all when none is named) into the record at ``path``. Raises RecordError, OSError, and as `run` and `verify`."""

    def figures(entry: Entry) -> dict[str, Any]:
        return measure_model(entry).as_dict()

    measure_entries(KIND, path, names, entries, figures)


def measure_model(entry: Entry) -> ModelFigures:
    """The model on each of its chips. Raises RecordError when its metadata do not say how good it is."""
    network = load(entry.model)
    metadata = dict(network.metadata)
    recorded_quality(metadata, entry)
    return ModelFigures(metadata, tuple(_on_chip(network, entry, each) for each in entry.chips))


def _on_chip(network: Network, entry: Entry, where: OnChip) -> ChipFigures:
    compiled = compile(network, where.chip)
    return chip_figures(run_model(compiled, entry, where), differences(compiled, entry, where))


def run_model(compiled: Compiled, entry: Entry, where: OnChip) -> Result:
    """In the simulator."""
    given = samples(entry.model, where.samples, network=compiled.network)
    return run(compiled, given.inputs, labels=given.labels)


def differences(compiled: Compiled, entry: Entry, where: OnChip) -> Differences:
    """The first samples on golden, simulator and RTL. Raises RunError when the RTL's tools fail."""
    found = verify(compiled, samples(entry.model, where.verified, network=compiled.network).inputs)
    found.assert_equal()
    assert found.cycle_difference is not None
    return Differences(
        samples=found.run.samples,
        events=found.events_compared,
        event_mismatches=found.event_mismatches,
        cycles=found.cycles_sim,
        cycle_difference=found.cycle_difference,
        counter_mismatches=found.counter_mismatches,
        prediction_mismatches=found.prediction_mismatches,
        latency_us=found.run.latency_us,
    )


def chip_figures(result: Result, different: Differences) -> ChipFigures:
    """The figures of a run, with what a verification on the same chip found."""
    report, totals = result.energy_report(), result.counter_totals
    resident = result.schedule.resident
    latency = result.latency_us if resident else different.latency_us
    assert totals is not None and result.cycles is not None and latency is not None
    return ChipFigures(
        chip=result.chip.name,
        clock_mhz=result.chip.clock_mhz,
        rounds=len(result.schedule.rounds),
        samples=result.samples,
        accuracy=result.accuracy,
        cycles=result.cycles / result.samples,
        latency_us=latency,
        events=totals["EVENTS_OUT"] / result.samples,
        additions=report.synaptic_operations,
        energy=report.gated.times(1 / _PICOJOULES_PER_NANOJOULE),
        ratios=dict(report.ratios),
        differences=different,
    )
