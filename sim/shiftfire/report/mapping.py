"""How a network lies on a chip: need and limit of each layer's fullest core, over all rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from ..compiler.compile import LayerUse, describe
from ..compiler.schedule import Schedule
from .tables import grid

_ONLY_IN_DOCUMENTS = ("weight_bits",)  # weight_rows says the same


def mapping_rows(schedule: Schedule) -> list[dict[str, Any]]:
    """A row per layer: its tiles, its round, and by resource the need and the limit of its fullest core."""
    return [{**_mapping_row(use), "round": number} for number, part in enumerate(schedule.rounds) for use in describe(part.program)]


def mapping_title(schedule: Schedule) -> str:
    """A heading for `mapping_table`."""
    rounds = "" if schedule.resident else f", in {len(schedule.rounds)} rounds"
    return f"mapping on {schedule.chip.name}{rounds}: need / limit of a layer's fullest core"


def mapping_cells(schedule: Schedule) -> list[dict[str, str]]:
    """`mapping_rows` as texts: needs as need / limit, those that are 0 in every row left out."""
    rows = [{k: v for k, v in row.items() if k not in _hidden(schedule)} for row in mapping_rows(schedule)]
    return [{column: _cell(row[column]) for column in _columns(rows)} for row in rows]


def mapping_table(schedule: Schedule) -> Table:
    """`mapping_rows` for people."""
    return rows_table([{k: v for k, v in row.items() if k not in _hidden(schedule)} for row in mapping_rows(schedule)])


def _hidden(schedule: Schedule) -> set[str]:
    """Columns that people are not shown."""
    return {*_ONLY_IN_DOCUMENTS} | ({"round"} if schedule.resident else set())


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those in which something is needed."""
    return [] if not rows else [c for c in rows[0] if any(not isinstance(r[c], Mapping) or r[c]["need"] for r in rows)]


def rows_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table of dictionaries with the same keys; needs that are 0 in every row are left out."""
    columns = _columns(rows)
    table = grid(*(c.replace("_", " ") for c in columns))
    for row in rows:
        table.add_row(*(_cell(row[c]) for c in columns))
    return table


def _mapping_row(use: LayerUse) -> dict[str, Any]:
    needs = (use.accumulator_bits, use.weight_bits, *use.needs)
    return {"layer": use.layer, "tiles": list(use.tiles), **{n.resource: {"need": n.need, "limit": n.limit} for n in needs}}


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['need']:,}/{value['limit']:,}"
    if isinstance(value, list | tuple):
        return _ranges(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 -> ``1-3 7``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)
