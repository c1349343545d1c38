"""``shiftfire control``: a network acts in an environment of gymnasium."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import api
from ..closed_loop.tasks import TASKS
from ..report.pictures import picture_format, save_figure
from . import options
from .chips import described
from .compilation import compilation_notice
from .console import output, progress_bar
from .targets import check_outputs

DEFAULT_EPISODES = 20


def control(
    task: Annotated[str, typer.Argument(help=f"{', '.join(TASKS)}.", metavar="TASK")],
    model: Annotated[
        str | None,
        typer.Option("--model", help="Name or folder of a network; the task's own policy if not given.", metavar="MODEL"),
    ] = None,
    episodes: Annotated[int, typer.Option(help="How many, side by side.", metavar="N")] = DEFAULT_EPISODES,
    seed: Annotated[int, typer.Option(help="Of the first episode; the others have those that follow.", min=0, metavar="N")] = 0,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    backend: Annotated[str, typer.Option("--backend", help="What decides: sim, golden or rtl.", metavar="NAME")] = "sim",
    json: options.Json = None,
    plot: Annotated[
        str | None, typer.Option("--plot", help="Draw the first episode to this file: .png, .svg or .pdf.", metavar="FILE")
    ] = None,
) -> None:
    """Let a network on the chip control CartPole, MountainCar or Acrobot: returns, and latency and energy of an action."""
    check_outputs(json, plot)
    if plot is not None:
        picture_format(plot)
    description = described(chip, changes)
    network = None if model is None else api.load(model)
    console = output(json)
    with progress_bar("control") as progress, compilation_notice():
        found = api.control(
            task, episodes=episodes, seed=seed, network=network, chip=description, backend=backend, progress=progress
        )
    if plot is not None:
        save_figure(plot, found.plot_episode)
    if json is not None:
        found.write_json(json)
    found.print(console)
