"""The kernels as plain Python: their units' tests, how much of them those run, and the whole chip beside the compiled kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from support.whole_chip import run_whole_chip

TESTS = Path(__file__).resolve().parent.parent
UNITS = TESTS / "cycle" / "uncompiled"
LEAST_COVERAGE = 100  # percent of the lines of shiftfire.cycle


def uncompiled(*arguments: object) -> str:
    """Output of a Python that compiles nothing; fails with it if that does."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([*sys.path, str(TESTS)])}
    ran = subprocess.run([sys.executable, *map(str, arguments)], env=environment, cwd=TESTS.parent, text=True, capture_output=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_units(tmp_path: Path) -> None:
    """Without the package `coverage` (extra `dev`) nothing is counted."""
    pytest_run = ("pytest", "-q", "-p", "no:cacheprovider", UNITS)
    if find_spec("coverage") is None:
        print(uncompiled("-m", *pytest_run))
        pytest.skip("the units' tests pass; their coverage is not counted: coverage is not installed (pip install -e '.[dev]')")
    data = f"--data-file={tmp_path / 'coverage'}"
    print(uncompiled("-m", "coverage", "run", data, "--source=shiftfire.cycle", "-m", *pytest_run))
    print(uncompiled("-m", "coverage", "report", data, "--show-missing", f"--fail-under={LEAST_COVERAGE}"))


def test_the_whole_chip_is_the_compiled_one(tmp_path: Path) -> None:
    """digits-mlp on `edge`, and in rounds on `nano`: cycles, counters, packets and engine events."""
    path = tmp_path / "uncompiled.npz"
    uncompiled("-m", "support.whole_chip", path)
    compiled = run_whole_chip()
    with np.load(path, allow_pickle=False) as found:
        assert sorted(found) == sorted(compiled)
        for name, values in compiled.items():
            assert np.array_equal(found[name], values), name
    assert compiled["edge 0 cycles"] > 500 and len(compiled["edge 0 events"]) > 100
