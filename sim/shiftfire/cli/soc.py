"""``shiftfire soc``: a program image on the SoC's RTL, with the real firmware."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from shiftfire_spec.chip import load_chip

from ..board.image import read_image_file
from ..board.report import read_report
from ..system.plan import RunError
from . import options
from .backends import rtl_errors
from .console import printable

DEFAULT_LIMIT_CYCLES = 100_000_000
DIFFERENT = 1  # status of the firmware, and exit code


def soc(
    image: Annotated[Path, typer.Argument(help="Program image, from `shiftfire export --firmware-image`.", metavar="IMAGE")],
    firmware: Annotated[Path, typer.Option(help="ELF file of the firmware, from `make firmware`.", metavar="FILE")],
    chip: options.Chip = options.DEFAULT_CHIP,
    limit_cycles: Annotated[
        int, typer.Option(min=1, help="Cycles of the SoC after which to give up.", metavar="N")
    ] = DEFAULT_LIMIT_CYCLES,
) -> None:
    """Run a program image on the SoC in Verilator - processor, firmware, fabric - and show what comes over the serial line.

    Exit code 1: predictions differ from those expected; 2: the firmware reports an error, or does not end.
    """
    words, described = read_image_file(image), load_chip(chip)
    from shiftfire_hw.soc.elf import read_firmware

    boot = read_firmware(firmware)
    with rtl_errors():
        from shiftfire_hw.testing.soc_harness import build_soc_harness, run_soc

        outcome = run_soc(build_soc_harness(described), described, boot=boot, memory=np.asarray(words), limit_cycles=limit_cycles)
    for line in outcome.serial.splitlines():
        print(printable(line))
    report = read_report(outcome.serial)
    if outcome.exit_code is None:
        raise RunError(f"the firmware did not end within {limit_cycles} cycles; `--limit-cycles` gives it more")
    if outcome.exit_code == DIFFERENT:
        raise typer.Exit(DIFFERENT)
    if outcome.exit_code:
        raise RunError(f"the firmware reports: {report.sentence}")
