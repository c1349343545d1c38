"""What a run gives back."""

from __future__ import annotations

import os
from typing import Any

from ..report.document import run_document, write_json
from ..report.run import Run
from ..report.tables import print_run
from ..report.text import rendered
from ..report.trace import write_trace


class Result(Run):
    """A run: figures over all rounds (see `Run`), and what can be written of it. Printed, it shows what ``shiftfire run`` does."""

    def as_dict(self) -> dict[str, Any]:
        """The document of ``shiftfire run --json``; its schema is ``docs/reference/run.schema.json``."""
        return run_document(self)

    def write_json(self, file: str | os.PathLike[str]) -> None:
        """Write `as_dict`. Raises OSError."""
        write_json(os.fspath(file), self.as_dict())

    def write_trace(self, file: str | os.PathLike[str]) -> None:
        """Write the events: ``.json`` for Perfetto, ``.csv`` as a list. The run must have recorded "events". Raises TraceError, OSError."""
        write_trace(os.fspath(file), self)

    def __str__(self) -> str:
        return rendered(lambda console: print_run(console, self))

    def __repr__(self) -> str:
        figures = {"accuracy": self.accuracy, "cycles": self.cycles, "latency_us": self.latency_us}
        known = ", ".join(
            f"{name} {value:,.4g}" if isinstance(value, float) else f"{name} {value:,}"
            for name, value in figures.items()
            if value is not None
        )
        return f"<Result {self.title}{': ' if known else ''}{known}>"
