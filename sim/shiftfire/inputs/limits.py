"""Bounds of a file that is read as inputs."""

from __future__ import annotations

import stat
from pathlib import Path

from ..errors import InputError

MAX_INPUT_BYTES = 1 << 28  # of a file, and of what is unpacked from one


def check_size(path: Path) -> int:
    """Size of a file that may be read whole, bytes. Raises InputError for another one, OSError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"input {path} is not a regular file: name a file of integers")
    if status.st_size > MAX_INPUT_BYTES:
        raise InputError(f"input {path} has {status.st_size} bytes, more than {MAX_INPUT_BYTES}: split it")
    return status.st_size
