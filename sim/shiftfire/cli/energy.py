"""``shiftfire energy``: where the energy of a run goes, and what would change it."""

from __future__ import annotations

from typing import Annotated
from warnings import catch_warnings, simplefilter

import typer

from .. import api
from ..api import SilentLayerWarning, defaults
from ..report.document import write_json
from ..report.pictures import picture_format, save_figure
from ..report.plots import plot_energy
from ..report.tables import show
from . import options
from .chips import described
from .compilation import compilation_notice
from .console import output, progress_bar
from .random_loads import network_and_inputs
from .targets import check_outputs

DEFAULT_SAMPLES = 20
FPGA = "figures are of an ASIC; there is no model of FPGA boards: nobody has published energies per operation for theirs"


def energy(
    model: options.OptionalModel = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    input_file: options.InputFile = None,
    samples: options.SampleCount = None,
    layers: options.Layers = None,
    timesteps: options.Timesteps = None,
    density: options.Density = None,
    seed: options.Seed = None,
    movement: options.Movement = options.DEFAULT_MOVEMENT,
    volts: Annotated[float, typer.Option(help="Voltage of the supply, V.")] = options.DEFAULT_VOLTS,
    scaling: Annotated[defaults.Scaling | None, typer.Option(help="Tell the figures at 45 nm, scaled so.")] = None,
    json: options.Json = None,
    plot: options.Plot = None,
    action_counts: Annotated[str | None, typer.Option(help="Write Accelergy's action counts to this file.", metavar="FILE")] = None,
    reference_table: Annotated[
        str | None, typer.Option(help="Write Accelergy's energy reference table to this file.", metavar="FILE")
    ] = None,
) -> None:
    """Say where the energy of a run goes, by layer and part, beside dense machines and other chips, and what would change it."""
    check_outputs(json, plot, action_counts, reference_table)
    if plot is not None:
        picture_format(plot)
    known = described(chip, changes)
    network, inputs = network_and_inputs(model, layers, timesteps, density, seed, input_file, samples, DEFAULT_SAMPLES)
    with progress_bar(f"sim {network.name}") as progress, compilation_notice(), catch_warnings():
        simplefilter("ignore", SilentLayerWarning)
        result = api.run(network, inputs, chip=known, movement=movement, progress=progress)
    report = result.energy_report(volts=volts, scaling=scaling)
    if plot is not None:
        save_figure(plot, lambda: plot_energy(report))
    for file, document in (
        (json, report.as_dict()),
        (action_counts, report.action_counts()),
        (reference_table, report.energy_reference_table()),
    ):
        if file is not None:
            write_json(file, document)
    console = output("-" if "-" in (json, action_counts, reference_table) else json)
    for title, table in report.tables():
        show(console, title, table)
        console.print()
    console.print(report.decides(), markup=False, soft_wrap=True)
    console.print(FPGA, markup=False, soft_wrap=True)
