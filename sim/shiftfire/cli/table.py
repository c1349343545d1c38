"""``shiftfire table``: the README's table, measured here and now."""

from __future__ import annotations

from typing import Annotated

import typer
from shiftfire_spec.chip import load_chip

from ..compiler.compile import compile_network
from ..compiler.program import CompileError, Program
from ..network.bundled import model_names
from ..report.summary import accuracy, latency, throughput
from . import options
from .backends import Backend, Execution, rtl_errors, run_backend
from .inputs import choose_samples, open_model
from .measure import measure

VERIFY_SAMPLES = 20
REPEATS = 3


def table(
    chip: options.Chip = options.DEFAULT_CHIP,
    samples: Annotated[int, typer.Option(help="Samples of the speed measurement.", min=2)] = 50,
) -> None:
    """Measure every shipped model that the chip holds and print a Markdown table."""
    description = load_chip(chip)
    columns: dict[str, dict[str, str]] = {}
    too_large: dict[str, CompileError] = {}
    for name in model_names():
        _, network = open_model(name)
        try:
            program = compile_network(network, description)
        except CompileError as error:
            too_large[name] = error
        else:
            columns[name] = _column(name, program, samples)
    if not columns:
        raise next(iter(too_large.values()))
    size = f"chip `{description.name}`: {description.width} x {description.height} tiles, {description.lanes} lanes"
    print(f"| {size} | " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * len(columns))
    for row in next(iter(columns.values())):
        print(f"| {row} | " + " | ".join(column[row] for column in columns.values()) + " |")
    for error in too_large.values():
        print(f"\nLeft out: {error}.")


def _column(name: str, program: Program, samples: int) -> dict[str, str]:
    """Cells of one model by row."""
    from ..verify.compare import verify

    folder, _ = open_model(name)
    chip = program.chip
    shipped = choose_samples(folder, None, None, 1 << 30)
    ran = run_backend(Backend.SIM, program, shipped.inputs)
    with rtl_errors():
        verification = verify(program, shipped.inputs[:VERIFY_SAMPLES])
    measured = measure(program, shipped.inputs[:samples], (Execution.SIM, Execution.NATIVE), REPEATS)
    speed = {row["backend"]: row for row in measured.rows}
    share, spread, rate = accuracy(ran, shipped.labels), latency(ran), throughput(program, ran)
    assert share is not None and spread is not None and rate is not None
    return {
        "accuracy on the test split": f"{share:.2%} of {ran.samples:,}",
        f"mean latency at {chip.clock_mhz:g} MHz, us": f"{spread.mean / chip.clock_mhz:,.1f}",
        "inferences/s at that clock": f"{rate:,.0f}",
        f"cycles of {VERIFY_SAMPLES} samples, simulator": f"{verification.cycles_sim:,}",
        "the same, RTL": f"{verification.cycles_rtl or 0:,}",
        "events (packets, engines) that differ": f"{verification.event_mismatches} of {verification.events_compared:,}",
        "counters that differ": str(verification.counter_mismatches),
        "simulated cycles per second, simulator": f"{speed['sim']['cycles_per_second']:,.0f}",
        "the same, RTL in Verilator": f"{speed['native']['cycles_per_second']:,.0f}",
    }
