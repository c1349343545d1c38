"""Pieces of rendered pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

LEFT, RIGHT = "---", "---:"


def markdown_table(heads: Iterable[str], rows: Iterable[Iterable[object]], align: Sequence[str] | None = None) -> str:
    """A Markdown table, without a last line break; ``align``: LEFT (everywhere, when it is None) or RIGHT of each column."""
    heads = list(heads)
    lines = [heads, list(align) if align is not None else [LEFT] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def three_digits(value: float) -> str:
    """Three digits, never as a power of ten; whole numbers as such."""
    digits = 0 if float(value).is_integer() else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(digits, 6)}f}"
