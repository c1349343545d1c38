"""The measured builds as a JSON document: what `measure` writes and `render` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shiftfire_spec.errors import UserError

BUILD_KEYS = frozenset(("board", "device", "chip", "chip_digest", "clock_mhz", "seed", "tools", "capacity", "mapped", "placed"))


class BoardsError(UserError, ValueError):
    """The document or what was asked of it is wrong; one line that names the thing and the remedy."""


def read_document(path: Path) -> dict[str, dict[str, Any]]:
    """Reports of builds by board (`BuildReport.as_dict`, and `unfit`: why it was not placed, or None); empty when there is no such file. Raises BoardsError."""
    if not path.exists():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BoardsError(f"{path}: not readable as JSON ({error}); delete it and measure again") from None
    if not isinstance(document, dict) or not all(isinstance(r, dict) and r.keys() >= BUILD_KEYS for r in document.values()):
        raise BoardsError(f"{path}: no document of builds; delete it and run `make boards`")
    return document


def write_document(path: Path, document: dict[str, dict[str, Any]]) -> None:
    """Write the document, boards in the order in which they are there."""
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
