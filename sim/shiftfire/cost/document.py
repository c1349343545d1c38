"""The measured figures as a JSON document: what `measure` writes and `render` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shiftfire_spec.errors import UserError

SECTIONS = ("tools", "flow", "designs", "errors")


class CostError(UserError, ValueError):
    """The document or what was asked of it is wrong; one line that names the thing and the remedy."""


def read_document(path: Path) -> dict[str, Any]:
    """The document at ``path``; an empty one when there is no such file. Raises CostError when it is no cost document."""
    if not path.exists():
        return {section: {} for section in SECTIONS}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CostError(f"{path}: not readable as JSON ({error}); delete it and measure again") from None
    if not isinstance(document, dict) or set(document) != set(SECTIONS):
        raise CostError(f"{path}: no cost document, it needs the sections {', '.join(SECTIONS)}; delete it and measure again")
    return document


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write the document, designs and errors in the order in which they are there."""
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
