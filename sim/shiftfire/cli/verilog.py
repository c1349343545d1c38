"""``shiftfire verilog``: the chip, or one unit alone, as Verilog."""

from __future__ import annotations

from typing import Annotated

import typer

from ..api import InputError
from ..report.files import write_atomically
from . import options
from .chips import described

DEFAULT_TOP = "chip"


def verilog(
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    top: Annotated[
        str,
        typer.Option(
            help="Ports of the chip: its own (chip), or those of a bus (wishbone, wishbone-classic, axi4-lite, axi4-lite-classic).",
            metavar="TOP",
        ),
    ] = DEFAULT_TOP,
    unit: Annotated[
        str | None,
        typer.Option(help="One shift-based fire unit alone, in its standalone wrapper, instead of a chip.", metavar="NAME"),
    ] = None,
    output: Annotated[str, typer.Option("--output", "-o", help="File to write; - is standard output.", metavar="FILE")] = "-",
) -> None:
    """Write the chip's RTL as Verilog, or that of one unit."""
    if unit is not None and top != DEFAULT_TOP:
        raise InputError(f"--unit {unit} and --top {top} exclude each other: a unit has ports of its own")
    from shiftfire_hw.verilog.generate import generate, generate_unit  # lazy: the other commands do without the RTL

    text = generate(described(chip, changes), top=top) if unit is None else generate_unit(unit)
    write_atomically(output, lambda file: file.write(text))
