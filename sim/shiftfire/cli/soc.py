"""``shiftfire soc``: a program image on a SoC with the real firmware: the RTL in Verilator, or a board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..api import InputError, RunError
from ..api.soc import DEFAULT_SOC_CYCLES, Board, load_on_board, read_image, run_in_verilator, serve
from . import options
from .chips import described
from .console import printable, progress_bar

DIFFERENT = 1  # status of the firmware, and exit code


def soc(
    image: Annotated[
        Path | None, typer.Argument(help="Program image, from `shiftfire export --firmware-image`.", metavar="IMAGE")
    ] = None,
    firmware: Annotated[
        Path | None, typer.Option(help="Run the RTL in Verilator, with this ELF file from `make firmware`.", metavar="FILE")
    ] = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    limit_cycles: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"Cycles of the RTL after which to give up; {DEFAULT_SOC_CYCLES}, without limit with --pty.", metavar="N"
        ),
    ] = None,
    pty: Annotated[
        bool,
        typer.Option("--pty", help="Put the RTL's serial line at a pseudo-terminal: a virtual board, until it is interrupted."),
    ] = False,
    port: options.Port = None,
    baud: options.Baud = options.DEFAULT_BAUD,
    timeout: options.Timeout = options.DEFAULT_TIMEOUT,
) -> None:
    """Run a program image with the real firmware, on the SoC in Verilator or on a board, and show what comes over the serial line.

    Exit code 1: predictions differ from those expected; 2: the firmware reports an error, or does not end.
    """
    if (firmware is None) == (port is None):
        raise InputError("give one of --firmware FILE, to run the RTL, and --port PORT, to run a board")
    if image is None and not pty:
        raise InputError("name a program image, from `shiftfire export --firmware-image`; only --pty does without")
    if pty and firmware is None:
        raise InputError("--pty is a virtual board: it needs --firmware FILE, from `make firmware`, and no --port")
    words = read_image(image, None if firmware is None else described(chip, changes))
    if firmware is None:
        board = Board(port or "", baud=baud, timeout=timeout)
        with progress_bar("load image") as progress:
            status, sentence = load_on_board(board, words, _show, progress)
    elif pty:
        serve(described(chip, changes), firmware, words, _show, limit_cycles=limit_cycles)
        return
    else:
        status, sentence = run_in_verilator(
            described(chip, changes), firmware, words, _show, limit_cycles=limit_cycles or DEFAULT_SOC_CYCLES
        )
    if status == DIFFERENT:
        raise typer.Exit(DIFFERENT)
    if status:
        raise RunError(f"the firmware reports: {sentence}")


def _show(line: str) -> None:
    print(printable(line), flush=True)
