"""Wall time of the executions of a network, side by side."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..backends.backend import Ability, Progress
from ..backends.find import find_backend
from ..network.input_sets import Inputs, sample_count, take_samples
from ..report.run import Run
from ..system.batches import round_results
from ..system.plan import plan_rounds
from .compiled import Compiled

BYTES_PER_MB = 1_000_000
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes there, kibibytes elsewhere
_SHORTEST_S = 1e-9  # where the clock shows no difference


class Execution(StrEnum):
    """What can be timed: the RTL in two ways."""

    GOLDEN = "golden"
    SIM = "sim"
    COCOTB = "cocotb"  # RTL in Verilator under cocotb
    NATIVE = "native"  # RTL in Verilator in the C++ harness of `verify`

    @property
    def backend(self) -> str:
        """Name of the backend behind it."""
        return "rtl" if self is Execution.NATIVE else self.value


@dataclass(frozen=True)
class Timing:
    """Times of one execution, a pair per repeat: a run of one sample, and of all. The difference is what the further samples cost."""

    build_seconds: float  # from nothing to the end of a first sample: build or compilation, unless kept from before
    cycles: tuple[int | None, int | None]
    seconds: tuple[tuple[float, float], ...]

    def row(self, execution: Execution, samples: int) -> dict[str, Any]:
        """Medians: seconds before the first sample, and rates of the samples after it."""
        one = statistics.median(times[0] for times in self.seconds)
        further = max(statistics.median(times[1] - times[0] for times in self.seconds), _SHORTEST_S)
        each = further / (samples - 1)
        first, last = self.cycles
        return {
            "backend": str(execution),
            "build_seconds": self.build_seconds,
            "seconds_one_sample": [s[0] for s in self.seconds],
            "seconds_all_samples": [s[1] for s in self.seconds],
            "cycles": last,
            "start_seconds": max(one - each, 0.0),
            "inferences_per_second": 1 / each,
            "milliseconds_per_inference": 1e3 * each,
            "cycles_per_second": None if first is None or last is None else (last - first) / further,
        }


@dataclass(frozen=True)
class Measurement:
    """Rows of figures, one per execution, and the most memory that this process held until the simulator had run (None: it did not)."""

    rows: list[dict[str, Any]]
    peak_memory_mb: float | None


def can_time(execution: Execution, compiled: Compiled) -> bool:
    """Whether ``execution`` runs that network: not every one runs rounds."""
    return compiled.schedule.resident or Ability.ROUNDS in find_backend(execution.backend).abilities


def prepare(execution: Execution, compiled: Compiled) -> Callable[[Inputs], int | None]:
    """Build what ``execution`` runs on, and return the function that runs inputs on it and gives the cycles. Raises RunError."""
    backend = find_backend(execution.backend)
    backend.prepare(compiled.chip)

    def run(inputs: Inputs) -> int | None:
        plans = plan_rounds(compiled.schedule, inputs)
        return Run(compiled.schedule, round_results(plans, backend.run(plans))).cycles

    return run


def measure(
    compiled: Compiled,
    inputs: Inputs,
    executions: tuple[Execution, ...],
    repeats: int,
    *,
    say: Callable[[str], None] = lambda _: None,
    compiling: Callable[[], AbstractContextManager[None]] = nullcontext,
    progress: Progress | None = None,
) -> Measurement:
    """Time ``inputs`` (two samples or more) on each execution. ``say`` is told what is being built; the kernels are compiled within ``compiling()``.

    Each is built and run once untimed; then they take turns, so that a slow spell of the machine hits all of them. A timed run is the whole call:
    golden, layout, start of a process where there is one, run, and reading the result.
    """
    parts = (take_samples(inputs, slice(1)), inputs)
    runs: dict[Execution, Callable[[Inputs], int | None]] = {}
    cycles: dict[Execution, tuple[int | None, int | None]] = {}
    build_seconds: dict[Execution, float] = {}
    peak: float | None = None
    for execution in (e for e in Execution if e in executions):
        if execution in _BUILDS:
            say(f"{execution}: {_BUILDS[execution].format(chip=compiled.chip.name)}")
        start = time.perf_counter()
        runs[execution] = prepare(execution, compiled)
        with compiling() if execution is Execution.SIM else nullcontext():
            first = runs[execution](parts[0])
        build_seconds[execution] = time.perf_counter() - start
        cycles[execution] = (first, runs[execution](parts[1]))
        if execution is Execution.SIM:
            peak = _peak_memory_mb()
    seconds: dict[Execution, list[tuple[float, float]]] = {e: [] for e in runs}
    for repeat in range(repeats):
        for execution, run in runs.items():
            one, every = (_seconds(run, part) for part in parts)
            seconds[execution].append((one, every))
        if progress is not None:
            progress(repeat + 1, repeats)
    rows = [Timing(build_seconds[e], cycles[e], tuple(seconds[e])).row(e, sample_count(inputs)) for e in runs]
    return Measurement(rows, peak)


def _peak_memory_mb() -> float | None:
    """The most memory that this process has held; None where the operating system does not say."""
    try:
        import resource  # lazy: Unix has it
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / BYTES_PER_MB


_BUILDS = {
    Execution.COCOTB: "building chip {chip} for cocotb, unless that was done before (minutes for many tiles)",
    Execution.NATIVE: "building chip {chip} for the native harness, unless that was done before (a minute for many tiles)",
}


def headline(measurement: Measurement) -> dict[str, float | None]:
    """Simulated cycles per second of the simulator and of both RTL runs, the simulator's ratio to each, its memory; None where one did not run."""
    rates = {row["backend"]: row["cycles_per_second"] for row in measurement.rows}
    sim, cocotb, native = (rates.get(e) for e in (Execution.SIM, Execution.COCOTB, Execution.NATIVE))
    return {
        "sim_cycles_per_s": sim,
        "rtl_cycles_per_s": cocotb,
        "ratio": sim / cocotb if sim and cocotb else None,
        "native_cycles_per_s": native,
        "native_ratio": sim / native if sim and native else None,
        "peak_memory_mb": measurement.peak_memory_mb,
    }


def _seconds(run: Callable[[Inputs], int | None], inputs: Inputs) -> float:
    start = time.perf_counter()
    run(inputs)
    return time.perf_counter() - start
