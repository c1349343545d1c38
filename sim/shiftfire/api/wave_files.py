"""Wave files of the RTL, for GTKWave and Surfer."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..backends.waves import Waves

SUFFIXES = (".fst", ".vcd")
DEFAULT_CYCLES = 1000  # of a run: some 40 MB of VCD for four cores


def waves(
    file: str | os.PathLike[str],
    *,
    first_cycle: int = 0,
    cycles: int = DEFAULT_CYCLES,
    say: Callable[[str], None] = lambda _: None,
) -> Waves:
    """Waves for ``backend("rtl", waves=...)`` and for `verify`: all signals, in ``cycles`` cycles from ``first_cycle`` on of each run.

    A file of VCD takes the place of one of FST where FST cannot be written, and ``say`` is told. Raises InputError for a name that ends in neither.
    """
    path = Path(file)
    if path.suffix not in SUFFIXES:
        raise InputError(f"--waves {file}: the name must end in {' or '.join(SUFFIXES)}")
    if first_cycle < 0 or cycles < 1:
        raise InputError(f"--waves {file}: {cycles} cycles from cycle {first_cycle} on are none: give 1 or more, from 0 or later")
    from shiftfire_hw.testing.waves import missing_for_fst  # lazy: only waves need it

    from ..backends.waves import Waves

    missing = missing_for_fst() if path.suffix == ".fst" else None
    if missing is not None:
        path = path.with_suffix(".vcd")
        problem, remedy = missing
        say(f"no FST here, writing {path}: {problem}; remedy: {remedy}")
    return Waves(path, first_cycle, cycles)
