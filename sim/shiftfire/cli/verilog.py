"""``shiftfire verilog``: the chip as Verilog."""

from __future__ import annotations

from typing import Annotated

import typer
from shiftfire_spec.chip import load_chip

from ..report.files import write_atomically
from . import options


def verilog(
    chip: options.Chip = options.DEFAULT_CHIP,
    output: Annotated[str, typer.Option("--output", "-o", help="File to write; - is standard output.", metavar="FILE")] = "-",
) -> None:
    """Write the chip's RTL as Verilog."""
    from shiftfire_hw.verilog import generate  # lazy: the other commands do without the RTL

    description = load_chip(chip)
    text = generate(description)
    write_atomically(output, lambda file: file.write(text))
