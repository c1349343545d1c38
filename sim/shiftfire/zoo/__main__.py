"""``python -m shiftfire.zoo measure FILE [NAME ...]`` runs models into a record, ``draw FOLDER [NAME ...]`` draws their pictures, ``render FILE`` prints the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..records.command import run_command
from .figures import KIND
from .measure import measure_models
from .picture import draw_pictures
from .registry import ENTRIES
from .render import render_zoo


def _measure(file: str, names: Sequence[str]) -> None:
    measure_models(Path(file), names, ENTRIES)


def _draw(folder: str, names: Sequence[str]) -> None:
    draw_pictures(Path(folder), names, ENTRIES)


def _render(file: str, _: Sequence[str]) -> None:
    sys.stdout.write(render_zoo(KIND.read(Path(file)), ENTRIES))


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0, or 2 when the arguments or the record are at fault."""
    actions = {"measure": ("FILE [NAME ...]", _measure), "draw": ("FOLDER [NAME ...]", _draw), "render": ("FILE", _render)}
    return run_command("shiftfire.zoo", actions, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
