"""``--recentre``: streams of counts coded from their most frequent level, and what that saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from ..report.tables import grid, show

if TYPE_CHECKING:
    from ..api import Recentred


def print_coding(console: Console, changes: tuple[Recentred, ...], dead_zone: int | None) -> None:
    """A row per re-centred stream; nothing without the option."""
    if dead_zone is None:
        return
    table = grid("stream", "level", "events before", "after")
    for change in changes:
        table.add_row(change.layer, str(change.level), f"{change.events_before:,}", f"{change.events_after:,}")
    show(console, "streams coded from their most frequent level" if changes else "no stream gains from another level", table)
