"""Wave files that Verilator can write here."""

from __future__ import annotations

import subprocess
import tempfile
from enum import StrEnum
from pathlib import Path

_FST_PROGRAM = """#include <lz4.h>
#include <zlib.h>
int main() { return LZ4_versionNumber() == 0 || zlibVersion() == nullptr; }
"""
_FST_LIBRARIES = ("-llz4", "-lz")
_COMPILER = "c++"  # that of Verilator's makefiles
_HEADERS = {"lz4.h": "liblz4-dev", "zlib.h": "zlib1g-dev"}


class WaveFormat(StrEnum):
    """Kind of wave file, by its suffix."""

    VCD = "vcd"
    FST = "fst"


def missing_for_fst() -> tuple[str, str] | None:
    """What keeps Verilator from writing FST here, and how to mend it; None when a program like its own compiles, links and runs."""
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch:
        folder = Path(scratch)
        (folder / "fst.cpp").write_text(_FST_PROGRAM)
        try:
            built = _run(folder, _COMPILER, "fst.cpp", "-o", "fst", *_FST_LIBRARIES)
        except OSError:
            return f"{_COMPILER} was not found", "apt-get install g++"
        if built.returncode == 0 and _run(folder, str(folder / "fst")).returncode == 0:
            return None
    packages = [package for header, package in _HEADERS.items() if header in built.stderr] or ["liblz4-dev"]
    names = [header for header, package in _HEADERS.items() if package in packages]
    return f"{' and '.join(names)} cannot be used", f"apt-get install {' '.join(packages)}"


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
