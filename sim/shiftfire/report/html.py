"""Tables for notebooks. Everything that a network or a chip can be called is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any


def html_table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a row per dictionary; the columns are the keys of all."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    head = "".join(f"<th>{escape(column.replace('_', ' '))}</th>" for column in columns)
    return _table(title, f"<thead><tr>{head}</tr></thead>", ([row.get(column) for column in columns] for row in rows))


def html_figures(title: str, figures: Mapping[str, Any]) -> str:
    """A table of names and values; what is None is left out."""
    return _table(title, "", ([name.replace("_", " "), value] for name, value in figures.items() if value is not None))


def _table(title: str, head: str, rows: Iterable[Iterable[Any]]) -> str:
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption>{head}<tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    """Numbers to the right, with separators."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f'<td style="text-align: left">{escape("" if value is None else str(value))}</td>'
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return f'<td style="text-align: right">{escape(text)}</td>'
