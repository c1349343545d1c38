"""Tables for people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from shiftfire_spec.counters import Counter

from ..compiler.program import Program
from ..energy.parts import EnergyEstimate
from ..system.result import RunResult
from .summary import TileRow, accuracy, latency, throughput, tile_rows

SHOWN_PREDICTIONS = 20


def show(console: Console, title: str, table: Table) -> None:
    """Print a title, then the table."""
    console.print(title, style="bold", markup=False, soft_wrap=True)
    console.print(table)


def grid(*columns: str) -> Table:
    """A plain table: first column left, the others right; no head when the columns have no names."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=number == 0)
    return table


def print_run(
    console: Console,
    program: Program,
    result: RunResult,
    labels: NDArray[np.int64] | None,
    energy: tuple[EnergyEstimate, ...],
) -> None:
    """Predictions, cycles, tiles and energy of a run."""
    title = f"{program.network.name} on {program.chip.name}: {result.samples} samples, backend {result.backend}"
    show(console, title, _headline(program, result, labels))
    rows = tile_rows(program, result)
    if rows:
        console.print()
        show(console, "tiles in use: shares of the run's cycles, and counts", tile_table(rows, result.cycles or 0))
    if energy:
        console.print()
        show(console, "energy per inference, nJ (an estimate: docs/reference/energy.md)", energy_table(energy))


def _headline(program: Program, result: RunResult, labels: NDArray[np.int64] | None) -> Table:
    table = grid("", "")
    table.columns[1].justify = "left"
    prediction_rows(table, result, labels)
    spread, clock = latency(result), program.chip.clock_mhz
    if result.cycles is not None:
        table.add_row("cycles", f"{result.cycles:,}  (configuration: {result.config_cycles or 0:,} before)")
    if spread is not None:
        figures = (spread.minimum, spread.mean, spread.maximum)
        table.add_row("latency, cycles", "  ".join(f"{k} {v:,.0f}" for k, v in zip(("min", "mean", "max"), figures, strict=True)))
        times = "  ".join(f"{k} {v / clock:,.2f} us" for k, v in zip(("min", "mean", "max"), figures, strict=True))
        table.add_row(f"latency at {clock:g} MHz", times)
    rate = throughput(program, result)
    if rate is not None:
        table.add_row(f"throughput at {clock:g} MHz", f"{rate:,.0f} inferences/s")
    return table


def prediction_rows(table: Table, result: RunResult, labels: NDArray[np.int64] | None) -> None:
    """Predictions and accuracy, as far as they are known."""
    if result.predictions is not None:
        shown = " ".join(str(p) for p in result.predictions[:SHOWN_PREDICTIONS].tolist())
        table.add_row("predictions", shown + (" ..." if result.samples > SHOWN_PREDICTIONS else ""))
    share = accuracy(result, labels)
    if share is not None:
        table.add_row("accuracy", f"{share:.2%}  ({round(share * result.samples)} of {result.samples})")


def tile_table(rows: list[TileRow], cycles: int) -> Table:
    """Tiles in use; times as shares of the run's cycles."""
    shares = (
        ("wait event", Counter.INTEGRATE_WAIT_EVENT),
        ("wait fire", Counter.INTEGRATE_WAIT_FIRE),
        ("fire", Counter.FIRE_BUSY),
        ("wait credit", Counter.EGRESS_WAIT_CREDIT),
        ("stall", Counter.EGRESS_STALL),
    )
    counts = (("events in", Counter.EVENTS_IN), ("events out", Counter.EVENTS_OUT), ("beats", Counter.BEATS))
    table = grid("layer", "tile", "utilisation", *(s[0] for s in shares), *(c[0] for c in counts))
    for row in rows:
        table.add_row(
            row.layer,
            str(row.tile),
            f"{row.utilisation:.1%}",
            *(f"{row.counters[c.name] / cycles:.1%}" for _, c in shares),
            *(f"{row.counters[c.name]:,}" for _, c in counts),
        )
    return table


def energy_table(estimates: tuple[EnergyEstimate, ...]) -> Table:
    """Estimates side by side, nanojoules per inference by part; the range is that of the table's constants."""
    groups = [estimate.group() for estimate in estimates]
    table = grid("part", *(e.title for e in estimates))
    for part in dict.fromkeys(name for group in groups for name in group):
        table.add_row(part, *(f"{group[part] / 1e3:,.2f}" if part in group else "-" for group in groups))
    table.add_row("total", *(f"{estimate.per_inference / 1e3:,.2f}" for estimate in estimates), style="bold")
    ranges = (estimate.bounds_per_inference for estimate in estimates)
    table.add_row("range", *(f"{low / 1e3:,.2f} .. {high / 1e3:,.2f}" for low, high in ranges))
    return table
