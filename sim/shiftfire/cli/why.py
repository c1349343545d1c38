"""``shiftfire why``: what a run waits for, and what would help."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer

from .. import api
from ..report.document import write_json
from ..report.tables import show
from . import options
from .chips import described
from .compilation import compilation_notice
from .console import output
from .random_loads import network_and_inputs
from .targets import check_outputs

DEFAULT_SAMPLES = 10


def why(
    model: options.OptionalModel = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    input_file: options.InputFile = None,
    samples: options.SampleCount = None,
    layers: options.Layers = None,
    timesteps: options.Timesteps = None,
    density: options.Density = None,
    seed: options.Seed = None,
    check: Annotated[bool, typer.Option("--check", help="Run this chip and every remedy in the simulator as well.")] = False,
    json: options.Json = None,
) -> None:
    """Say what a run of samples waits for, by prediction, what no mapping can go below, and what would help."""
    check_outputs(json)
    known = described(chip, changes)
    network, inputs = network_and_inputs(model, layers, timesteps, density, seed, input_file, samples, DEFAULT_SAMPLES)
    with compilation_notice() if check else nullcontext():
        found = api.bottleneck(network, inputs, chip=known, check=check)
    if json is not None:
        write_json(json, found.as_dict())
    console = output(json)
    for title, table in found.tables():
        show(console, title, table)
    for line in found.lines():
        console.print(line, markup=False, soft_wrap=True)
