"""Every exception that the project defines is a UserError: whoever catches that base has caught them all."""

from __future__ import annotations

import ast
from pathlib import Path

from shiftfire.errors import InputError
from shiftfire_spec.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


def _defined() -> dict[str, set[str]]:
    """Classes of the sources that are named as exceptions, with the names of their bases."""
    found = {}
    for path in [*(ROOT / "hw").rglob("*.py"), *(ROOT / "sim").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Exception")):
                found[node.name] = {ast.unparse(base) for base in node.bases}
    return found


def test_errors_derive_from_one_base() -> None:
    bases = _defined()
    assert len(bases) > 15
    known = {"UserError"}
    while more := {name for name, own in bases.items() if own & known} - known:
        known |= more
    assert set(bases) == known, f"derive from UserError: {set(bases) - known}"


def test_old_bases_stay() -> None:
    """What caught them before still does."""
    assert issubclass(InputError, UserError) and issubclass(InputError, ValueError)
