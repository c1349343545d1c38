"""Runs the tools of a build."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from shiftfire_spec.errors import UserError

LIMIT_S = 4 * 3600
_ERROR = "ERROR:"


class BoardError(UserError, RuntimeError):
    """A tool is missing, failed, or found that the design does not fit; one sentence, with the name of the log where there is one."""


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Versions of PyPI packages. Raises BoardError when one is not installed."""
    found, missing = {}, []
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        raise BoardError(f"not installed: {', '.join(missing)}; run: pip install 'shiftfire[boards]'")
    return found


def run_tool(command: Sequence[str], *, folder: Path, log: Path) -> None:
    """Run a tool of this Python's environment in ``folder`` (YoWASP tools see nothing else); what it says goes to ``log``. Raises BoardError."""
    tool, *arguments = command
    program = Path(sys.executable).parent / tool
    try:
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                [program, *arguments], cwd=folder, stdout=output, stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False
            )
    except FileNotFoundError:
        raise BoardError(f"{program} is not there: pip install 'shiftfire[boards]' in the environment of this Python") from None
    except subprocess.TimeoutExpired:
        raise BoardError(f"{tool} did not finish within {LIMIT_S} s, see {log}") from None
    if done.returncode:
        raise BoardError(f"{tool} failed: {_reason(log)} ({log})")


def _reason(log: Path) -> str:
    """The first error in a log, or else its last line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line.removeprefix(_ERROR).strip() for line in lines if line.startswith(_ERROR)]
    return (errors or lines[-1:] or ["no message"])[0].rstrip(".")
