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
from .inputs import choose_samples
from .targets import check_outputs

DEFAULT_SAMPLES = 10


def why(
    model: options.Model,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    input_file: options.InputFile = None,
    samples: options.SampleCount = None,
    check: Annotated[bool, typer.Option("--check", help="Run this chip and every other one in the simulator as well.")] = False,
    json: options.Json = None,
) -> None:
    """Say what a run of samples waits for, by prediction, and what it would take on chips with twice as much of something."""
    check_outputs(json)
    network = api.load(model)
    chosen = choose_samples(model, network, input_file, samples, DEFAULT_SAMPLES)
    with compilation_notice() if check else nullcontext():
        found = api.bottleneck(network, chosen.inputs, chip=described(chip, changes), check=check)
    if json is not None:
        write_json(json, found.as_dict())
    console = output(json)
    for title, table in found.tables():
        show(console, title, table)
