"""Cold start and warm speed of the simulator in processes of their own, here and in another checkout."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import shiftfire_spec

from ..errors import InputError
from ..system.plan import RunError
from .speed import BYTES_PER_MB, RSS_UNIT

HERE, BESIDE = "here", "beside"
_COMMAND = "import sys; from shiftfire.cli.main import main; sys.argv[0] = 'shiftfire'; main()"
_SOURCES = (Path("hw/shiftfire_spec"), Path("sim/shiftfire"))  # of a checkout


@dataclass(frozen=True)
class Usage:
    """What one process took, and what it printed."""

    cpu_seconds: float
    wall_seconds: float
    peak_memory_mb: float
    out: str


@dataclass(frozen=True)
class ColdRow:
    """``cold_*``: one sample with an empty cache of kernels, start of Python included; ``cycles_per_second``: further samples with a full one."""

    checkout: str
    cold_cpu_seconds: float
    cold_wall_seconds: float
    cold_peak_memory_mb: float
    cycles_per_second: float


def checkout_path(folder: Path) -> list[Path]:
    """Where Python finds the packages of the checkout in ``folder``. Raises InputError when it is none."""
    for source in _SOURCES:
        if not (folder / source).is_dir():
            raise InputError(f"--beside {folder}: no {source} in it; give the folder of a checkout of shiftfire")
    return [(folder / source).resolve().parent for source in _SOURCES]


def own_path() -> list[Path]:
    """Where Python found the packages of this process."""
    return [Path(str(shiftfire_spec.__file__)).resolve().parent.parent, Path(__file__).resolve().parent.parent.parent]


# Starts the process from a small one: the system counts the memory that the parent holds at that moment as the child's.
_LAUNCHER = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as file:
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss, file=file)
"""


def run_process(command: Sequence[str], environment: dict[str, str]) -> Usage:
    """Run ``command`` to its end. Raises RunError with the last line of what it says when it fails, and where no process's usage can be had."""
    if not hasattr(os, "wait4"):
        raise RunError(
            "a cold start cannot be measured on this operating system: it does not say what a process took; use Linux or macOS"
        )
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, tempfile.NamedTemporaryFile("w+") as used:
        start = time.perf_counter()
        launched = [sys.executable, "-I", "-S", "-c", _LAUNCHER, used.name, *command]
        subprocess.run(launched, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=True)
        wall = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        status, seconds, peak = used.read().split()
        if int(status):
            said = err.read().strip().splitlines() or [f"exit code {status}"]
            raise RunError(f"{' '.join(command[3:])} failed in {environment['PYTHONPATH']}: {said[-1]}")
        return Usage(float(seconds), wall, int(peak) * RSS_UNIT / BYTES_PER_MB, out.read())


def measure_cold(
    model: str,
    chip: str,
    samples: int,
    repeats: int,
    beside: Path | None,
    say: Callable[[str], None],
    run: Callable[..., Usage] = run_process,
    *,
    spread: bool = True,
) -> list[ColdRow]:
    """A row for this checkout, and one for ``beside``. The checkouts take turns, ``repeats`` times warm."""
    mapped = ("--chip", chip, "--spread" if spread else "--fewest-cores")
    paths = {HERE: own_path()} | ({} if beside is None else {BESIDE: checkout_path(beside)})
    with tempfile.TemporaryDirectory() as folder:

        def shiftfire(name: str, *arguments: object) -> Usage:
            environment = {"PYTHONPATH": os.pathsep.join(map(str, paths[name])), "NUMBA_CACHE_DIR": str(Path(folder) / name)}
            return run([sys.executable, "-P", "-c", _COMMAND, *map(str, arguments)], environment)

        cold: dict[str, Usage] = {}
        for name in paths:
            say(f"cold start, {name}: compiling the kernels with an empty cache")
            cold[name] = shiftfire(name, "run", model, *mapped, "--samples", 1)
        rates: dict[str, list[float]] = {name: [] for name in paths}
        for _ in range(repeats):
            for name in paths:
                ran = shiftfire(name, "bench", model, *mapped, "--samples", samples, "--backend", "sim", "--json", "-")
                rates[name].append(json.loads(ran.out)["sim_cycles_per_s"])
    return [
        ColdRow(name, used.cpu_seconds, used.wall_seconds, used.peak_memory_mb, statistics.median(rates[name]))
        for name, used in cold.items()
    ]


def cold_document(rows: list[ColdRow]) -> dict[str, Any]:
    """For JSON: the rows, and how often the value here is that beside."""
    found = [asdict(row) for row in rows]
    figures = [name for name in found[0] if name != "checkout"]
    ratios = {name: found[0][name] / found[1][name] for name in figures} if len(found) > 1 else None
    return {"cold": found, "cold_ratios": ratios}
