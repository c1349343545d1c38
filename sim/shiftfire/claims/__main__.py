"""``python -m shiftfire.claims measure FILE [NAME ...]`` runs claims into a record; ``python -m shiftfire.claims render FILE`` prints its page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..records.command import run_command
from .document import KIND
from .measure import measure_claims
from .registry import CLAIMS
from .render import render_claims


def _measure(file: str, names: Sequence[str]) -> None:
    measure_claims(Path(file), names, CLAIMS)


def _render(file: str, _: Sequence[str]) -> None:
    sys.stdout.write(render_claims(KIND.read(Path(file)), CLAIMS))


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0, or 2 when the arguments or the record are at fault."""
    actions = {"measure": ("FILE [NAME ...]", _measure), "render": ("FILE", _render)}
    return run_command("shiftfire.claims", actions, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
