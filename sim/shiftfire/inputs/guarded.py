"""Readers that are not ours, on files that are not trusted: in a process of its own, with its memory and time bounded."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .arrays import read_arrays

MEMORY_BYTES = 1 << 30
SECONDS = 60
REFUSED = 3  # exit code of a file that the reader refuses, its reason on standard error
WORKER = "shiftfire.inputs.worker"


def read_guarded(reader: str, path: Path, *arguments: str, needs: str, extra: str) -> dict[str, NDArray[Any]]:
    """What ``reader`` of `worker` makes of a file, arrays by name.

    Raises InputError: without the module ``needs`` of the package's ``extra``, and for a file that the reader refuses, fails on, or takes too long for.
    """
    if find_spec(needs) is None:
        raise InputError(f"input {path} needs {needs}, which is not installed: pip install 'shiftfire[{extra}]'")
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as folder:
        target = Path(folder) / "read.npz"
        command = [sys.executable, "-m", WORKER, reader, str(target), str(path), *arguments]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        try:
            ended = subprocess.run(
                command, env=environment, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL, check=False
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"input {path} took more than {SECONDS} s to read: cut it, or convert it to .npz") from None
        if ended.returncode == 0:
            return read_arrays(target)
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {ended.returncode}"]
        if ended.returncode == REFUSED:
            raise InputError(f"input {path}: {lines[-1]}")
        raise InputError(f"input {path} cannot be read by {needs} (it is broken, or too large): {lines[-1][:200]}")


def write_read(target: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """What `read_guarded` takes back: an archive without compression."""
    np.savez(target, **arrays)  # type: ignore[arg-type]
