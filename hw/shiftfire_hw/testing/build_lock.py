"""One builder at a time, among all processes of a machine."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .toolchain import RtlError


@contextmanager
def build_lock(directory: Path) -> Iterator[None]:
    """Hold the lock of what is built in ``directory``; the other processes wait, and find it complete. Makes the folder around it.

    Raises RtlError where the operating system has no such locks, OSError.
    """
    try:
        fcntl: Any = importlib.import_module("fcntl")
    except ImportError:
        raise RtlError("the RTL in Verilator needs a Unix (Linux, macOS, WSL): take the golden or the sim backend here") from None
    directory.parent.mkdir(parents=True, exist_ok=True)
    with open(directory.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
