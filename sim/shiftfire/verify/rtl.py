"""The RTL execution: the chip's Verilog in Verilator, driven over its register bus and memory port."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from shiftfire_hw.testing.chip_harness import build_harness
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.fingerprint import contract_fingerprint

from ..compiler.program import Program
from ..network.graph import IntArray
from ..system.plan import RunError, RunPlan, plan_run, sample_cycles
from ..system.readout import read_predictions
from ..system.result import RunResult
from ..system.trace import engine_events_from_rows, events_from_rows
from .fault import Fault
from .layout import Layout, lay_out

Progress = Callable[[int, int], None]
LIMIT_CYCLES = 1 << 32  # of one phase, when the caller knows nothing better


def _run_harness(plan: RunPlan, layout: Layout, directory: Path, *, engines: bool, limit_cycles: int) -> dict[str, int]:
    """Run the chip's harness in ``directory``; returns its result lines."""
    harness = build_harness(plan.program.chip)
    layout.words.astype("<u4").tofile(directory / "memory")
    job = {
        "memory": "memory",  # names in the working directory: the job's fields end at blanks
        "words": layout.size,
        "latency": plan.program.chip.memory_latency_cycles,
        "stall": f"{plan.program.chip.memory_stall_period_cycles} {plan.program.chip.memory_stall_cycles}",
        "limit": limit_cycles,
        "config": f"{layout.config[0]} {layout.config[1]}",
        "inject": f"{layout.inject[0]} {layout.inject[1]}",
        "collect": f"{layout.collect} {layout.collect_limit} {plan.collect_ends}",
        "readback": f"{layout.readback[0]} {layout.readback[1]} {layout.counters}",
        "trace": "trace",
        "engines": int(engines),
        "result": "result",
        "dump": "dump",
    }
    (directory / "job").write_text("".join(f"{key} {value}\n" for key, value in job.items()))
    done = subprocess.run([harness.resolve(), "job"], cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunError(f"the RTL harness ended with exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    lines = (directory / "result").read_text().split()
    return dict(zip(lines[::2], map(int, lines[1::2]), strict=True))


def run_rtl(
    program: Program,
    inputs: IntArray,
    *,
    trace: bool = False,
    fault: Fault | None = None,
    progress: Progress | None = None,
    limit_cycles: int = LIMIT_CYCLES,
) -> RunResult:
    """Run ``inputs`` on the chip's RTL.

    The first run on a chip builds its simulator (a minute or two for 16 tiles). ``fault`` flips a bit of the configuration. A run that is not over
    after ``limit_cycles`` is returned as far as it came. Raises RtlError when the RTL cannot be built, RunError when the harness fails.
    """
    plan = plan_run(program, inputs)
    layout = lay_out(plan, program.image if fault is None else fault.apply(program))
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch:
        directory = Path(scratch)
        result = _run_harness(plan, layout, directory, engines=trace, limit_cycles=limit_cycles)
        rows = np.fromfile(directory / "trace", "<i8").reshape(-1, 4)
        memory = np.fromfile(directory / "dump", "<u4")
    if result["fingerprint"] != contract_fingerprint():
        raise RunError(
            f"the RTL's contract fingerprint is {result['fingerprint']:#010x}, this program's {contract_fingerprint():#010x}"
        )
    if result["memory_fault"] and fault is None:
        raise RunError("the RTL asked for a memory word past the end of its memory")
    if progress is not None:
        progress(plan.samples, plan.samples)
    finished = bool(result.get("finished"))
    events = events_from_rows(rows)
    counters = memory[layout.counters : layout.counters + program.chip.tiles * COUNTERS].reshape(-1, COUNTERS)
    return RunResult(
        backend="rtl",
        samples=plan.samples,
        predictions=read_predictions(program, events, plan.samples),
        cycles=result.get("cycles"),
        config_cycles=result["config_cycles"],
        sample_cycles=sample_cycles(plan, events) if finished else None,
        counters=counters.astype(np.int64) if finished else None,
        events=events if trace else None,
        engine_events=engine_events_from_rows(rows) if trace else None,
    )
