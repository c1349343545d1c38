"""Output files of a command, looked at before it starts."""

from __future__ import annotations

import os

from ..api import InputError
from ..report.files import STDOUT, check_target


def check_outputs(*paths: str | None) -> None:
    """Raise OSError or InputError for a file that could not be written in the end, or that two outputs would share."""
    named = [path for path in paths if path is not None]
    for path in named:
        check_target(path)
    files = [os.path.realpath(path) for path in named if path != STDOUT]
    for path in files:
        if files.count(path) > 1 and os.path.basename(path) != "null":
            raise InputError(f"output {path} is named twice: give every output a file of its own")
