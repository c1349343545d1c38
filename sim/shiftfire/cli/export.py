"""``shiftfire export``: files for hardware."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .. import api
from ..api import InputError
from ..api.firmware import DEFAULT_LIMIT_CYCLES
from ..api.firmware import firmware_image as firmware_image_of
from ..report.files import check_directory, write_bytes_atomically, write_directory
from . import options
from .chips import described
from .inputs import choose_samples
from .targets import check_outputs

DEFAULT_SAMPLES = 10
DEFAULT_TOP = "chip"


def export(
    model: Annotated[
        str | None,
        typer.Argument(help="Network of a program image: name of a shipped model or path of a model folder.", metavar="[MODEL]"),
    ] = None,
    firmware_image: Annotated[
        str | None,
        typer.Option(
            help="Program image for the SoC's firmware: network, inputs, expected predictions; - is standard output.",
            metavar="FILE",
        ),
    ] = None,
    fusesoc: Annotated[
        str | None,
        typer.Option(help="FuseSoC core of the chip: core file, Verilog, and JSON for tools.", metavar="FOLDER"),
    ] = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    top: Annotated[
        str | None, typer.Option(help="Ports of the core's chip, as of `shiftfire verilog`; chip if not given.", metavar="TOP")
    ] = None,
    spread: options.Spread = options.DEFAULT_SPREAD,
    optimise: options.Optimise = None,
    effort: options.Effort = options.DEFAULT_EFFORT,
    input_file: options.InputFile = None,
    bin_width: options.BinWidth = None,
    bin_start: options.BinStart = None,
    clip_events: options.ClipEvents = False,
    observable: options.Observable = None,
    encode: options.Encode = None,
    samples: options.SampleCount = None,
    per_run: Annotated[
        int | None,
        typer.Option(min=1, help="Samples that go through the chip back to back; all of them when not given.", metavar="N"),
    ] = None,
    limit_cycles: Annotated[
        int, typer.Option(help="Cycles after which the firmware gives a run up.", metavar="N")
    ] = DEFAULT_LIMIT_CYCLES,
) -> None:
    """Write files for hardware: a program image of samples of a network (--firmware-image), the chip as a FuseSoC core (--fusesoc)."""
    if firmware_image is None and fusesoc is None:
        raise InputError("nothing to export: give MODEL and --firmware-image FILE, or --fusesoc FOLDER")
    if firmware_image is None:
        for given, what in ((model, "MODEL"), (input_file, "--input"), (samples, "--samples"), (per_run, "--per-run")):
            if given is not None:
                raise InputError(f"{what} {given} is for a program image: add --firmware-image FILE, or leave it out")
    elif model is None:
        raise InputError(f"--firmware-image {firmware_image} needs a network: name a MODEL")
    if fusesoc is None and top is not None:
        raise InputError(f"--top {top} is for a FuseSoC core: add --fusesoc FOLDER, or leave it out")
    if fusesoc is not None:
        check_directory(fusesoc, replaces=_is_ours)
    check_outputs(firmware_image)
    description = described(chip, changes)
    if firmware_image is not None and model is not None:
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
            observable=observable,
            encode=encode,
        )
        compiled = api.compile(
            network, description, spread=spread, rounds=False, optimise=optimise, effort=effort, optimise_on=chosen.inputs
        )
        image = firmware_image_of(compiled, chosen.inputs, per_run=per_run, limit_cycles=limit_cycles)
        write_bytes_atomically(firmware_image, image)
    if fusesoc is not None:
        from shiftfire_hw.fusesoc import fusesoc_files  # lazy: an image does without the RTL

        write_directory(fusesoc, fusesoc_files(description, top=top or DEFAULT_TOP), replaces=_is_ours)


def _is_ours(folder: Path) -> bool:
    """Whether this command wrote everything in a folder: a JSON file in it says so."""
    from shiftfire_hw.fusesoc import WRITTEN_BY

    for side in folder.glob("shiftfire_*.json"):
        try:
            document = json.loads(side.read_text())
        except (OSError, ValueError):
            continue
        if isinstance(document, dict) and document.get("written_by") == WRITTEN_BY and isinstance(document.get("files"), list):
            return {entry.name for entry in folder.iterdir()} <= set(document["files"])
    return False
