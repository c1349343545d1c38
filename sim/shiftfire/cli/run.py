"""``shiftfire run``: run samples through a chip and report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from shiftfire_spec.chip import load_chip
from shiftfire_spec.link import DEFAULT_BAUD

from ..compiler.mapping.rounds import Schedule, compile_schedule
from ..compiler.program import Program
from ..energy.dense import estimate_dense
from ..energy.estimate import estimate_energy
from ..energy.parts import EnergyEstimate
from ..energy.table import DEFAULT_MOVEMENT, load_table
from ..errors import InputError
from ..host.execute import PHASE_SECONDS
from ..report.document import run_document, write_json
from ..report.layers import layer_rows
from ..report.rounds import print_rounds, rounds_document, rounds_energy
from ..report.tables import print_run
from ..report.trace import check_trace_path, write_rounds_trace, write_trace
from ..system.result import RunResult
from . import options
from .backends import Backend, BoardPort, run_backend, run_rounds
from .coding import code_streams, coding_document, print_coding
from .console import output, progress_bar
from .inputs import Samples, choose_samples, open_model
from .targets import check_outputs
from .waves import print_waves, wave_paths, wave_request

if TYPE_CHECKING:
    from ..verify.waves import Waves

DEFAULT_SAMPLES = 100


def run(
    model: options.Model,
    chip: options.Chip = options.DEFAULT_CHIP,
    spread: options.Spread = options.DEFAULT_SPREAD,
    layers_at_once: options.LayersAtOnce = None,
    recentre: options.Recentre = None,
    input_file: options.InputFile = None,
    samples: options.SampleCount = None,
    backend: Annotated[Backend, typer.Option(help="Which execution runs.")] = Backend.SIM,
    port: options.Port = None,
    baud: options.Baud = DEFAULT_BAUD,
    timeout: options.Timeout = PHASE_SECONDS,
    movement: Annotated[str, typer.Option(help="Energy constants for moving flits: dsent or loihi.")] = DEFAULT_MOVEMENT,
    json: options.Json = None,
    trace: Annotated[
        str | None, typer.Option(help="Write a trace: .json for ui.perfetto.dev, .csv for a list of events.", metavar="FILE")
    ] = None,
    waves: options.Waves = None,
    waves_from: options.WavesFrom = None,
    waves_cycles: options.WavesCycles = None,
) -> None:
    """Run samples of a network through a chip: predictions, cycles, tiles, energy."""
    if trace is not None:
        check_trace_path(trace, timed=backend is not Backend.GOLDEN)
    if waves is not None and backend is not Backend.RTL:
        raise InputError(f"--waves {waves}: only the RTL has waves, not {backend}: add --backend rtl, or take --trace")
    request = wave_request(waves, waves_from, waves_cycles)
    check_outputs(json, trace, *wave_paths(request))
    board = _board(backend, port, baud, timeout)
    load_table().movement(movement)
    folder, network = open_model(model)
    schedule = compile_schedule(network, load_chip(chip), spread=spread, most_layers=layers_at_once)
    chosen = choose_samples(folder, input_file, samples, DEFAULT_SAMPLES)
    schedule, changes = code_streams(schedule, chosen.inputs, recentre)
    console = output(json)
    execute = _run_resident if schedule.resident else _run_in_rounds
    document = execute(schedule, chosen, _Settings(backend, board, movement, trace, request), console)
    if json is not None:
        write_json(json, {**document, "recentred": coding_document(changes)})
    print_coding(console, changes, recentre)
    print_waves(console, request)


def _board(backend: Backend, port: str | None, baud: int, timeout: float) -> BoardPort | None:
    """The board of ``--backend board``. Raises InputError when one of backend and port is given without the other."""
    if backend is not Backend.BOARD:
        if port is not None:
            raise InputError(f"--port {port} is for a board: give `--backend board` as well")
        return None
    if port is None:
        raise InputError("--backend board runs on a board: name its serial port, such as `--port /dev/ttyUSB0`")
    return BoardPort(port, baud, timeout)


@dataclass(frozen=True)
class _Settings:
    backend: Backend
    board: BoardPort | None
    movement: str
    trace: str | None
    waves: Waves | None

    def options(self) -> dict[str, Any]:
        """What both ways to run take, by keyword."""
        return {"trace": self.trace is not None, "board": self.board, "waves": self.waves}


def _run_resident(schedule: Schedule, chosen: Samples, settings: _Settings, console: Console) -> dict[str, Any]:
    """Run a network that fits at once and print it; its document."""
    program = schedule.rounds[0].program
    with progress_bar(f"{settings.backend} {schedule.network.name}") as progress:
        result = run_backend(settings.backend, program, chosen.inputs, progress=progress, **settings.options())
    energy = _energy(program, result, settings.movement)
    if settings.trace is not None:
        write_trace(settings.trace, program, result)
    print_run(console, program, result, chosen.labels, energy)
    layers = [row.as_dict() for row in layer_rows(program, result, settings.movement)]
    return {**run_document(program, result, chosen.labels, energy), "layers": layers}


def _run_in_rounds(schedule: Schedule, chosen: Samples, settings: _Settings, console: Console) -> dict[str, Any]:
    """Run a network that does not fit at once and print it; its document."""
    with progress_bar(f"{settings.backend} {schedule.network.name}") as progress:
        results = run_rounds(settings.backend, schedule, chosen.inputs, progress=progress, **settings.options())
    energy = rounds_energy(schedule, results, settings.movement)
    if settings.trace is not None:
        write_rounds_trace(settings.trace, schedule, results)
    print_rounds(console, schedule, results, chosen.labels, energy, settings.movement)
    return rounds_document(schedule, results, chosen.labels, energy, settings.movement)


def _energy(program: Program, result: RunResult, movement: str) -> tuple[EnergyEstimate, ...]:
    if result.counters is None:
        return ()
    measured = estimate_energy(program, result.counters, result.samples, movement=movement)
    return (measured, estimate_dense(program.network, result.samples))
