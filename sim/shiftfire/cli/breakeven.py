"""``shiftfire breakeven``: up to which spike rate a layer takes less energy than on a dense machine."""

from __future__ import annotations

from typing import Annotated
from warnings import catch_warnings, simplefilter

import typer

from ..api import InputError, SilentLayerWarning
from ..api.breakeven import breakeven as run_sweep
from ..api.breakeven import sweep_of
from ..report.document import write_json
from ..report.pictures import picture_format, save_figure
from ..report.plots import plot_breakeven
from ..report.tables import show
from . import options
from .chips import described
from .compilation import compilation_notice
from .console import output, progress_bar
from .targets import check_outputs

MOST_DIGITS = 6


def breakeven(
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    timesteps: Annotated[str, typer.Option(help="Timesteps, separated by commas.", metavar="T,T")] = "5,10",
    weight_bits: Annotated[str, typer.Option(help="Bits of the weights: 1, 2, 4 or 8.", metavar="B,B")] = "1,2,4,8",
    fan_out: Annotated[str, typer.Option(help="Outputs of the layer.", metavar="N,N")] = "288",
    fan_in: Annotated[int, typer.Option(help="Inputs of the layer.", metavar="N")] = 256,
    samples: Annotated[int, typer.Option(help="Samples of each run.", metavar="N")] = 4,
    seed: Annotated[int, typer.Option(help="Of weights and inputs.", min=0, metavar="N")] = 0,
    json: options.Json = None,
    plot: options.Plot = None,
) -> None:
    """Run one dense layer at many spike rates, and find where it takes as much energy as an output-stationary machine."""
    check_outputs(json, plot)
    if plot is not None:
        picture_format(plot)
    sweep = sweep_of(
        described(chip, changes),
        timesteps=_numbers("--timesteps", timesteps),
        weight_bits=_numbers("--weight-bits", weight_bits),
        fan_outs=_numbers("--fan-out", fan_out),
        fan_in=fan_in,
        samples=samples,
        seed=seed,
    )
    console = output(json)
    console.print(sweep.sentence, markup=False, soft_wrap=True)  # before the run: what is swept does not follow from what comes out
    with progress_bar("break-even") as progress, compilation_notice(), catch_warnings():
        simplefilter("ignore", SilentLayerWarning)
        found = run_sweep(sweep, progress=progress)
    if plot is not None:
        save_figure(plot, lambda: plot_breakeven(found))
    if json is not None:
        write_json(json, found.as_dict())
    for title, table in found.tables():
        console.print()
        show(console, title, table)
    console.print()
    for line in found.published_lines():
        console.print(line, markup=False, soft_wrap=True)


def _numbers(option: str, text: str) -> tuple[int, ...]:
    """``5,10`` as (5, 10). Raises InputError."""
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS for part in parts):
        raise InputError(f"{option} {text[:40]!r}: give whole numbers separated by commas, as in 5,10")
    return tuple(int(part) for part in parts)
