"""JSON documents: everything that is known of a run, and what it was run with. Their schemas lie in ``docs/reference``."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from shiftfire_spec.fingerprint import contract_fingerprint

from ..compiler.schedule import Schedule
from .cuts import cut_rows
from .files import atomic_text
from .layers import layer_rows
from .run import Run
from .summary import tile_rows

RUN_FORMAT, RUN_VERSION = "shiftfire-run", 1


def package_version() -> str:
    """Version of the installed package."""
    try:
        return version("shiftfire")
    except PackageNotFoundError:
        return "unknown (not installed)"


def head(kind: str, number: int) -> dict[str, Any]:
    """What every document begins with: its format and the format's version, and what wrote it."""
    return {
        "format": kind,
        "version": number,
        "package_version": package_version(),
        "contract_fingerprint": f"{contract_fingerprint():#010x}",
    }


def provenance(schedule: Schedule) -> dict[str, Any]:
    """What a result was made with."""
    return {
        "model": schedule.network.name,
        "chip": schedule.chip.as_dict(),
        "spread": schedule.spread,
        "layers_at_once": schedule.most_layers,
        "cuts": cut_rows(schedule),
        "optimised": [None if chosen is None else chosen.as_dict() for chosen in schedule.optimised],
        "policies": [asdict(trial) for trial in schedule.policies],
    }


def figures(run: Run) -> dict[str, Any]:
    """The figures over all rounds, which a sweep compares; None where they are not known."""
    spread, clock = run.latency, run.chip.clock_mhz
    return {
        "samples": run.samples,
        "accuracy": run.accuracy,
        "cycles": run.cycles,
        "config_cycles": run.config_cycles,
        "total_cycles": run.total_cycles,
        "latency_cycles": None if spread is None else spread.as_dict(),
        "latency_us": None if spread is None else {k: v / clock for k, v in spread.as_dict().items()},
        "inferences_per_second": run.inferences_per_second,
        "nanojoules_per_inference": run.nanojoules_per_inference,
    }


def _collected(run: Run, output: str) -> int | None:
    """SPIKE packets that came of an output; None where they are not known."""
    total = 0
    for part, result in zip(run.schedule.rounds, run.rounds, strict=True):
        tags = [part.program.stream_of(core.tile).tag for core in part.program.cores if core.layer == output]
        if tags and result.collected is None:
            return None
        total += int(np.isin(result.collected["tag"], tags).sum()) if tags and result.collected is not None else 0
    return total


def _real_time(run: Run) -> dict[str, Any] | None:
    """Of inputs in real time, by sample."""
    times, reactions, after_bin = run.real_time, run.reactions, run.bin_reactions
    if times is None or reactions is None or after_bin is None:
        return None
    return {
        "latest_cycles": times.latest.tolist(),
        "mean_late_cycles": times.mean_late.tolist(),
        "reaction_cycles": reactions.tolist(),
        "bin_reaction_cycles": after_bin.tolist(),
    }


def run_document(run: Run) -> dict[str, Any]:
    """Document of ``shiftfire run``; figures that the backend does not know are None. Schema: ``docs/reference/run.schema.json``."""
    return {
        **head(RUN_FORMAT, RUN_VERSION),
        **provenance(run.schedule),
        "inputs": [source.name for source in run.network.inputs],
        "outputs": [{"layer": name, "events": _collected(run, name)} for name in run.network.outputs],
        "backend": run.backend,
        **figures(run),
        "batches": list(run.batches or (run.samples,)),
        "predictions": None if run.predictions is None else run.predictions.tolist(),
        "values": None if run.values is None else run.values.tolist(),
        "labels": None if run.labels is None else run.labels[: run.samples].tolist(),
        "sample_cycles": None if run.sample_cycles is None else run.sample_cycles.tolist(),
        "real_time": _real_time(run),
        "counters": run.counter_totals,
        "rounds": [
            {
                "round": number,
                "layers": [layer.name for layer in part.program.network.layers],
                "stored": list(part.program.network.stored),
                "config_cycles": result.config_cycles,
                "cycles": result.cycles,
                "loading_cycles": result.loading_cycles,
            }
            for number, (part, result) in enumerate(zip(run.schedule.rounds, run.rounds, strict=True))
        ],
        "layers": [row.as_dict() for row in layer_rows(run)],
        "tiles": [
            {"round": number, **row.as_dict()}
            for number, (part, result) in enumerate(zip(run.schedule.rounds, run.rounds, strict=True))
            for row in tile_rows(part.program, result)
        ],
        "energy": [estimate.as_dict() for estimate in run.energies],
        "bottleneck": None if run.bottleneck is None else run.bottleneck.as_dict(),
        "recentred": [asdict(change) for change in run.recentred],
        "silent_layers": [layer.as_dict() for layer in run.silent],
    }


def write_json(path: str, document: dict[str, Any]) -> None:
    """Write a document atomically; ``-`` is standard output. Raises OSError."""
    with atomic_text(path) as file:
        json.dump(document, file, indent=2)
        file.write("\n")
