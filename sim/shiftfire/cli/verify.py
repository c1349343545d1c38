"""``shiftfire verify``: simulator against RTL, difference zero or exit 1."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from shiftfire_spec.chip import load_chip

from ..compiler.compile import compile_network
from ..report.document import provenance, write_json
from ..report.tables import grid
from . import options
from .console import output, progress_bar
from .inputs import choose_samples, open_model

DEFAULT_SAMPLES = 2
FIGURES = ("events_compared", "event_mismatches", "cycles_sim", "cycles_rtl", "cycle_difference", "counter_mismatches")


def verify(
    model: options.Model,
    chip: options.Chip = options.DEFAULT_CHIP,
    input_file: options.InputFile = None,
    samples: options.SampleCount = None,
    fault: Annotated[
        str | None,
        typer.Option(help="Flip one memory bit in the RTL first, to see that it is found.", metavar="TILE:MEMORY:ADDRESS:BIT"),
    ] = None,
    json: options.Json = None,
) -> None:
    """Run samples on golden, simulator and RTL, and compare every event, cycle and counter."""
    from ..verify.compare import verify as compare  # lazy: the only command that needs the RTL's tools
    from ..verify.rtl import Fault

    folder, network = open_model(model)
    program = compile_network(network, load_chip(chip))
    chosen = choose_samples(folder, input_file, samples, DEFAULT_SAMPLES)
    parsed = None if fault is None else Fault.parse(fault)
    with progress_bar(f"verify {network.name}") as progress:
        verification = compare(program, chosen.inputs, fault=parsed, progress=progress)
    figures = verification.as_dict()
    if json is not None:
        write_json(json, {**provenance(network.name, program.chip), "samples": len(chosen.inputs), "fault": fault, **figures})
    _print(output(json), f"{network.name} on {program.chip.name}: {len(chosen.inputs)} samples", figures, verification.passed)
    if not verification.passed:
        raise typer.Exit(1)


def _print(console: Console, title: str, figures: dict[str, Any], passed: bool) -> None:
    table = grid(title, "", "")
    table.show_header = False
    for name in FIGURES:
        table.add_row(name.replace("_", " "), f"{figures[name]:,}")
    console.print(table)
    if passed:
        console.print("simulator and RTL agree: every event, cycle and counter", style="green")
    else:
        console.print(f"DIFFERENT. First divergence: {figures['first_divergence']}", style="bold red", markup=False)
