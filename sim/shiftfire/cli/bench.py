"""``shiftfire bench``: golden, simulator and RTL side by side in one run, on the same samples."""

from __future__ import annotations

import statistics
import time
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from shiftfire_spec.chip import load_chip

from ..compiler.compile import compile_network
from ..compiler.program import Program
from ..report.document import provenance, write_json
from ..report.tables import grid, show
from . import options
from .backends import Backend, run_backend
from .console import output, progress_bar
from .inputs import choose_samples, open_model

DEFAULT_SAMPLES = 10
_ALL = (Backend.GOLDEN, Backend.SIM, Backend.RTL)


def bench(
    model: Annotated[str, typer.Argument(help="Name or path of a model.", metavar="[MODEL]")] = "digits-cnn",
    chip: options.Chip = options.DEFAULT_CHIP,
    samples: Annotated[int, typer.Option(help="Samples per run.", min=1)] = DEFAULT_SAMPLES,
    repeats: Annotated[int, typer.Option(help="Timed runs of each; the median counts.", min=1)] = 3,
    backend: Annotated[list[Backend] | None, typer.Option(help="Only these (repeatable).")] = None,
    json: options.Json = None,
) -> None:
    """Measure speed: cycles and inferences per second of wall time, and ratios to the RTL.

    Each backend runs once untimed first (compilation), then the timed runs take turns, so that a slow spell of the machine
    hits all of them.
    """
    folder, network = open_model(model)
    program = compile_network(network, load_chip(chip))
    inputs = choose_samples(folder, None, samples, samples).inputs
    chosen = tuple(backend) if backend else _ALL
    rows = _measure(program, inputs, chosen, repeats)
    document = {**provenance(network.name, program.chip), "samples": samples, "repeats": repeats, "backends": rows}
    if json is not None:
        write_json(json, document)
    _print(output(json), f"{network.name} on {program.chip.name}: {samples} samples, median of {repeats}", rows)


def _measure(program: Program, inputs: NDArray[np.int64], backends: tuple[Backend, ...], repeats: int) -> list[dict[str, Any]]:
    cycles = {b: run_backend(b, program, inputs).cycles for b in backends}
    seconds: dict[Backend, list[float]] = {b: [] for b in backends}
    with progress_bar("bench") as progress:
        for repeat in range(repeats):
            for backend in backends:
                start = time.perf_counter()
                run_backend(backend, program, inputs)
                seconds[backend].append(time.perf_counter() - start)
            if progress is not None:
                progress(repeat + 1, repeats)
    return _rows(cycles, seconds, len(inputs))


def _rows(cycles: dict[Backend, int | None], seconds: dict[Backend, list[float]], samples: int) -> list[dict[str, Any]]:
    median = {b: statistics.median(times) for b, times in seconds.items()}
    slowest = median.get(Backend.RTL)
    return [
        {
            "backend": str(backend),
            "seconds": seconds[backend],
            "median_seconds": wall,
            "cycles": cycles[backend],
            "cycles_per_second": None if cycles[backend] is None else (cycles[backend] or 0) / wall,
            "inferences_per_second": samples / wall,
            "times_rtl": None if slowest is None else slowest / wall,
        }
        for backend, wall in median.items()
    ]


def _print(console: Console, title: str, rows: list[dict[str, Any]]) -> None:
    table = grid("backend", "seconds", "cycles/s", "inferences/s", "x RTL")
    for row in rows:
        table.add_row(
            row["backend"],
            f"{row['median_seconds']:.3f}",
            "-" if row["cycles_per_second"] is None else f"{row['cycles_per_second']:,.0f}",
            f"{row['inferences_per_second']:,.1f}",
            "-" if row["times_rtl"] is None else f"{row['times_rtl']:,.1f}",
        )
    show(console, title, table)
