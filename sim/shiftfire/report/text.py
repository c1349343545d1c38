"""Tables as text: what `print` shows of a result or a mapping."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

from rich.console import Console

_WIDTH = 140


def rendered(draw: Callable[[Console], None]) -> str:
    """What ``draw`` prints, without colours and without the last line's end."""
    console = Console(file=StringIO(), width=_WIDTH, highlight=False, color_system=None)
    with console.capture() as capture:
        draw(console)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
