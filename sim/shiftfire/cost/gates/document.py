"""The measured unit costs as a JSON document: what `measure` writes and `render` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shiftfire_spec.errors import UserError

SECTIONS = frozenset(("tools", "library", "flip_flop", "units"))


class UnitCostError(UserError, ValueError):
    """The document or what was asked of it is wrong; one line that names the thing and the remedy."""


def read_document(path: Path) -> dict[str, Any]:
    """The document at ``path``. Raises UnitCostError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnitCostError(f"{path}: not readable as JSON ({error}); run `make energy-units`") from None
    if not isinstance(document, dict) or set(document) != SECTIONS:
        raise UnitCostError(
            f"{path}: no document of unit costs, it needs the sections {', '.join(sorted(SECTIONS))}; run `make energy-units`"
        )
    return document


def write_document(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
