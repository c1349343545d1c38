"""``shiftfire run``: run samples through a chip and report."""

from __future__ import annotations

from contextlib import nullcontext
from enum import StrEnum
from typing import Annotated, Any
from warnings import catch_warnings, simplefilter

import typer

from .. import api
from ..api import Ability, InputError, SilentLayerWarning
from ..report.document import write_json
from ..report.tables import print_run
from ..report.trace import check_trace_path
from . import options
from .build_notice import build_notice
from .chips import described
from .coding import print_coding
from .compilation import compilation_notice
from .console import output, progress_bar
from .fitting import fitted
from .inputs import choose_samples
from .nir_files import is_nir, nir_model
from .targets import check_outputs
from .waves import print_waves, wave_paths, wave_request

DEFAULT_SAMPLES = 100


class BackendName(StrEnum):
    """An execution of a program."""

    SIM = "sim"
    GOLDEN = "golden"
    RTL = "rtl"
    BOARD = "board"


def run(
    model: Annotated[
        str,
        typer.Argument(
            help="Name of a shipped model (see `shiftfire info`), path of a model folder, or a NIR file, which is converted.",
            metavar="MODEL",
        ),
    ],
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
    profile: options.Profile = None,
    backend: Annotated[BackendName, typer.Option(help="Which execution runs.")] = BackendName.SIM,
    port: options.Port = None,
    baud: options.Baud = options.DEFAULT_BAUD,
    timeout: options.Timeout = options.DEFAULT_TIMEOUT,
    movement: options.Movement = options.DEFAULT_MOVEMENT,
    json: options.Json = None,
    neurobench: Annotated[
        str | None, typer.Option(help="Write NeuroBench's figures as JSON to this file; - is standard output.", metavar="FILE")
    ] = None,
    trace: Annotated[
        str | None, typer.Option(help="Write a trace: .json for ui.perfetto.dev, .csv for a list of events.", metavar="FILE")
    ] = None,
    waves: options.Waves = None,
    waves_from: options.WavesFrom = None,
    waves_cycles: options.WavesCycles = None,
) -> None:
    """Run samples of a network through a chip: predictions, cycles, tiles, energy."""
    if waves is not None and backend is not BackendName.RTL:
        raise InputError(f"--waves {waves}: only the RTL has waves, not {backend}: add --backend rtl, or take --trace")
    request = wave_request(waves, waves_from, waves_cycles)
    execution = api.backend(backend.value, **_settings(backend, request, port, baud, timeout))
    if trace is not None:
        check_trace_path(trace, timed=Ability.CYCLES in execution.abilities)
    if json == neurobench == "-":
        raise InputError("--json - and --neurobench - both want standard output: name a file for one of them")
    check_outputs(json, neurobench, trace, *wave_paths(request))
    known = described(chip, changes)
    if is_nir(model):
        for option, value in (
            ("--bin-width", bin_width),
            ("--encode", encode),
            ("--observable", observable),
            ("--realtime", realtime or None),
        ):
            if value is not None:
                raise InputError(
                    f"{option}{'' if value is True else f' {value}'}: convert {model} first, then run the folder that it becomes"
                )
        converted, chosen = nir_model(model, known, profile, input_file, samples)
        network = converted.network
    elif profile is not None:
        raise InputError(f"--profile {profile} is for NIR files, whose names end in .nir: leave it out")
    else:
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
    if fit_neurons:
        network = fitted(network, known)
    notice = compilation_notice() if backend is BackendName.SIM else nullcontext()
    with progress_bar(f"{backend} {network.name}") as progress, notice, build_notice(), catch_warnings():
        simplefilter("ignore", SilentLayerWarning)  # the report has them
        result = api.run(
            network,
            chosen.inputs,
            labels=chosen.labels,
            chip=known,
            backend=execution,
            spread=spread,
            layers_at_once=layers_at_once,
            optimise=optimise,
            effort=effort,
            recentre=recentre,
            movement=movement,
            record=[*(["events"] if trace is not None else []), *(["spikes", "membrane"] if neurobench is not None else [])],
            progress=progress,
        )
    if trace is not None:
        result.write_trace(trace)
    console = output("-" if "-" in (json, neurobench) else json)
    print_run(console, result)
    if json is not None:
        write_json(json, result.as_dict())
    if neurobench is not None:
        write_json(neurobench, result.neurobench())
    print_coding(console, result.recentred, recentre)
    print_waves(console, request)


def _settings(backend: BackendName, waves: api.Waves | None, port: str | None, baud: int, timeout: float) -> dict[str, Any]:
    """Of the backend's constructor. Raises InputError when one of board and port is given without the other."""
    if backend is not BackendName.BOARD:
        if port is not None:
            raise InputError(f"--port {port} is for a board: give `--backend board` as well")
        return {"waves": waves} if backend is BackendName.RTL else {}
    if port is None:
        raise InputError("--backend board runs on a board: name its serial port, such as `--port /dev/ttyUSB0`")
    return {"port": port, "baud": baud, "timeout": timeout}
