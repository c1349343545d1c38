"""The RTL execution: the chip's Verilog in Verilator, driven over its register bus and memory port."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shiftfire_hw.testing.chip_harness import build_harness
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.fingerprint import contract_fingerprint

from ..network.values import IntArray
from ..system.layout import Layout, lay_out
from ..system.plan import RunError, RunPlan
from ..system.readout import collected_packets, read_predictions
from ..system.real_time import real_time_cycles
from ..system.result import RunResult
from ..system.sample_cycles import sample_cycles
from ..system.trace import engine_events_from_rows, events_from_rows
from .backend import Ability, Progress
from .fault import Fault
from .membranes import decode_membranes, membrane_row_words
from .toolchain import rtl_errors
from .waves import Waves, recorded

LIMIT_CYCLES = 1 << 32  # of one phase, when the caller knows nothing better


class Rtl:
    """The RTL in the native harness. ``waves`` are written on the way, by another and slower simulator.

    The first run on a chip builds its simulator (a minute or two for 16 tiles).
    """

    name = "rtl"
    abilities = Ability.CYCLES | Ability.TRACE | Ability.MEMBRANES | Ability.WAVES | Ability.ROUNDS

    def __init__(self, *, waves: Waves | None = None) -> None:
        self.waves = waves

    def prepare(self, chip: ChipConfig) -> None:
        """Build the chip's harness, unless that was done before. Raises RunError."""
        with rtl_errors():
            build_harness(chip, waves=None if self.waves is None else self.waves.format)

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
        """As `Backend.run`. Raises RunError also when the RTL cannot be built, OSError when the waves cannot be written."""
        with rtl_errors():
            results = run_rtl(plans, trace=trace, progress=progress, waves=self.waves)
        if len(results) < len(plans) or results[-1].cycles is None:
            raise RunError(f"the RTL did not end round {len(results) - 1} of {len(plans)}")
        return results


def _run_harness(
    plans: Sequence[RunPlan],
    layout: Layout,
    directory: Path,
    *,
    engines: bool,
    limit_cycles: int,
    waves: Waves | None,
    built: Path | None,
    membranes: bool,
) -> tuple[dict[str, int], list[dict[str, int]]]:
    """Run the chip's harness in ``directory``; returns its result lines: the chip's, and those of each round."""
    chip = plans[0].program.chip
    harness = build_harness(chip, waves=None if waves is None else waves.format, membranes=membranes) if built is None else built
    with (directory / "memory").open("wb") as file:
        for _, words in (piece for part in layout.rounds for piece in part.written):
            words.astype("<u4").tofile(file)
    numbers = {region.part: number for number, region in enumerate(region for part in layout.rounds for region in part.kept)}
    job: list[tuple[str, object]] = [
        ("memory", "memory"),  # names in the working directory: the job's fields end at blanks
        ("words", layout.size),
        ("latency", chip.memory_latency_cycles),
        ("stall", f"{chip.memory_stall_period_cycles} {chip.memory_stall_cycles}"),
        ("limit", limit_cycles),
        ("trace", "trace"),
        ("engines", int(engines)),
        ("result", "result"),
        ("values", "values"),
    ]
    if membranes:
        job.append(("membranes", "membranes"))
    if waves is not None:
        job.append(("waves", f"waves {waves.first_cycle} {waves.cycles}"))
    for plan, part in zip(plans, layout.rounds, strict=True):
        job += [
            ("round", ""),
            *(("write", f"{start} {len(words)}") for start, words in part.written),
            *(("restore", f"{numbers[region.part]} {region.address}") for region in part.restored),
            *(("keep", f"{numbers[region.part]} {region.address} {region.size}") for region in part.kept),
            ("config", f"{part.config[0]} {part.config[1]}"),
            ("loading", f"{part.loading[0]} {part.loading[1]}"),
            ("inject", f"{part.inject[0]} {part.inject[1]}"),
            ("collect", f"{part.collect} {part.collect_limit} {plan.collect_ends}"),
            ("drain", int(plan.drains)),
            ("readback", f"{part.readback[0]} {part.readback[1]} {part.counters}"),
        ]
    (directory / "job").write_text("".join(f"{key} {value}\n" for key, value in job))
    with nullcontext() if waves is None else recorded(waves, chip, harness, directory / "waves"):
        done = subprocess.run([harness.resolve(), "job"], cwd=directory, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RunError(f"the RTL harness ended with exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    whole: dict[str, int] = {}
    rounds: list[dict[str, int]] = []
    for line in (directory / "result").read_text().splitlines():
        key, value = line.split()
        if key == "round":
            rounds.append({})
        elif key in ("fingerprint", "memory_fault"):
            whole[key] = int(value)
        else:
            rounds[-1][key] = int(value)
    return whole, rounds


def run_rtl(
    plans: Sequence[RunPlan],
    *,
    trace: bool = False,
    fault: Fault | None = None,
    progress: Progress | None = None,
    limit_cycles: int = LIMIT_CYCLES,
    waves: Waves | None = None,
    built: Path | None = None,
) -> tuple[RunResult, ...]:
    """Run planned rounds one after the other on one chip's RTL: what it stored in one is what it plays in the next.

    ``fault`` flips a bit of the first round's configuration. ``built``: a harness of this chip to run, in the place of `build_harness`'s; without ``waves``.
    Membranes are written down when they are planned, by another harness than usual. A phase that is not over after ``limit_cycles`` is returned as far as it came, and no round follows; the results are those of the rounds that began.
    Raises RtlError when the RTL cannot be built, RunError when the harness fails, OSError when the waves cannot be written.
    """
    program, membranes = plans[0].program, plans[0].membranes is not None
    images = [plan.program.image for plan in plans]
    if fault is not None:
        images[0] = fault.apply(program)
    layout = lay_out(plans, images)
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch:
        directory = Path(scratch)
        settings = {"engines": trace, "limit_cycles": limit_cycles, "waves": waves, "built": built, "membranes": membranes}
        whole, rounds = _run_harness(plans, layout, directory, **settings)
        rows = [np.fromfile(directory / f"trace.{number}", "<i8").reshape(-1, 4) for number in range(len(rounds))]
        values = [_values(directory / f"values.{number}") for number in range(len(rounds))]
        stored = [
            _stored_membranes(plan, directory / f"membranes.{number}") if membranes else None
            for number, plan in enumerate(plans[: len(rounds)])
        ]
    if whole["fingerprint"] != contract_fingerprint():
        raise RunError(
            f"the RTL's contract fingerprint is {whole['fingerprint']:#010x}, this program's {contract_fingerprint():#010x}"
        )
    if whole["memory_fault"] and fault is None:
        raise RunError("the RTL asked for a memory word past the end of its memory")
    if progress is not None:
        progress(plans[0].samples, plans[0].samples)
    begun = zip(plans, rounds, rows, values, stored, strict=False)
    return tuple(
        replace(_result(plan, lines, own, counters, trace=trace), membranes=written)
        for plan, lines, own, counters, written in begun
    )


def _values(file: Path) -> NDArray[np.uint32]:
    """What a round's readback has stored; nothing of a round that did not come to it."""
    return np.fromfile(file, "<u4") if file.exists() else np.zeros(0, np.uint32)


def _stored_membranes(plan: RunPlan, file: Path) -> dict[str, IntArray]:
    """What the RTL wrote in a round, by layer."""
    rows = np.fromfile(file, "<u8").reshape(-1, membrane_row_words(plan.program.chip))
    return decode_membranes(plan.program, rows, plan.samples)


def _result(plan: RunPlan, lines: dict[str, int], rows: IntArray, values: NDArray[np.uint32], *, trace: bool) -> RunResult:
    """What one round was."""
    finished = bool(lines.get("read"))
    events = events_from_rows(rows)
    counters = values.reshape(-1, COUNTERS)
    return RunResult(
        backend="rtl",
        samples=plan.samples,
        predictions=read_predictions(plan.program, events, plan.samples),
        collected=collected_packets(plan.program, events),
        cycles=lines.get("cycles") if lines.get("finished") else None,
        config_cycles=lines["config_cycles"],
        sample_cycles=sample_cycles(plan, events) if finished else None,
        counters=counters.astype(np.int64) if finished and plan.program.chip.counter_bits else None,
        events=events if trace else None,
        engine_events=engine_events_from_rows(rows) if trace else None,
        real_time=real_time_cycles(plan.injection, events) if finished else None,
        loading_cycles=lines.get("loading_cycles", 0),
    )
