"""A NIR graph as plain dictionaries, before any check: what a file holds, and what a ``nir.NIRGraph`` in memory holds.

A node is ``{"type": "LIF", "tau": ..., ...}``; a graph has ``nodes`` (by name) and ``edges`` (pairs of names) besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import NirError
from .limits import MAX_DEPTH

Tree = dict[str, Any]


def tree_of(graph: object, name: str = "graph", depth: int = 0) -> Tree:
    """Attributes of a ``nir.NIRGraph`` or node, by class name: ``nir`` itself is not needed. Tensors stay as they are."""
    if depth > MAX_DEPTH:
        raise NirError(f"NIR node '{name}': graphs within graphs, {MAX_DEPTH} deep; flatten them")
    if not hasattr(graph, "__dict__"):
        raise NirError(
            f"NIR node '{name}' is a {type(graph).__name__}: the exporter did not know this layer; replace it in the network"
        )
    kind = type(graph).__name__
    tree: Tree = {"type": kind, **vars(graph)}
    for key in ("Input", "Output"):
        if kind == key:
            tree["shape"] = _shape(tree, key.lower())
    if kind == "Flatten":
        tree["input_type"] = _shape(tree, "input")
    if kind == "NIRGraph":
        nodes = tree.get("nodes")
        if not isinstance(nodes, Mapping):
            raise NirError(f"NIR graph '{name}' has no nodes; give the graph that the framework's exporter returns")
        tree["nodes"] = {key: tree_of(node, str(key), depth + 1) for key, node in nodes.items()}
    return tree


def _shape(tree: Tree, end: str) -> Any:
    """The shape under ``input_type`` or ``output_type``: ``{"input": shape}`` in memory; exporters take either key."""
    types = tree.get(f"{end}_type")
    if isinstance(types, Mapping):
        return next(iter(types.values()), None)
    return types
