"""``shiftfire export``: files for hardware."""

from __future__ import annotations

from typing import Annotated

import typer
from shiftfire_spec.chip import load_chip

from ..board.image import DEFAULT_LIMIT_CYCLES, check_program, program_image
from ..compiler.compile import compile_network
from ..report.files import write_bytes_atomically
from ..system.plan import plan_run
from . import options
from .inputs import choose_samples, open_model
from .targets import check_outputs

DEFAULT_SAMPLES = 10


def export(
    model: options.Model,
    firmware_image: Annotated[
        str,
        typer.Option(
            help="Program image for the SoC's firmware: network, inputs, expected predictions; - is standard output.",
            metavar="FILE",
        ),
    ],
    chip: options.Chip = options.DEFAULT_CHIP,
    spread: options.Spread = options.DEFAULT_SPREAD,
    input_file: options.InputFile = None,
    samples: options.SampleCount = None,
    per_run: Annotated[
        int | None,
        typer.Option(min=1, help="Samples that go through the chip back to back; all of them when not given.", metavar="N"),
    ] = None,
    limit_cycles: Annotated[
        int, typer.Option(help="Cycles after which the firmware gives a run up.", metavar="N")
    ] = DEFAULT_LIMIT_CYCLES,
) -> None:
    """Write files for hardware that runs samples of a network."""
    check_outputs(firmware_image)
    folder, network = open_model(model)
    program = compile_network(network, load_chip(chip), spread=spread)
    inputs = choose_samples(folder, input_file, samples, DEFAULT_SAMPLES).inputs
    each = len(inputs) if per_run is None else per_run
    check_program(program, len(inputs), each)
    plans = [plan_run(program, inputs[start : start + each]) for start in range(0, len(inputs), each)]
    write_bytes_atomically(firmware_image, program_image(plans, limit_cycles=limit_cycles).astype("<u4").tobytes())
