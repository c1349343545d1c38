"""``shiftfire convert``: a network of another framework, from a NIR file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .. import api
from ..report.document import write_json
from ..report.pictures import save_figure
from . import options
from .chips import described
from .console import output
from .next_step import next_step
from .targets import check_outputs


class Method(StrEnum):
    """How weights are clipped."""

    ERROR = "error"
    PERCENTILE = "percentile"
    SEARCH = "search"


class ReadoutName(StrEnum):
    """How a prediction is read over time."""

    SUM = "sum"
    MAX = "max"
    LAST = "last"
    NONE = "none"


AUTO = "auto"


def convert(
    file: Annotated[Path, typer.Argument(help="The NIR file.", metavar="FILE.nir")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder of the container to write.", metavar="DIR")],
    profile: options.Profile = None,
    dt: Annotated[float | None, typer.Option("--dt", help="Seconds of a timestep, other than the profile's.", metavar="S")] = None,
    time_unit: Annotated[
        float | None, typer.Option("--time-unit", help="Seconds of the file's unit of time, other than the profile's.", metavar="S")
    ] = None,
    weights: Annotated[
        str, typer.Option(help="Bits of a weight: 1, 2, 4, 8, 16, or auto: layer by layer within --budget.", metavar="BITS")
    ] = "8",
    budget: Annotated[
        str | None, typer.Option(help="Of --weights auto: all weights' bytes, as 20KiB, or bits each, as 3.5bits.", metavar="SIZE")
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            help="Samples (samples, timesteps, ...), real values: scales are chosen and the fidelity is measured on them; they become the test split.",
            metavar="FILE",
        ),
    ] = None,
    samples: options.SampleCount = None,
    timesteps: Annotated[
        int | None,
        typer.Option(min=1, help="Timesteps of a sample, where --calibrate has no time axis or is missing.", metavar="T"),
    ] = None,
    method: Annotated[
        Method, typer.Option(help="Weights: least squared error, clipped by percentile, or tried on the samples.")
    ] = Method.ERROR,
    readout: Annotated[ReadoutName | None, typer.Option(help="How the prediction is read over time.")] = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    json: Annotated[
        str | None, typer.Option("--report", help="Write the fidelity report as JSON; - is standard output.", metavar="FILE")
    ] = None,
    plot: Annotated[str | None, typer.Option(help="Draw the fidelity report, .png or .svg (extra plot).", metavar="FILE")] = None,
) -> None:
    """Convert a NIR file to an integer network, and report what was assumed and what was lost."""
    check_outputs(json, plot)
    if folder.exists() and not folder.is_dir():
        raise api.InputError(f"output {folder} is a file: name a folder for the container")
    if plot is not None and not plot.endswith((".png", ".svg")):
        raise api.InputError(f"plot {plot}: the name must end in .png or .svg")
    if plot is not None and calibrate is None:
        raise api.InputError(f"plot {plot}: without samples nothing is measured; give some with --calibrate FILE")
    if samples is not None and calibrate is None:
        raise api.InputError(f"--samples {samples} is of --calibrate: give it as well")
    graph = api.read_nir(file)
    given = None if calibrate is None else api.read_real_samples(calibrate, samples, names=tuple(graph.inputs))
    target = described(chip, changes)
    converted = api.from_nir(
        graph,
        profile,
        weights=_weights(weights),
        calibrate=None if given is None else given.inputs,
        labels=None if given is None else given.labels,
        timesteps=timesteps,
        dt=dt,
        time_unit=time_unit,
        readout=None if readout is None else readout.value,
        method=method.value,
        budget=budget,
        chip=target,
        name=folder.resolve().name,
    )
    converted.save(folder)
    console = output(json)
    console.print(str(converted).rstrip("\n"), markup=False, soft_wrap=True)
    following = next_step(converted, folder, chip, changes, target)
    console.print(f"network written to {folder}: {following}", markup=False, soft_wrap=True)
    if json is not None:
        write_json(json, converted.as_dict())
    if plot is not None:
        save_figure(plot, converted.plot)


def _weights(text: str) -> int | str:
    if text == AUTO:
        return AUTO
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise api.InputError(f"--weights {text[:40]}: give a number of bits, or auto")
    return int(text)
