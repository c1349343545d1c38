"""Arithmetic errors of the shift-based units and of their references, for the cost document."""

from __future__ import annotations

from typing import Any

from .norm_errors import norm_errors
from .softmax_errors import softmax_errors


def measure_errors() -> dict[str, Any]:
    """All of them. Seeded: the same figures every time."""
    return {"softmax": softmax_errors(), "norm": norm_errors()}
