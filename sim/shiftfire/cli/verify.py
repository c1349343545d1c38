"""``shiftfire verify``: simulator against RTL, difference zero or exit 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from .. import api
from ..report.document import write_json
from ..report.tables import grid, show
from . import options
from .build_notice import build_notice
from .chips import described
from .coding import print_coding
from .compilation import compilation_notice
from .console import output, progress_bar
from .fitting import fitted
from .inputs import choose_samples
from .targets import check_outputs
from .waves import print_waves, wave_paths, wave_request

if TYPE_CHECKING:
    from ..api import Comparison, Verification

DEFAULT_SAMPLES = 2
FIGURES = (
    "events_compared",
    "event_mismatches",
    "cycles_sim",
    "cycles_rtl",
    "cycle_difference",
    "config_cycle_difference",
    "loading_cycle_difference",
    "counter_mismatches",
    "prediction_mismatches",
)


def verify(
    model: options.Model,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    spread: options.Spread = options.DEFAULT_SPREAD,
    layers_at_once: options.LayersAtOnce = None,
    optimise: options.Optimise = None,
    effort: options.Effort = options.DEFAULT_EFFORT,
    recentre: options.Recentre = None,
    fit_neurons: options.FitNeurons = False,
    input_file: options.InputFile = None,
    bin_width: options.BinWidth = None,
    bin_start: options.BinStart = None,
    clip_events: options.ClipEvents = False,
    realtime: options.RealTime = False,
    gap: options.Gap = None,
    observable: options.Observable = None,
    encode: options.Encode = None,
    samples: options.SampleCount = None,
    fault: Annotated[
        str | None,
        typer.Option(
            help="Flip one memory bit in the RTL first (in its first round), to see that it is found.",
            metavar="TILE:MEMORY:ADDRESS:BIT",
        ),
    ] = None,
    json: options.Json = None,
    netlist: Annotated[
        str | None,
        typer.Option(
            help="Put netlists of FPGA cells, ecp5 or ice40, in the place of the tiles' RTL (for small chips).", metavar="FAMILY"
        ),
    ] = None,
    membranes: Annotated[
        bool, typer.Option("--membranes", help="Compare what the RTL stores in the membranes as well, on a chip built to show it.")
    ] = False,
    waves: options.Waves = None,
    waves_from: options.WavesFrom = None,
    waves_cycles: options.WavesCycles = None,
) -> None:
    """Run samples on golden, simulator and RTL, and compare every event, cycle and counter.

    Exit code 0: everything is equal, also when a fault was injected and had no effect (the document says "masked"); 1: something differs.
    """
    request = wave_request(waves, waves_from, waves_cycles)
    check_outputs(json, *wave_paths(request))
    network = api.load(model)
    chosen = choose_samples(
        model,
        network,
        input_file,
        samples,
        DEFAULT_SAMPLES,
        bin_width=bin_width,
        bin_start=bin_start,
        clip_events=clip_events,
        realtime=realtime,
        gap=gap,
        observable=observable,
        encode=encode,
    )
    known = described(chip, changes)
    if fit_neurons:
        network = fitted(network, known)
    with progress_bar(f"verify {network.name}") as progress, compilation_notice(), build_notice():
        verification = api.verify(
            network,
            chosen.inputs,
            labels=chosen.labels,
            chip=known,
            spread=spread,
            layers_at_once=layers_at_once,
            optimise=optimise,
            effort=effort,
            recentre=recentre,
            fault=fault,
            netlist=netlist,
            waves=request,
            record=("membrane",) if membranes else (),
            progress=progress,
        )
    if json is not None:
        write_json(json, verification.as_dict())
    console = output(json)
    _print(console, verification)
    print_coding(console, verification.run.recentred, recentre)
    print_waves(console, request)
    if not verification.passed:
        raise typer.Exit(1)


def _print(console: Console, verification: Verification) -> None:
    run = verification.run
    for number, comparison in enumerate(verification.rounds):
        part = "" if run.schedule.resident else f", round {number} of {len(run.schedule.rounds)}"
        _print_round(console, f"{run.network.name} on {run.chip.name}: {run.samples} samples{part}", comparison)
    for entry in verification.counter_differences:
        console.print(f"tile {entry.tile}: {entry.counter} is {entry.sim:,} in sim, {entry.rtl:,} in rtl", markup=False)
    console.print(verification.sentence(), style="green" if verification.passed else "bold red", markup=False, soft_wrap=True)


def _print_round(console: Console, title: str, comparison: Comparison) -> None:
    table = grid("", "")
    for name in FIGURES:
        value = getattr(comparison, name)
        table.add_row(name.replace("_", " "), "unfinished" if value is None else f"{value:,}")
    if comparison.membranes is not None:
        table.add_row("membranes compared", f"{comparison.membranes.compared:,}")
        table.add_row("membrane mismatches", f"{comparison.membranes.mismatches:,}")
    show(console, title, table)
    show(console, "tile by tile (golden knows no credits)", _tile_table(comparison))


def _tile_table(comparison: Comparison) -> Table:
    """Events, last cycles and counters of every tile that does something, with their differences."""
    columns = (
        "packets golden",
        "sim",
        "rtl",
        "engine events sim",
        "rtl",
        "differ",
        "last packet sim",
        "rtl",
        "counters compared",
        "differ",
    )
    table = grid("layer", "tile", *columns)
    for row in comparison.tiles:
        if not (row.events_sim or row.events_rtl or row.event_mismatches or row.counter_mismatches):
            continue
        figures = (
            row.events_golden,
            row.events_sim,
            row.events_rtl,
            row.engine_events_sim,
            row.engine_events_rtl,
            row.event_mismatches,
            row.last_cycle_sim,
            row.last_cycle_rtl,
            row.counters_compared,
            row.counter_mismatches,
        )
        tile = "I/O" if row.tile < 0 else str(row.tile)
        table.add_row(row.layer, tile, *("-" if figure is None else f"{figure:,}" for figure in figures))
    return table
