"""Broken files at the command line: exit code 2, one line, time and memory of the command and all its processes.

What was measured goes to build/frameworks/broken-files.md. The commands end within 2 s where nothing else runs; here a multiple is
allowed, as other tests may run beside.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support.broken_files import BROKEN
from support.nir_graphs import chain, end, lif, write

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "build" / "frameworks" / "broken-files.md"
WALL_SECONDS, PROCESSOR_SECONDS, MEMORY_MIB = 10, 5, 1024


def _tau(value: float) -> Callable[[Path], object]:
    return lambda path: write(path, chain(input=end("Input", 3), n=lif(3, tau=np.full(3, value)), o=end("Output", 3)))


NAMED = (
    "dangling edge",
    "NaN weights",
    "wrong shapes",
    "truncated",
    "loop without a neuron",
    "claims of 10^9 elements",
    "10^9 inputs",
    "zip bomb",
    "zip bomb of many datasets",
    "zip bomb within the bounds",
)
FILES = {name: BROKEN[name] for name in NAMED} | {
    "tau times dt": (_tau(1e-5), "--profile norse"),
    "tau in steps": (_tau(20.0), "--profile sinabs-native"),
}


@pytest.fixture(scope="module")
def rows() -> Iterator[list[str]]:
    made: list[str] = []
    yield made
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    head = ["| file | seconds | of processor time | MiB at most | says |", "| --- | ---: | ---: | ---: | --- |"]
    TABLE.write_text("\n".join([*head, *made]) + "\n", encoding="utf-8")


@pytest.mark.parametrize("what", FILES)
def test_one_line_and_exit_code_2(what: str, tmp_path: Path, rows: list[str]) -> None:
    make, told = FILES[what]
    make(tmp_path / "net.nir")
    command = [
        sys.executable,
        "-c",
        "from shiftfire.cli.entry import main; main()",
        "convert",
        "net.nir",
        "--profile",
        "snntorch",
        "-o",
        "out",
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "hw"), str(ROOT / "sim")]), "COLUMNS": "500"}
    start = time.monotonic()
    with (tmp_path / "said").open("wb") as said:
        child = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)  # with all that it waited for
        child.returncode = os.waitstatus_to_exitcode(status)
    wall, spent, memory = time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    text = (tmp_path / "said").read_text(encoding="utf-8")
    rows.append(f"| {what} | {wall:.1f} | {spent:.1f} | {memory:.0f} | {text.strip().replace('|', '/')} |")
    assert child.returncode == 2, text
    assert told in text and text.count("\n") == 1 and "Traceback" not in text
    assert not (tmp_path / "out").exists()
    assert wall < WALL_SECONDS and spent < PROCESSOR_SECONDS and memory < MEMORY_MIB, (wall, spent, memory)
