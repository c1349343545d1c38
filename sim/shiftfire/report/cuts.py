"""Layers that are cut by inputs: which, into how many parts, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..compiler.schedule import Schedule

MOST_NAMES = 2  # that are said one by one


def cut_rows(schedule: Schedule) -> list[dict[str, Any]]:
    """A row per layer that is cut, in order; none when all are whole."""
    if schedule.cut is None:
        return []
    return [{**asdict(cut), "parts": list(cut.parts)} for cut in schedule.cut.cuts]


def cut_lines(schedule: Schedule) -> list[str]:
    """`cut_rows` for people."""
    return [
        f"layer {row['layer']} is cut by inputs: {_said(row['parts'])} a part of them;"
        f" a core would need {row['resource']} = {row['need']:,}, it has {row['limit']:,}"
        for row in cut_rows(schedule)
    ]


def _said(parts: list[str]) -> str:
    """Who sums."""
    if len(parts) > MOST_NAMES:
        return f"{parts[0]} to {parts[-1]} sum"
    return f"{' and '.join(parts)} sum{'s' if len(parts) == 1 else ''}"
