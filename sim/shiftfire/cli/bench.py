"""``shiftfire bench``: golden, simulator and RTL side by side in one run, on the same samples."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
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
from .targets import check_outputs

DEFAULT_SAMPLES = 20
_ALL = (Backend.GOLDEN, Backend.SIM, Backend.RTL)


@dataclass(frozen=True)
class Timing:
    """Times of one backend, a pair per repeat: a run of one sample, and of all. The difference is what the samples cost."""

    cycles: tuple[int | None, int | None]
    seconds: tuple[tuple[float, float], ...]

    def row(self, backend: Backend, samples: int) -> dict[str, Any]:
        """Medians: seconds before the first sample, and rates of the samples after it."""
        one, all_ = (statistics.median(times) for times in zip(*self.seconds, strict=True))
        each = max(all_ - one, 1e-9) / (samples - 1)
        first, last = self.cycles
        return {
            "backend": str(backend),
            "seconds_one_sample": [s[0] for s in self.seconds],
            "seconds_all_samples": [s[1] for s in self.seconds],
            "cycles": last,
            "start_seconds": max(one - each, 0.0),
            "inferences_per_second": 1 / each,
            "cycles_per_second": None if first is None or last is None else (last - first) / (each * (samples - 1)),
        }


def bench(
    model: Annotated[str, typer.Argument(help="Name or path of a model.", metavar="[MODEL]")] = "digits-cnn",
    chip: options.Chip = options.DEFAULT_CHIP,
    spread: options.Spread = options.DEFAULT_SPREAD,
    samples: Annotated[int, typer.Option(help="Samples per run.", min=2)] = DEFAULT_SAMPLES,
    repeats: Annotated[int, typer.Option(help="Timed runs of each; the median counts.", min=1)] = 3,
    backend: Annotated[list[Backend] | None, typer.Option(help="Only these (repeatable).")] = None,
    json: options.Json = None,
) -> None:
    """Measure speed: cycles and inferences per second of wall time, and ratios to the RTL.

    Rates are those of further samples: what a run costs before its first sample is told apart. Each backend runs once untimed
    first (compilation), then they take turns, so that a slow spell of the machine hits all of them.
    """
    check_outputs(json)
    folder, network = open_model(model)
    program = compile_network(network, load_chip(chip), spread=spread)
    inputs = choose_samples(folder, None, samples, samples).inputs
    chosen = tuple(backend) if backend else _ALL
    rows = measure(program, inputs, chosen, repeats)
    document = {**provenance(program), "samples": samples, "repeats": repeats, "backends": rows, **headline(rows)}
    if json is not None:
        write_json(json, document)
    _print(output(json), f"{network.name} on {program.chip.name}: {samples} samples, median of {repeats}", rows)


def measure(program: Program, inputs: NDArray[np.int64], backends: tuple[Backend, ...], repeats: int) -> list[dict[str, Any]]:
    """A row of figures per backend; ``inputs`` has at least two samples."""
    runs = (inputs[:1], inputs)
    cycles = {b: [run_backend(b, program, part).cycles for part in runs] for b in backends}
    seconds: dict[Backend, list[tuple[float, float]]] = {b: [] for b in backends}
    with progress_bar("bench") as progress:
        for repeat in range(repeats):
            for backend in backends:
                one, every = (_seconds(backend, program, part) for part in runs)
                seconds[backend].append((one, every))
            if progress is not None:
                progress(repeat + 1, repeats)
    rows = [Timing((cycles[b][0], cycles[b][1]), tuple(seconds[b])).row(b, len(inputs)) for b in backends]
    rtl = next((row["inferences_per_second"] for row in rows if row["backend"] == Backend.RTL), None)
    return [{**row, "times_rtl": None if rtl is None else row["inferences_per_second"] / rtl} for row in rows]


def headline(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """Simulated cycles per second of sim and RTL, and their ratio; None where a backend did not run.

    The RTL runs in the native harness, as in ``verify`` (decision 0005), so the native figures are the same run's.
    """
    rates = {row["backend"]: row["cycles_per_second"] for row in rows}
    sim, rtl = rates.get(Backend.SIM), rates.get(Backend.RTL)
    ratio = sim / rtl if sim and rtl else None
    return {
        "sim_cycles_per_s": sim,
        "rtl_cycles_per_s": rtl,
        "ratio": ratio,
        "native_cycles_per_s": rtl,
        "native_ratio": ratio,
    }


def _seconds(backend: Backend, program: Program, inputs: NDArray[np.int64]) -> float:
    start = time.perf_counter()
    run_backend(backend, program, inputs)
    return time.perf_counter() - start


def _print(console: Console, title: str, rows: list[dict[str, Any]]) -> None:
    table = grid("backend", "start, s", "cycles/s", "inferences/s", "x RTL")
    for row in rows:
        table.add_row(
            row["backend"],
            f"{row['start_seconds']:.2f}",
            "-" if row["cycles_per_second"] is None else f"{row['cycles_per_second']:,.0f}",
            f"{row['inferences_per_second']:,.1f}",
            "-" if row["times_rtl"] is None else f"{row['times_rtl']:,.1f}",
        )
    show(console, title, table)
