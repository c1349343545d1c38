"""Terminal: consoles and progress bars."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from ..api import Progress as Report

_PIPE_WIDTH = 140


class _Console(Console):
    """A console that leaves a closed pipe to `main`; rich's own ends with 1, which is the exit code of a difference."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def output(json_target: str | None) -> Console:
    """Console for tables: standard output, or standard error when ``--json -`` has standard output for itself."""
    stream = sys.stderr if json_target == "-" else sys.stdout
    return _Console(file=stream, width=None if stream.isatty() else _PIPE_WIDTH, highlight=False)


@contextmanager
def progress_bar(label: str) -> Iterator[Report | None]:
    """A function ``(done, total)`` that draws a bar on standard error; None unless that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def printable(text: str) -> str:
    """A text from a file, for a terminal: control characters are spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
