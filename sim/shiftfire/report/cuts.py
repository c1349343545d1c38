"""Layers that are cut by inputs: which, into how many parts, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..compiler.schedule import Schedule


def cut_rows(schedule: Schedule) -> list[dict[str, Any]]:
    """A row per layer that is cut, in order; none when all are whole."""
    if schedule.cut is None:
        return []
    return [{**asdict(cut), "parts": list(cut.parts)} for cut in schedule.cut.cuts]


def cut_lines(schedule: Schedule) -> list[str]:
    """`cut_rows` for people."""
    return [
        f"layer {row['layer']} is cut by inputs: {', '.join(row['parts'])} sum{'s' if len(row['parts']) == 1 else ''} a part of them;"
        f" a core would need {row['resource']} = {row['need']:,}, it has {row['limit']:,}"
        for row in cut_rows(schedule)
    ]
