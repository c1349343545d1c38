"""Wave files that Verilator can write here."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_COMPILER = "c++"  # that of Verilator's makefiles


@dataclass(frozen=True)
class _Library:
    """What Verilator's FST writer needs: a header, a call that must work, the library and the package with both."""

    header: str
    call: str
    library: str
    package: str


_LIBRARIES = (_Library("lz4.h", "LZ4_versionNumber()", "lz4", "liblz4-dev"), _Library("zlib.h", "zlibVersion()", "z", "zlib1g-dev"))


class WaveFormat(StrEnum):
    """Kind of wave file, by its suffix."""

    VCD = "vcd"
    FST = "fst"


def missing_for_fst() -> tuple[str, str] | None:
    """What keeps Verilator from writing FST here, and how to mend it; None when programs that use its libraries compile, link and run."""
    if shutil.which(_COMPILER) is None:
        return f"{_COMPILER} was not found", "apt-get install g++"
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch:
        problems = {library.package: problem for library in _LIBRARIES if (problem := _problem(Path(scratch), library))}
    return (" and ".join(problems.values()), f"apt-get install {' '.join(problems)}") if problems else None


def _problem(folder: Path, library: _Library) -> str | None:
    """What does not work of one library: its header is not there, it does not link, or its program does not run."""
    include = f"#include <{library.header}>\n"
    (folder / "header.cpp").write_text(include)
    (folder / "program.cpp").write_text(f"{include}int main() {{ return {library.call} == 0; }}\n")
    if _run(folder, _COMPILER, "-E", "header.cpp", "-o", "header.i").returncode:
        return f"the header {library.header} was not found"
    built = _run(folder, _COMPILER, "program.cpp", "-o", library.library, f"-l{library.library}")
    if built.returncode:
        return f"{library.header} is there, but -l{library.library} does not link"
    if _run(folder, str(folder / library.library)).returncode:
        return f"a program linked with -l{library.library} does not run"
    return None


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
