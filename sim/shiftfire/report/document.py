"""JSON documents: everything that is known of a run, and what it was run with."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.counters import Counter
from shiftfire_spec.fingerprint import contract_fingerprint

from ..compiler.program import Program
from ..energy.parts import EnergyEstimate
from ..system.result import RunResult
from .files import atomic_text
from .summary import accuracy, latency, throughput, tile_rows


def package_version() -> str:
    """Version of the installed package."""
    try:
        return version("shiftfire")
    except PackageNotFoundError:
        return "unknown (not installed)"


def provenance(program: Program) -> dict[str, Any]:
    """What a result was made with."""
    return {
        "model": program.network.name,
        "version": package_version(),
        "contract_fingerprint": f"{contract_fingerprint():#010x}",
        "chip": program.chip.as_dict(),
        "spread": program.spread,
    }


def run_document(
    program: Program, result: RunResult, labels: NDArray[np.int64] | None, energy: tuple[EnergyEstimate, ...]
) -> dict[str, Any]:
    """Document of ``shiftfire run``; figures that the backend does not know are None."""
    spread = latency(result)
    clock = program.chip.clock_mhz
    return {
        **provenance(program),
        "backend": result.backend,
        "samples": result.samples,
        "predictions": None if result.predictions is None else result.predictions.tolist(),
        "labels": None if labels is None else labels[: result.samples].tolist(),
        "accuracy": accuracy(result, labels),
        "cycles": result.cycles,
        "config_cycles": result.config_cycles,
        "latency_cycles": None if spread is None else spread.as_dict(),
        "latency_us": None if spread is None else {k: v / clock for k, v in spread.as_dict().items()},
        "sample_cycles": None if result.sample_cycles is None else result.sample_cycles.tolist(),
        "inferences_per_second": throughput(program, result),
        "tiles": [row.as_dict() for row in tile_rows(program, result)],
        "counters": counter_totals(result),
        "energy": [estimate.as_dict() for estimate in energy],
    }


def counter_totals(result: RunResult) -> dict[str, int] | None:
    """Every counter summed over the tiles, by name; None without counters."""
    return None if result.counters is None else {c.name: int(result.counters[:, c].sum()) for c in Counter}


def write_json(path: str, document: dict[str, Any]) -> None:
    """Write a document atomically; ``-`` is standard output. Raises OSError."""
    with atomic_text(path) as file:
        json.dump(document, file, indent=2)
        file.write("\n")
