"""``shiftfire table``: the README's table, measured here and now."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import api
from ..api import Compiled, CompileError
from ..api.speed import Execution, measure
from . import options
from .chips import described

VERIFY_SAMPLES = 20
REPEATS = 3


def table(
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    samples: Annotated[int, typer.Option(help="Samples of the speed measurement.", min=2)] = 50,
) -> None:
    """Measure every shipped model with labels that the chip holds and print a Markdown table."""
    description = described(chip, changes)
    columns: dict[str, dict[str, str]] = {}
    too_large: dict[str, CompileError] = {}
    for name in api.models():
        if api.samples(name, 1).labels is None:
            continue  # a policy: no accuracy
        compiled = None
        try:
            compiled = api.compile(api.load(name), description, rounds=False)
        except CompileError as error:
            too_large[name] = error
        if compiled is not None:
            columns[name] = _column(name, compiled, samples)
    if not columns:
        raise next(iter(too_large.values()))
    size = f"chip `{description.name}`: {description.width} x {description.height} tiles, {description.lanes} lanes"
    print(f"| {size} | " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * len(columns))
    for row in next(iter(columns.values())):
        print(f"| {row} | " + " | ".join(column[row] for column in columns.values()) + " |")
    for error in too_large.values():
        print(f"\nLeft out: {error}.")


def _column(name: str, compiled: Compiled, samples: int) -> dict[str, str]:
    """Cells of one model by row."""
    chip = compiled.chip
    shipped = api.samples(name, network=compiled.network)
    ran = api.run(compiled, shipped.inputs, labels=shipped.labels)
    verification = api.verify(compiled, shipped.first(VERIFY_SAMPLES, name).inputs)
    measured = measure(compiled, shipped.first(samples, name).inputs, (Execution.SIM, Execution.NATIVE), REPEATS)
    speed = {row["backend"]: row for row in measured.rows}
    assert ran.accuracy is not None and ran.latency_us is not None and ran.inferences_per_second is not None
    return {
        "accuracy on the test split": f"{ran.accuracy:.2%} of {ran.samples:,}",
        f"mean latency at {chip.clock_mhz:g} MHz, us": f"{ran.latency_us:,.1f}",
        "inferences/s at that clock": f"{ran.inferences_per_second:,.0f}",
        f"cycles of {VERIFY_SAMPLES} samples, simulator": f"{verification.cycles_sim:,}",
        "the same, RTL": f"{verification.cycles_rtl or 0:,}",
        "events (packets, engines) that differ": f"{verification.event_mismatches} of {verification.events_compared:,}",
        "counters that differ": str(verification.counter_mismatches),
        **_energy(ran),
        "simulated cycles per second, simulator": f"{speed['sim']['cycles_per_second']:,.0f}",
        "the same, RTL in Verilator": f"{speed['native']['cycles_per_second']:,.0f}",
    }


def _energy(ran: api.Result) -> dict[str, str]:
    """Cells of an inference's energy, events with leakage and a gated clock, and its ratio to dense machines; the range is that of the corners."""
    report = ran.energy_report()
    low, high = report.gated.ends
    cells = {"energy per inference, nJ (gated clock)": f"{report.gated.nominal / 1e3:,.0f} ({low / 1e3:,.0f} .. {high / 1e3:,.0f})"}
    for title, ratio in report.ratios.items():
        least, most = ratio.ends
        cells[f"energy over a dense machine's, {title}"] = f"{least:.1f} .. {most:.1f}"
    return cells
