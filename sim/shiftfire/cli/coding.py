"""``--recentre``: streams of counts coded from their most frequent level, and what that saves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from ..compiler.mapping.rounds import Schedule, compile_schedule
from ..compiler.recentre import Recentred, recentre
from ..report.tables import grid, show


def code_streams(schedule: Schedule, inputs: NDArray[np.int64], dead_zone: int | None) -> tuple[Schedule, tuple[Recentred, ...]]:
    """``schedule`` as it is when ``dead_zone`` is None, else its network re-centred on these inputs and compiled again. Raises NetworkError, CompileError."""
    if dead_zone is None:
        return schedule, ()
    coded, changes = recentre(schedule.network, inputs, schedule.chip, dead_zone=dead_zone)
    return compile_schedule(coded, schedule.chip, spread=schedule.spread, most_layers=schedule.most_layers), changes


def coding_document(changes: tuple[Recentred, ...]) -> list[dict[str, Any]]:
    """For JSON."""
    return [asdict(change) for change in changes]


def print_coding(console: Console, changes: tuple[Recentred, ...], dead_zone: int | None) -> None:
    """A row per re-centred stream; nothing without the option."""
    if dead_zone is None:
        return
    table = grid("stream", "level", "events before", "after")
    for change in changes:
        table.add_row(change.layer, str(change.level), f"{change.events_before:,}", f"{change.events_after:,}")
    show(console, "streams coded from their most frequent level" if changes else "no stream gains from another level", table)
