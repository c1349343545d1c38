"""``--waves``: wave files of the RTL, for GTKWave and Surfer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console

from .. import api
from ..api import InputError

if TYPE_CHECKING:
    from ..api import Waves


def wave_request(file: str | None, first_cycle: int | None, cycles: int | None) -> Waves | None:
    """What the options ask for, None without a file; standard error says when a file of VCD takes the place of one of FST.

    Raises InputError for a name that ends in neither, or a window without a file.
    """
    if file is None:
        if first_cycle is not None or cycles is not None:
            raise InputError("--waves-from and --waves-cycles say which cycles go into the wave file: name it with --waves FILE")
        return None
    window = {} if cycles is None else {"cycles": cycles}
    return api.waves(file, first_cycle=first_cycle or 0, say=lambda text: print(f"shiftfire: {text}", file=sys.stderr), **window)


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
