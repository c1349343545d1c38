"""A budget of weight memory, as people write it."""

from __future__ import annotations

import re

from .errors import QuantiseError

_UNITS = {"bits": None, "b": 1, "kb": 1000, "mb": 1_000_000, "kib": 1 << 10, "mib": 1 << 20}


def budget_bits(text: str, weights: int) -> int:
    """Bits that ``weights`` weights may take: of "3.5bits" so many each on average, of "20000", "20000B", "20KiB" so many bytes in all.

    Raises QuantiseError for any other text.
    """
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z]*)", text.strip())
    unit = found.group(2).lower() if found else ""
    if not found or (unit and unit not in _UNITS):
        raise QuantiseError(f"budget {text[:40]!r}: give bytes, such as 20000 or 20KiB, or bits per weight, such as 3.5bits")
    number = float(found.group(1))
    return int(number * weights) if unit == "bits" else int(number * 8 * (_UNITS[unit or "b"] or 1))
