"""Where the ``shiftfire`` command starts: Ctrl-C is answered from the first moment on, while modules are still being imported."""

from __future__ import annotations

import sys


def main() -> None:
    """`shiftfire.cli.main.main`, or one line and exit code 130."""
    try:
        from .main import main as commands

        commands()
    except KeyboardInterrupt:
        print("shiftfire: interrupted", file=sys.stderr)
        sys.exit(130)  # 128 + SIGINT
