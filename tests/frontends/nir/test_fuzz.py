"""A few hundred executions of the fuzzer; `python -m nir_fuzz` runs as many as wanted (tests/nir_fuzz)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(("what", "count"), [("graphs", "300"), ("files", "40")])
def test_only_graphs_and_lines_come_out(what: str, count: str) -> None:
    """In a process of its own, which forks for files; warnings are findings as well."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent / "hw"), str(TESTS.parent / "sim")])
    command = [sys.executable, "-W", "error", "-m", "nir_fuzz", what, "--seed", "20261129", "--count", count]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert done.stdout.startswith(f"{count} executions of {what}") and "refused" in done.stdout
