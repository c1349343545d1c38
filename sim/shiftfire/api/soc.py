"""A program image on a SoC with the real firmware: the RTL in Verilator, or a board."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
from shiftfire_spec.chip import ChipConfig

from ..backends.backend import Progress
from ..backends.board import Board as Board  # the command line takes it from here
from ..backends.toolchain import rtl_errors
from ..host.image import ImageError, Words, check_image, read_image_file
from ..host.report import read_report
from ..host.upload import load_image, run_loaded_image
from ..system.plan import RunError

DEFAULT_SOC_CYCLES = 100_000_000


def read_image(path: Path | None, chip: ChipConfig | None = None) -> Words:
    """Words of a program image; without a file a memory without an image. Raises ImageError, also for what the firmware would refuse at once, on ``chip`` where it is known."""
    if path is None:
        return np.zeros(1, np.uint32)
    words = read_image_file(path)
    if not words[0]:
        raise ImageError(f"image {path} begins with 0, which the firmware takes for no image: export it again")
    check_image(words, path, chip)
    return words


def run_in_verilator(
    chip: ChipConfig, firmware: Path, image: Words, show: Callable[[str], None], *, limit_cycles: int = DEFAULT_SOC_CYCLES
) -> tuple[int, str | None]:
    """Status and last sentence of the firmware (an ELF file); ``show`` gets its lines. Raises RunError."""
    from shiftfire_hw.soc.elf import read_firmware

    boot = read_firmware(firmware)
    with rtl_errors():
        from shiftfire_hw.testing.soc_harness import build_soc_harness, run_soc

        outcome = run_soc(build_soc_harness(chip), chip, boot=boot, memory=image, limit_cycles=limit_cycles)
    for line in outcome.serial.splitlines():
        show(line)
    report = read_report(outcome.serial)
    if outcome.exit_code is None:
        raise RunError(f"the firmware did not end within {limit_cycles} cycles; `--limit-cycles` gives it more")
    return outcome.exit_code, report.sentence


def load_on_board(
    board: Board, image: Words, show: Callable[[str], None], progress: Progress | None = None
) -> tuple[int, str | None]:
    """As `run_in_verilator`, on a board with the firmware; ``progress`` counts the words loaded. Raises RunError."""
    lines: list[str] = []

    def keep(line: str) -> None:
        lines.append(line)
        show(line)

    with board.connect() as link:
        load_image(link, image, progress)
        status = run_loaded_image(link, keep, silent_seconds=board.timeout)
    return status, read_report("\n".join(lines)).sentence


def serve(chip: ChipConfig, firmware: Path, image: Words, show: Callable[[str], None], *, limit_cycles: int | None = None) -> None:
    """A virtual board, until SIGINT or SIGTERM; ``show`` gets the name of its port. Raises RunError."""
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
                show(board.port)
                board.wait()
        except KeyboardInterrupt:
            pass
