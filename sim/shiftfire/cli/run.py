"""``shiftfire run``: run samples through a chip and report."""

from __future__ import annotations

from typing import Annotated

import typer
from shiftfire_spec.chip import load_chip

from ..compiler.compile import compile_network
from ..compiler.program import Program
from ..energy.dense import estimate_dense
from ..energy.estimate import estimate_energy
from ..energy.parts import EnergyEstimate
from ..energy.table import DEFAULT_MOVEMENT, load_table
from ..report.document import run_document, write_json
from ..report.tables import print_run
from ..report.trace import check_trace_path, write_trace
from ..system.result import RunResult
from . import options
from .backends import Backend, run_backend
from .coding import code_streams, coding_document, print_coding
from .console import output, progress_bar
from .inputs import choose_samples, open_model
from .targets import check_outputs

DEFAULT_SAMPLES = 100


def run(
    model: options.Model,
    chip: options.Chip = options.DEFAULT_CHIP,
    spread: options.Spread = options.DEFAULT_SPREAD,
    recentre: options.Recentre = None,
    input_file: options.InputFile = None,
    samples: options.SampleCount = None,
    backend: Annotated[Backend, typer.Option(help="Which execution runs.")] = Backend.SIM,
    movement: Annotated[str, typer.Option(help="Energy constant for moving events: loihi, script or circuit.")] = DEFAULT_MOVEMENT,
    json: options.Json = None,
    trace: Annotated[
        str | None, typer.Option(help="Write a trace: .json for ui.perfetto.dev, .csv for a list of events.", metavar="FILE")
    ] = None,
) -> None:
    """Run samples of a network through a chip: predictions, cycles, tiles, energy."""
    if trace is not None:
        check_trace_path(trace, timed=backend is not Backend.GOLDEN)
    check_outputs(json, trace)
    load_table().movement(movement)
    folder, network = open_model(model)
    program = compile_network(network, load_chip(chip), spread=spread)
    chosen = choose_samples(folder, input_file, samples, DEFAULT_SAMPLES)
    program, changes = code_streams(program, chosen.inputs, recentre)
    with progress_bar(f"{backend} {network.name}") as progress:
        result = run_backend(backend, program, chosen.inputs, trace=trace is not None, progress=progress)
    energy = _energy(program, result, movement)
    if trace is not None:
        write_trace(trace, program, result)
    if json is not None:
        write_json(json, {**run_document(program, result, chosen.labels, energy), "recentred": coding_document(changes)})
    console = output(json)
    print_run(console, program, result, chosen.labels, energy)
    print_coding(console, changes, recentre)


def _energy(program: Program, result: RunResult, movement: str) -> tuple[EnergyEstimate, ...]:
    if result.counters is None:
        return ()
    measured = estimate_energy(program, result.counters, result.samples, movement=movement)
    return (measured, estimate_dense(program.network, result.samples))
