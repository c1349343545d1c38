"""Windows, emulated: the modules that only a Unix has are missing. Golden and the simulator work; the RTL says what it needs."""

from __future__ import annotations

import subprocess
import sys

HEAD = """
import os, sys
for name in ("resource", "fcntl", "termios", "pty", "grp", "pwd"):
    sys.modules[name] = None
del os.O_NONBLOCK
from shiftfire.cli.main import main
sys.argv = ["shiftfire", *sys.argv[1:]]
main()
"""


def windows(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", HEAD, *arguments], capture_output=True, text=True, timeout=900)


def test_golden_and_simulator() -> None:
    for backend in ("golden", "sim"):
        ran = windows("run", "digits-mlp", "--samples", "2", "--backend", backend)
        assert (ran.returncode, ran.stderr) == (0, "") and "accuracy" in ran.stdout
    for command in (("info", "digits-cnn"), ("--help",)):
        ran = windows(*command)
        assert (ran.returncode, ran.stderr) == (0, ""), ran


def test_the_rtl_says_what_it_needs() -> None:
    ran = windows("run", "digits-mlp", "--samples", "1", "--backend", "rtl")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(
        "shiftfire: the RTL in Verilator needs a Unix (Linux, macOS, WSL): take the golden or the sim backend here"
    )
