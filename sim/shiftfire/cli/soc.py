"""``shiftfire soc``: a program image on a SoC with the real firmware: the RTL in Verilator, or a board."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated, NoReturn

import numpy as np
import typer
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.link import DEFAULT_BAUD

from ..backends.board import Board
from ..backends.toolchain import rtl_errors
from ..errors import InputError
from ..host.execute import PHASE_SECONDS
from ..host.image import ImageError, Words, read_image_file
from ..host.report import read_report
from ..host.upload import load_image, run_loaded_image
from ..system.plan import RunError
from . import options
from .console import printable, progress_bar

DEFAULT_LIMIT_CYCLES = 100_000_000
DIFFERENT = 1  # status of the firmware, and exit code


def soc(
    image: Annotated[
        Path | None, typer.Argument(help="Program image, from `shiftfire export --firmware-image`.", metavar="IMAGE")
    ] = None,
    firmware: Annotated[
        Path | None, typer.Option(help="Run the RTL in Verilator, with this ELF file from `make firmware`.", metavar="FILE")
    ] = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    limit_cycles: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"Cycles of the RTL after which to give up; {DEFAULT_LIMIT_CYCLES}, without limit with --pty.", metavar="N"
        ),
    ] = None,
    pty: Annotated[
        bool,
        typer.Option("--pty", help="Put the RTL's serial line at a pseudo-terminal: a virtual board, until it is interrupted."),
    ] = False,
    port: options.Port = None,
    baud: options.Baud = DEFAULT_BAUD,
    timeout: options.Timeout = PHASE_SECONDS,
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
    words = np.zeros(1, np.uint32) if image is None else read_image_file(image)
    if image is not None and not words[0]:
        raise ImageError(f"image {image} begins with 0, which the firmware takes for no image: export it again")
    if port is not None:
        status, sentence = _on_board(Board(port, baud=baud, timeout=timeout), words)
    elif pty:
        assert firmware is not None
        _serve(load_chip(chip), firmware, words, limit_cycles)
        return
    else:
        assert firmware is not None
        status, sentence = _in_verilator(load_chip(chip), firmware, words, limit_cycles or DEFAULT_LIMIT_CYCLES)
    if status == DIFFERENT:
        raise typer.Exit(DIFFERENT)
    if status:
        raise RunError(f"the firmware reports: {sentence}")


def _in_verilator(chip: ChipConfig, firmware: Path, image: Words, limit_cycles: int) -> tuple[int, str | None]:
    """Status and last sentence of the firmware. Raises RunError."""
    from shiftfire_hw.soc.elf import read_firmware

    boot = read_firmware(firmware)
    with rtl_errors():
        from shiftfire_hw.testing.soc_harness import build_soc_harness, run_soc

        outcome = run_soc(build_soc_harness(chip), chip, boot=boot, memory=image, limit_cycles=limit_cycles)
    for line in outcome.serial.splitlines():
        print(printable(line))
    report = read_report(outcome.serial)
    if outcome.exit_code is None:
        raise RunError(f"the firmware did not end within {limit_cycles} cycles; `--limit-cycles` gives it more")
    return outcome.exit_code, report.sentence


def _on_board(board: Board, image: Words) -> tuple[int, str | None]:
    """As `_in_verilator`, of a board."""
    lines = []

    def show(line: str) -> None:
        lines.append(line)
        print(printable(line), flush=True)

    with board.connect() as link:
        with progress_bar("load image") as progress:
            load_image(link, image, progress)
        status = run_loaded_image(link, show, silent_seconds=board.timeout)
    return status, read_report("\n".join(lines)).sentence


def _serve(chip: ChipConfig, firmware: Path, image: Words, limit_cycles: int | None) -> None:
    """A virtual board, until SIGINT or SIGTERM."""
    from shiftfire_hw.soc.elf import read_firmware

    def end(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    boot = read_firmware(firmware)
    with rtl_errors():
        from shiftfire_hw.testing.soc_harness import FOR_EVER_CYCLES, build_soc_harness, serve_soc

        program = build_soc_harness(chip)
        signal.signal(signal.SIGTERM, end)
        try:
            with serve_soc(program, chip, boot=boot, memory=image, limit_cycles=limit_cycles or FOR_EVER_CYCLES) as board:
                print(board.port, flush=True)
                board.wait()
        except KeyboardInterrupt:
            pass
