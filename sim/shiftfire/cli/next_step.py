"""What to do with a converted network: the command that runs it, or why its chip cannot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import join

from .. import api
from . import options


def next_step(converted: api.Converted, folder: Path, chip: str, changes: Sequence[str] | None, described: api.ChipConfig) -> str:
    """The command that runs ``folder``, where ``converted`` was saved, on the chip that it was made for; when it does not fit there, the reason."""
    try:
        api.compile(converted, described, spread=False)
    except api.CompileError as error:
        return f"chip {described.name} cannot run it: {error}"
    words = ["shiftfire", "run", str(folder)]
    words += ["--chip", chip] if chip != options.DEFAULT_CHIP else []
    for change in changes or ():
        words += ["--set", change]
    return join(words) + (" --input FILE" if converted.split is None else "")
