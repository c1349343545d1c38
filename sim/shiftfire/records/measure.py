"""Measures the entries of a record: each is written as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from .digest import Measurable
from .error import RecordError
from .kind import Kind

M = TypeVar("M", bound=Measurable)


def named(kind: Kind, names: Sequence[str], entries: Sequence[M]) -> list[M]:
    """The entries of those names, all of them when none is named. Raises RecordError."""
    by_name = {entry.name: entry for entry in entries}
    for name in names:
        if name not in by_name:
            raise RecordError(f"no {kind.noun} {name!r} to measure: there are {', '.join(by_name)}")
    return [by_name[name] for name in names or by_name]


def measure_entries(
    kind: Kind, path: Path, names: Sequence[str], entries: Sequence[M], figures: Callable[[M], Mapping[str, Any]]
) -> None:
    """Put the ``figures`` of the named of ``entries`` into the record at ``path``, which keeps their order. Raises RecordError, OSError."""
    wanted = named(kind, names, entries)
    for entry in wanted:
        if entry.needs is not None and find_spec(entry.needs) is None:
            raise RecordError(
                f"{kind.noun} {entry.name} runs {entry.needs}, which is not installed:"
                f" pip install 'shiftfire[claims]', or name the {kind.section} to measure"
            )
    record = kind.read(path)
    for entry in wanted:
        start = time.monotonic()
        measured = record[kind.section] | {entry.name: kind.entry(entry, figures(entry))}
        record = kind.made({known.name: measured[known.name] for known in entries if known.name in measured})
        kind.write(path, record)
        print(f"{entry.name}: {time.monotonic() - start:.0f} s", flush=True)
