"""``shiftfire verify``: simulator against RTL, difference zero or exit 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from shiftfire_spec.chip import load_chip

from ..compiler.mapping.rounds import compile_schedule
from ..compiler.program import Program
from ..errors import InputError
from ..report.document import provenance, write_json
from ..report.tables import grid, show
from ..system.plan import RunError
from . import options
from .backends import rtl_errors
from .coding import code_streams, coding_document, print_coding
from .compilation import compilation_notice
from .console import output, progress_bar
from .inputs import choose_samples, open_model
from .targets import check_outputs
from .waves import print_waves, wave_paths, wave_request

if TYPE_CHECKING:
    from pathlib import Path

    from shiftfire_hw.synthesis.netlist import Family

    from ..verify.compare import Verification
    from ..verify.fault import Fault

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
    spread: options.Spread = options.DEFAULT_SPREAD,
    layers_at_once: options.LayersAtOnce = None,
    recentre: options.Recentre = None,
    input_file: options.InputFile = None,
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
    waves: options.Waves = None,
    waves_from: options.WavesFrom = None,
    waves_cycles: options.WavesCycles = None,
) -> None:
    """Run samples on golden, simulator and RTL, and compare every event, cycle and counter."""
    from shiftfire_hw.testing.toolchain import cache_directory

    from ..verify.compare import verify_rounds as compare  # lazy: the only command that needs the RTL's tools

    family = None if netlist is None else _parse_family(netlist, waves)
    request = wave_request(waves, waves_from, waves_cycles)
    check_outputs(json, *wave_paths(request))
    cache_directory()
    folder, network = open_model(model)
    schedule = compile_schedule(network, load_chip(chip), spread=spread, most_layers=layers_at_once)
    chosen = choose_samples(folder, input_file, samples, DEFAULT_SAMPLES)
    schedule, changes = code_streams(schedule, chosen.inputs, recentre)
    program = schedule.rounds[0].program
    parsed = None if fault is None else _parse_fault(fault, program)
    with progress_bar(f"verify {network.name}") as progress, rtl_errors(), compilation_notice():
        built = None if family is None else _build_netlist(family, program)
        verifications = compare(schedule, chosen.inputs, fault=parsed, progress=progress, waves=request, built=built)
    finished = len(verifications) == len(schedule.rounds)
    passed = finished and all(verification.passed for verification in verifications)
    title = f"{network.name} on {program.chip.name}: {len(chosen.inputs)} samples"
    if json is not None:
        head = {**provenance(program), "samples": len(chosen.inputs), "fault": fault, "netlist": netlist}
        whole = {"rounds": [verification.as_dict() for verification in verifications], "passed": passed}
        figures = verifications[0].as_dict() if schedule.resident else whole
        write_json(json, {**head, **figures, "recentred": coding_document(changes)})
    console = output(json)
    for number, verification in enumerate(verifications):
        part = "" if schedule.resident else f", round {number} of {len(schedule.rounds)}"
        _print(console, title + part, verification)
    if not finished:
        console.print(f"DIFFERENT; the RTL did not end round {len(verifications) - 1}", style="bold red", markup=False)
    print_coding(console, changes, recentre)
    print_waves(console, request)
    if not passed:
        raise typer.Exit(1)


def _parse_family(name: str, waves: str | None) -> Family:
    """The netlist's family, with its tools there. Raises InputError."""
    from shiftfire_hw.synthesis.netlist import Family, yosys_version
    from shiftfire_hw.synthesis.tools import SynthesisError

    if name not in list(Family):
        raise InputError(f"--netlist {name}: there are {', '.join(Family)}")
    if waves is not None:
        raise InputError(f"--netlist {name} and --waves {waves} exclude each other: the signals of waves are those of the RTL")
    try:
        yosys_version()
    except SynthesisError as error:
        raise InputError(f"--netlist {name}: {error}") from None
    return Family(name)


def _build_netlist(family: Family, program: Program) -> Path:
    """The harness of the chip with netlists for tiles. Raises RunError when Yosys fails."""
    from shiftfire_hw.synthesis.tools import SynthesisError
    from shiftfire_hw.testing.chip_harness import build_netlist_harness

    try:
        return build_netlist_harness(program.chip, family)
    except SynthesisError as error:
        raise RunError(str(error)) from error


def _parse_fault(text: str, program: Program) -> Fault:
    """The fault, tried on the program's image before anything long runs. Raises InputError."""
    from ..verify.fault import Fault, FaultError

    try:
        fault = Fault.parse(text)
        fault.apply(program)
    except FaultError as error:
        raise InputError(str(error)) from None
    return fault


def _print(console: Console, title: str, verification: Verification) -> None:
    table = grid("", "")
    for name in FIGURES:
        value = getattr(verification, name)
        table.add_row(name.replace("_", " "), "unfinished" if value is None else f"{value:,}")
    show(console, title, table)
    show(console, "tile by tile (golden knows no credits)", _tile_table(verification))
    if verification.passed:
        console.print("golden, simulator and RTL agree: every event, cycle and counter", style="green")
        return
    for entry in verification.counter_differences:
        console.print(f"tile {entry.tile}: {entry.counter} is {entry.sim:,} in sim, {entry.rtl:,} in rtl", markup=False)
    first = verification.first_divergence
    where = "no packet differs: look at the cycles and counters above" if first is None else f"first divergence: {first.sentence()}"
    console.print(f"DIFFERENT; {where}", style="bold red", markup=False)


def _tile_table(verification: Verification) -> Table:
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
    for row in verification.tiles:
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
