"""Whether nir itself would take the graph: its strict check refuses a number of real files, which are read all the same."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from .tree import Tree

MAX_EDGES = 2000  # nir's check takes the square of the edges


def strict_notes(tree: Tree) -> tuple[str, ...]:
    """One line if nir's type check refuses the graph; nothing if it takes it, is not installed, or would take too long."""
    if find_spec("nir") is None or len(tree.get("edges", ())) > MAX_EDGES:
        return ()
    import nir

    try:
        nir.dict2NIRNode({**_copied(tree), "type_check": True})
    except Exception as error:  # assertions, KeyError, TypeError and ValueError, whatever the file makes nir meet
        return (
            f"nir's own check refuses the file ({' '.join(str(error).split())[:160] or type(error).__name__}); read without it",
        )
    return ()


def _copied(tree: Any) -> Any:
    """nir changes the dictionaries it is given."""
    return {key: _copied(value) for key, value in tree.items()} if isinstance(tree, dict) else tree
