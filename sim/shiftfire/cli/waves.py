"""``--waves``: wave files of the RTL, for GTKWave and Surfer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..errors import InputError
from ..report.files import STDOUT

if TYPE_CHECKING:
    from ..verify.waves import Waves

SUFFIXES = (".fst", ".vcd")
DEFAULT_CYCLES = 1000  # of a run: some 40 MB of VCD for four cores


def wave_request(file: str | None, first_cycle: int | None, cycles: int | None) -> Waves | None:
    """What the options ask for, None without a file. A file of VCD takes the place of one of FST, and standard error says so, where FST cannot be written.

    Raises InputError for a name that ends in neither, or a window without a file.
    """
    if file is None:
        if first_cycle is not None or cycles is not None:
            raise InputError("--waves-from and --waves-cycles say which cycles go into the wave file: name it with --waves FILE")
        return None
    path = Path(file)
    if file == STDOUT or path.suffix not in SUFFIXES:
        raise InputError(f"--waves {file}: the name must end in {' or '.join(SUFFIXES)}")
    from shiftfire_hw.testing.waves import missing_for_fst

    from ..verify.waves import Waves

    missing = missing_for_fst() if path.suffix == ".fst" else None
    if missing is not None:
        path = path.with_suffix(".vcd")
        problem, remedy = missing
        print(f"shiftfire: no FST here, writing {path}: {problem}; remedy: {remedy}", file=sys.stderr)
    return Waves(path, first_cycle or 0, DEFAULT_CYCLES if cycles is None else cycles)


def wave_paths(waves: Waves | None) -> tuple[str, ...]:
    """The files that will be written."""
    return () if waves is None else tuple(map(str, waves.paths))


def print_waves(console: Console, waves: Waves | None) -> None:
    """Where the waves are, and of which cycles."""
    if waves is not None:
        last = waves.first_cycle + waves.cycles - 1
        console.print(
            f"waves of cycles {waves.first_cycle:,} to {last:,}: `gtkwave {waves.gtkwave_path}` or `surfer {waves.path} -c {waves.surfer_path}`",
            markup=False,
            soft_wrap=True,
        )
