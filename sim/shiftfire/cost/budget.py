"""Budgets of the boards: what a build may take at most, and how fast it must be at least."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shiftfire_spec.errors import UserError

STEPS = ("synthesised", "placed")
FLOOR = "mhz"


class BudgetError(UserError, ValueError):
    """The file of budgets is wrong; one line that names it and the remedy."""


@dataclass(frozen=True)
class Line:
    """A figure beside its budget (None: it has none)."""

    step: str
    resource: str
    figure: float
    budget: float | None

    @property
    def kept(self) -> bool:
        if self.budget is None:
            return True
        return self.figure >= self.budget if self.resource == FLOOR else self.figure <= self.budget


def read_budgets(path: Path) -> dict[str, Any]:
    """Tables by board, each with ``chip`` and tables by step. Raises BudgetError; OSError."""
    try:
        budgets = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BudgetError(f"budgets {path} are not TOML: {error}") from None
    for board, table in budgets.items():
        if not isinstance(table, dict) or set(table) - {"chip", *STEPS} or "chip" not in table:
            raise BudgetError(f"budgets {path}: board {board} needs `chip`, and tables {' and '.join(STEPS)}; nothing else")
        for step in STEPS:
            for resource, value in table.get(step, {}).items():
                if isinstance(value, bool) or not isinstance(value, (int, float)):
                    raise BudgetError(f"budgets {path}: {board}.{step}.{resource} = {value!r} is no number")
    return budgets


def compare(report: Mapping[str, Any], budgets: Mapping[str, Any]) -> list[Line]:
    """Every figure of a build's report (`BuildReport.as_dict`), with its budget when the board has one for that chip."""
    table = budgets.get(report["board"], {})
    if table.get("chip") != report["chip"]:
        table = {}
    figures = {"synthesised": dict(report["mapped"])}
    if report["placed"] is not None:
        figures["placed"] = report["placed"] | {FLOOR: min(report["clocks"].values())}
    return [
        Line(step, resource, figure, table.get(step, {}).get(resource))
        for step, found in figures.items()
        for resource, figure in found.items()
    ]
