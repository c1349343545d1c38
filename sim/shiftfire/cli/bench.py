"""``shiftfire bench``: golden, simulator and RTL side by side in one run, on the same samples."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from .. import api
from ..api import InputError
from ..api.cold_start import cold_document, measure_cold
from ..api.random_load import spike_rates
from ..api.speed import Execution, can_time, headline, measure
from ..network.input_sets import Inputs
from ..report.document import head, provenance, write_json
from ..report.tables import grid, show
from . import options
from .chips import described
from .compilation import compilation_notice
from .console import output, progress_bar
from .inputs import choose_samples
from .random_loads import RandomLoad, chosen_load
from .targets import check_outputs

DEFAULT_MODEL = "digits-cnn"
DEFAULT_SAMPLES = 20


def bench(
    model: Annotated[
        str | None, typer.Argument(help=f"Name or path of a model; {DEFAULT_MODEL} when not given.", metavar="[MODEL]")
    ] = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    spread: options.Spread = options.DEFAULT_SPREAD,
    optimise: options.Optimise = None,
    effort: options.Effort = options.DEFAULT_EFFORT,
    samples: Annotated[int, typer.Option(help="Samples per run.", min=2)] = DEFAULT_SAMPLES,
    repeats: Annotated[int, typer.Option(help="Timed runs of each; the median counts.", min=1)] = 3,
    backend: Annotated[list[Execution] | None, typer.Option(help="Only these (repeatable).")] = None,
    layers: options.Layers = None,
    timesteps: options.Timesteps = None,
    density: options.Density = None,
    seed: options.Seed = None,
    cold: Annotated[
        bool,
        typer.Option(
            "--cold", help="Instead: CPU time and memory of a start with an empty cache of kernels, and the speed with a full one."
        ),
    ] = False,
    beside: Annotated[
        Path | None,
        typer.Option(help="With --cold: the folder of another checkout, measured in turns with this one.", metavar="FOLDER"),
    ] = None,
    json: options.Json = None,
) -> None:
    """Measure speed: cycles and inferences per second of wall time, and the simulator's ratio to the RTL.

    The RTL runs twice: under cocotb, and in the native harness of `verify`. Rates are those of further samples: what a run costs before its first
    sample is told apart, and so are builds.
    """
    check_outputs(json)
    if beside is not None and not cold:
        raise InputError(f"--beside {beside} is for --cold: give that too")
    if cold:
        if backend or any(option is not None for option in (layers, timesteps, density, seed)):
            raise InputError("--cold measures the simulator on a model: leave out --backend, --layers and what belongs to it")
        if optimise is not None or effort:
            raise InputError("--cold starts commands with the default mapping: leave out --optimise and --effort")
        if changes:
            raise InputError(
                f"--set {changes[0]} is not for --cold, which starts other commands: write a TOML file and give it as --chip"
            )
        _bench_cold(DEFAULT_MODEL if model is None else model, chip, spread, samples, repeats, beside, json)
        return
    description = described(chip, changes)
    wanted = _installed(backend)
    drawn = chosen_load(model, layers, timesteps, density, seed, samples)
    network, inputs, load = _model(model, samples) if drawn is None else _drawn(drawn)
    compiled = api.compile(network, description, spread=spread, optimise=optimise, effort=effort, optimise_on=inputs)
    executions = _able(wanted, compiled, asked=bool(backend))
    with progress_bar("bench") as progress:
        measurement = measure(compiled, inputs, executions, repeats, say=_say, compiling=compilation_notice, progress=progress)
    made = {**head("shiftfire-bench", 1), **provenance(compiled.schedule), **load, "samples": samples, "repeats": repeats}
    figures = headline(measurement)
    if json is not None:
        write_json(json, {**made, "backends": measurement.rows, **figures})
    title = f"{network.name} on {description.name}: {samples} samples, median of {repeats}"
    _print(output(json), title, measurement.rows, figures)


def _bench_cold(model: str, chip: str, spread: bool, samples: int, repeats: int, beside: Path | None, json: str | None) -> None:
    document = cold_document(measure_cold(model, chip, samples, repeats, beside, _say, spread=spread))
    if json is not None:
        write_json(
            json,
            {**head("shiftfire-bench-cold", 1), "model": model, "chip": chip, "samples": samples, "repeats": repeats, **document},
        )
    table = grid("checkout", "cold CPU, s", "cold wall, s", "cold peak, MB", "warm cycles/s")
    for row in document["cold"]:
        figures = (f"{row['cold_cpu_seconds']:.1f}", f"{row['cold_wall_seconds']:.1f}", f"{row['cold_peak_memory_mb']:,.0f}")
        table.add_row(row["checkout"], *figures, f"{row['cycles_per_second']:,.0f}")
    if document["cold_ratios"] is not None:
        table.add_row("here / beside", *(f"{ratio:.2f}" for ratio in document["cold_ratios"].values()))
    show(output(json), f"{model} on {chip}: 1 sample cold, {samples} warm, median of {repeats}", table)


def _installed(wanted: list[Execution] | None) -> tuple[Execution, ...]:
    """What is timed: what was asked for, or everything, but cocotb only where it is installed."""
    if wanted:
        return tuple(wanted)
    from shiftfire_hw.testing import cocotb_chip

    if cocotb_chip.cocotb_is_installed():
        return tuple(Execution)
    _say("cocotb is left out: it is not installed (`pip install shiftfire[dev]`, or `make` in the repository)")
    return tuple(e for e in Execution if e is not Execution.COCOTB)


def _able(executions: tuple[Execution, ...], compiled: api.Compiled, *, asked: bool) -> tuple[Execution, ...]:
    """Those that run the network; not every one runs rounds. Raises InputError when one was asked for that does not."""
    left_out = [e for e in executions if not can_time(e, compiled)]
    if left_out and asked:
        raise InputError(
            f"--backend {left_out[0]}: it runs what fits a chip at once, and this takes {compiled.rounds} rounds: leave it out"
        )
    for execution in left_out:
        _say(f"{execution} is left out: it runs what fits a chip at once, and this takes {compiled.rounds} rounds")
    return tuple(e for e in executions if e not in left_out)


def _model(model: str | None, samples: int) -> tuple[api.FrozenNetwork, Inputs, dict[str, Any]]:
    """A model and samples of it."""
    chosen = DEFAULT_MODEL if model is None else model
    network = api.load(chosen)
    return network, choose_samples(chosen, network, None, samples, samples).inputs, {}


def _drawn(load: RandomLoad) -> tuple[api.FrozenNetwork, Inputs, dict[str, Any]]:
    """A random network, its inputs, what it was drawn with and how often its neurons spike."""
    made = {"timesteps": load.timesteps, "density": load.density, "seed": load.seed}
    return load.network, load.inputs, {**made, "spike_rates": spike_rates(load.network, load.inputs[:1])}


def _say(message: str) -> None:
    print(f"shiftfire: {message}", file=sys.stderr)


def _print(console: Console, title: str, rows: list[dict[str, Any]], figures: dict[str, float | None]) -> None:
    table = grid("backend", "build, s", "start, s", "cycles/s", "inferences/s", "ms/inference")
    for row in rows:
        table.add_row(
            row["backend"],
            f"{row['build_seconds']:.2f}",
            f"{row['start_seconds']:.2f}",
            "-" if row["cycles_per_second"] is None else f"{row['cycles_per_second']:,.0f}",
            f"{row['inferences_per_second']:,.1f}",
            f"{row['milliseconds_per_inference']:,.3f}",
        )
    show(console, title, table)
    for name, text in (
        ("ratio", "simulator to RTL under cocotb: {:,.1f} times as fast"),
        ("native_ratio", "simulator to RTL in the native harness: {:,.1f} times as fast"),
        ("peak_memory_mb", "peak memory of the simulator's process: {:,.0f} MB"),
    ):
        if (value := figures[name]) is not None:
            console.print(text.format(value))
